"""What coordinators are told by itself: who can't make it, the list of the morning, what could not be delivered."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.models import (
    Area,
    AreaAuthority,
    AreaCoordinator,
    Contact,
    MessageAbout,
    OutboxMessage,
    School,
    SchoolAlarm,
    Session,
    User,
    Visit,
    Volunteer,
)
from schools.visits.actions import assign_all, claim, end_membership, take_off, withdraw
from schools.visits.queries import VisitDay, coordinators_by_visit, coordinators_of_visit
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def cora(area: Area) -> User:
    return coordinator_of(area, name="Cora Nwosu")


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


def booked(
    area: Area, volunteer: Volunteer | None = None, *, by: User | None = None, day: date = DAY, name: str = "Oak"
) -> Session:
    session: Session = SessionFactory(visit__school=SchoolFactory(area=area, name=name), visit__coordinator=by, day=day)
    if volunteer:
        CoverFactory(session=session, volunteer=volunteer)
    return session


@pytest.mark.parametrize("what", ["nobody", "call_off"])
def test_of_an_alarm_they_never_read_that_all_have_been_told_for_mail_may_reach_somebody_not(
    area: Area, cora: User, volunteer: Volunteer, what: str
) -> None:
    session = booked(area, volunteer, by=cora)
    CoverFactory(session=session, volunteer=able_volunteer(area, name="Without Sign-in"))
    SchoolAlarm.objects.create(visit=session.visit, day=DAY, what=what, given_by="Jo Bloggs", at=at(3, 8))
    assert [draft.to for draft in drafts("morning-alarm", at(3, 8))] == [volunteer.mail_address]
    (draft,) = drafts("school-alarm", at(3, 8))
    assert "Whoever is down for it is told by mail, as far as mail reaches them." in draft.body
    assert "The visit’s page names whom no message has reached: phone them" in draft.body
    assert "has been told" not in draft.body


def test_somebody_who_leaves_is_one_mail_to_each_coordinator(area: Area, cora: User, volunteer: Volunteer, now: datetime) -> None:
    other = manager()
    for by, day, name in ((cora, DAY, "Oak"), (None, date(2026, 12, 10), "Ivy"), (other, DAY + timedelta(days=8), "Elm")):
        booked(area, volunteer, by=by, day=day, name=name)
    end_membership(volunteer, day=now.date(), by=manager(), now=now)
    assert tell_and_send(now, kinds=["given-back"]) == 2
    to = {message.to[0]: message for message in mail.outbox}
    assert to[cora.email].subject == "Needs people: Oak, Thu 3 December 2026, and more"
    assert [name in to[cora.email].body for name in ("Oak", "Ivy", "Elm")] == [True, True, False]
    assert [name in to[other.email].body for name in ("Oak", "Ivy", "Elm")] == [False, False, True]


@pytest.mark.parametrize(("hours", "number"), [(71, 1), (73, 0)])
def test_who_drops_out_within_three_days_is_told_at_night_too(
    area: Area, cora: User, volunteer: Volunteer, hours: int, number: int
) -> None:
    session = booked(area, volunteer, by=cora)
    begins = datetime(2026, 12, 3, 9, 15, tzinfo=UTC)
    night = begins - timedelta(hours=hours)
    withdraw(VisitDay(session.visit, DAY), volunteer, by=volunteer.user or cora, now=night)
    quiet = night.replace(hour=21 if hours < 72 else 6)
    assert len(drafts("given-back", quiet)) == number


def test_who_gives_back_takes_again_and_gives_back_while_mail_waits_is_told_of_once(
    area: Area, cora: User, volunteer: Volunteer
) -> None:
    session = booked(area, volunteer, by=cora)
    day, me = VisitDay(session.visit, DAY), volunteer.user or cora
    withdraw(day, volunteer, by=me, now=at(1, 9))
    waiting = drafts("given-back", at(1, 9))
    claim(day, volunteer, role="presenter", by=me, now=at(1, 9, 5))
    withdraw(day, volunteer, by=me, now=at(1, 9, 10))
    (told,) = drafts("given-back", at(1, 9, 10))
    assert told.key != waiting[0].key, "the mail that waits is about what is over, and does not go"
    assert tell_and_send(at(1, 9, 11), kinds=["given-back"]) == 1


def test_who_gives_back_and_is_taken_off_later_is_not_told_to_who_took_them_off(
    area: Area, cora: User, volunteer: Volunteer
) -> None:
    session = booked(area, volunteer, by=cora)
    day, me = VisitDay(session.visit, DAY), volunteer.user or cora
    withdraw(day, volunteer, by=me, now=at(1, 9))
    assign_all(day, volunteer, role="presenter", by=cora, now=at(1, 9, 5))
    take_off(day, volunteer, by=cora, now=at(1, 9, 10))
    assert drafts("given-back", at(1, 9, 11)) == []


@pytest.mark.parametrize(
    ("filled", "subject", "closing"),
    [
        ((), "Needs people: Oak", "These sessions need somebody again."),
        ((0,), "Needs people: Oak", "Some of these sessions need somebody again; for the others there is somebody."),
        ((0, 1), "Somebody can’t make it: Oak", "These sessions have everybody they need, so nothing is to be done."),
    ],
)
def test_who_reads_that_somebody_cannot_come_reads_whether_anybody_is_needed(
    area: Area, cora: User, volunteer: Volunteer, filled: tuple[int, ...], subject: str, closing: str
) -> None:
    first = booked(area, volunteer, by=cora)
    both = [first, SessionFactory(visit=first.visit, day=DAY, starts=time(13), ends=time(13, 30))]
    CoverFactory(session=both[1], volunteer=volunteer)
    CoverFactory(session=both[0], volunteer=able_volunteer(area))
    CoverFactory(session=both[1], volunteer=able_volunteer(area))
    withdraw(VisitDay(first.visit, DAY), volunteer, by=volunteer.user or cora, now=at(1, 9))
    for number in filled:
        CoverFactory(session=both[number], volunteer=able_volunteer(area))
    tell_and_send(at(1, 9, 5), kinds=["given-back"])
    (message,) = mail.outbox
    assert message.subject.startswith(subject)
    assert closing in message.body


def test_the_subject_names_the_first_day_that_needs_somebody_and_the_list_marks_it(
    area: Area, cora: User, volunteer: Volunteer, now: datetime
) -> None:
    full = booked(area, volunteer, by=cora)
    booked(area, volunteer, by=cora, day=DAY + timedelta(days=7), name="Ivy")
    for name in ("Bea", "Cai"):
        CoverFactory(session=full, volunteer=able_volunteer(area, name=name))
    end_membership(volunteer, day=now.date(), by=manager(), now=now)
    assert tell_and_send(now, kinds=["given-back"]) == 1
    (message,) = mail.outbox
    assert message.subject == "Needs people: Ivy, Thu 10 December 2026, and more"
    of_oak, of_ivy = message.body[: message.body.index("Ivy")], message.body[message.body.index("Ivy") :]
    assert ["(needs somebody)" in part for part in (of_oak, of_ivy)] == [False, True]


def test_who_watches_or_learns_and_cannot_come_is_missed_by_nobody(area: Area, cora: User, volunteer: Volunteer) -> None:
    session = booked(area, by=cora)
    CoverFactory(session=session, volunteer=volunteer, role="observer")
    withdraw(VisitDay(session.visit, DAY), volunteer, by=volunteer.user or cora, now=at(1, 9))
    tell_and_send(at(1, 9, 5), kinds=["given-back"])
    assert [message.subject.startswith("Somebody can’t make it") for message in mail.outbox] == [True]


def test_who_gets_the_visits_of_a_colleague_reads_nothing_of_what_was_given_back_long_ago(
    area: Area, cora: User, volunteer: Volunteer
) -> None:
    old, new = booked(area, volunteer, by=cora), booked(area, volunteer, by=cora, day=DAY + timedelta(days=1), name="Ivy")
    withdraw(VisitDay(old.visit, DAY), volunteer, by=volunteer.user or cora, now=at(1, 9) - timedelta(days=4))
    withdraw(VisitDay(new.visit, new.day), volunteer, by=volunteer.user or cora, now=at(1, 9))
    Visit.objects.update(coordinator=coordinator_of(area))
    assert [draft.write()[0] for draft in drafts("given-back", at(1, 9, 5))] == ["Needs people: Ivy, Fri 4 December 2026"]


SEES_IT_NO_MORE: dict[str, Callable[[User], object]] = {
    "the authority is another area’s": lambda _: AreaAuthority.objects.update(area=Area.objects.get(name="Moved To")),
    "they coordinate the area no more": lambda cora: AreaCoordinator.objects.filter(user=cora).update(to_day=date(2026, 11, 30)),
    "they will from a day to come": lambda cora: AreaCoordinator.objects.filter(user=cora).update(from_day=date(2026, 12, 7)),
    "they lost the role": lambda cora: cora.groups.clear(),
    "they are of another area": lambda _: Visit.objects.update(coordinator=User.objects.get(name="Stan Far")),
}


@pytest.mark.parametrize("why", SEES_IT_NO_MORE)
def test_who_sees_the_school_no_more_is_told_nothing_of_their_visit_and_its_area_is(
    why: str, area: Area, cora: User, volunteer: Volunteer
) -> None:
    moved_to = AreaFactory(name="Moved To")
    ben, dee = coordinator_of(area, name="Ben Here"), coordinator_of(moved_to, name="Dee There")
    coordinator_of(AreaFactory(), name="Stan Far")
    manager()
    session, later = booked(area, by=cora), booked(area, volunteer, by=cora, day=DAY + timedelta(days=1), name="Ivy")
    withdraw(VisitDay(later.visit, later.day), volunteer, by=volunteer.user or cora, now=at(3, 8))
    refused(session, at(3, 7, 5), school=session.visit.school)
    SEES_IT_NO_MORE[why](cora)
    theirs = {"the authority is another area’s": {dee.email}, "they are of another area": {ben.email, cora.email}}
    for kind in ("given-back", "morning-list", "undelivered"):
        mail.outbox.clear()
        tell_and_send(at(3, 8, 30), kinds=[kind])
        assert {message.to[0] for message in mail.outbox} == theirs.get(why, {ben.email}), kind
        assert all("Oak" in str(message.body) or "Ivy" in str(message.body) for message in mail.outbox), kind
    visit = Visit.objects.select_related("school", "coordinator").get(pk=session.visit_id)
    assert {user.email for user in coordinators_of_visit(visit, on=DAY)} == theirs.get(why, {ben.email})


@pytest.mark.parametrize("number", [1, 4])
def test_many_visits_ask_who_looks_after_them_in_two_queries(
    number: int, area: Area, cora: User, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    boss, stranger = manager(), coordinator_of(AreaFactory())
    owns = (cora, boss, stranger, None)
    made = {booked(area, by=own).visit_id: own for own in owns for _ in range(number)}
    visits = list(Visit.objects.select_related("school", "coordinator").order_by("pk"))
    with django_assert_num_queries(2):
        rows = coordinators_by_visit(visits, on=DAY)
    assert rows == {pk: [boss if own == boss else cora] for pk, own in made.items()}
    with django_assert_num_queries(1):
        coordinators_by_visit([visit for visit in visits if visit.coordinator in {cora, None}], on=DAY)


def test_the_list_has_today_what_needs_people_and_what_nobody_reported(area: Area, cora: User, volunteer: Volunteer) -> None:
    booked(area, volunteer, by=cora, name="Oak")
    booked(area, day=DAY + timedelta(days=7), name="Ivy")
    booked(area, day=DAY + timedelta(days=8), name="Elm")
    booked(area, volunteer, by=cora, day=DAY - timedelta(days=2), name="Fir")
    booked(area, volunteer, by=cora, day=DAY - timedelta(days=1), name="Yew")
    (draft,) = drafts("morning-list", at(3, 8))
    assert draft.to == cora.email
    today, needing, unreported = draft.body.split("\n\n")[:3]
    assert today == "Today:\n- Oak, Thu 3 December 2026, 1 × session: Asha Rao"
    assert [name in needing for name in ("Oak", "Ivy", "Elm")] == [True, True, False], "two presenters are needed"
    assert [name in unreported for name in ("Fir", "Yew")] == [True, False]
    assert tell_and_send(at(3, 8), kinds=["morning-list"]) == 1
    assert tell_and_send(at(3, 9), kinds=["morning-list"]) == 0
    assert tell_and_send(at(4, 9), kinds=["morning-list"]) == 1


def test_there_is_no_list_without_anything_on_it_nor_later_than_noon(area: Area, cora: User) -> None:
    assert drafts("morning-list", at(3, 8)) == []
    booked(area, by=cora)
    assert [bool(drafts("morning-list", at(3, hour))) for hour in (7, 8, 11, 12, 15)] == [False, True, True, False, False]
    assert drafts("morning-list", at(5 - 7, 8)) == [], "on a Saturday nobody looks for people"


def refused(session: Session, by_hour: datetime, **party: object) -> OutboxMessage:
    number = OutboxMessage.objects.count()
    of_mail = {"key": f"k{number}", "to": f"dead{number}@example.org", "subject": "Cancelled: Oak", "last_error": "550 no"}
    message = OutboxMessage.objects.create(body="", stopped_at=by_hour, **of_mail)
    MessageAbout.objects.create(visit=session.visit, message=message, known_by="message", facts=f"f{number}", **party)
    return message


def test_what_came_back_is_one_mail_an_hour_to_the_visits_coordinator(area: Area, cora: User, volunteer: Volunteer) -> None:
    session = booked(area, volunteer)
    refused(session, at(1, 9, 5), volunteer=volunteer)
    refused(session, at(1, 9, 50), school=session.visit.school)
    assert drafts("undelivered", at(1, 9, 55)) == []
    assert tell_and_send(at(1, 10), kinds=["undelivered"]) == 1
    assert mail.outbox[0].to == [cora.email]
    assert "- Asha Rao (dead0@example.org), " in mail.outbox[0].body
    assert "- Oak (dead1@example.org), " in mail.outbox[0].body
    refused(session, at(1, 10, 5), volunteer=volunteer)
    assert tell_and_send(at(1, 11), kinds=["undelivered"]) == 1


def test_what_somebody_has_seen_to_is_not_told_and_at_night_only_what_is_soon(
    area: Area, cora: User, volunteer: Volunteer
) -> None:
    session = booked(area, volunteer, day=date(2026, 12, 5))
    message = refused(session, at(1, 20, 5), volunteer=volunteer)
    assert drafts("undelivered", at(1, 22)) == []
    assert len(drafts("undelivered", at(2, 8))) == 1
    session.day = date(2026, 12, 2)
    session.save()
    assert len(drafts("undelivered", at(1, 22))) == 1
    message.left_at = at(1, 21)
    message.save()
    assert drafts("undelivered", at(2, 8)) == []


def test_a_refused_mail_to_a_school_reaches_its_coordinator_in_the_end(area: Area, cora: User, now: datetime) -> None:
    school: School = SchoolFactory(area=area, name="Oak")
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org")
    session = SessionFactory(visit__school=school, visit__stage="confirmed", visit__agreed_on=date(2026, 11, 2), day=DAY)
    pack = {"key": "pack", "to": "nia@oak.example.org", "subject": "Before our visit"}
    message = OutboxMessage.objects.create(body="", stopped_at=now, **pack)
    about = {"message": message, "known_by": "message", "is_reminder": True, "speaks_of": [session.pk]}
    MessageAbout.objects.create(visit=session.visit, school=school, facts="x", **about)
    (draft,) = drafts("undelivered", now + timedelta(hours=1))
    assert draft.to == cora.email
    assert "“Before our visit”" in draft.body


def test_a_day_that_its_school_calls_off_is_on_the_list_of_today_and_needs_nobody(
    area: Area, cora: User, volunteer: Volunteer
) -> None:
    session = booked(area, by=cora)
    (before,) = drafts("morning-list", at(3, 7, 35))
    assert before.body.count("Oak") == 2, "today, and among what needs people"
    SchoolAlarm.objects.create(visit=session.visit, day=DAY, what="call_off", given_by="Jo Bloggs", at=at(3, 7))
    (after,) = drafts("morning-list", at(3, 7, 35))
    assert after.body.count("Oak") == 1
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(VisitDay(session.visit, DAY), volunteer, by=volunteer.user or cora, now=at(3, 7, 10))
    (given_back,) = drafts("given-back", at(3, 7, 35))
    assert not given_back.subject.startswith("Needs people")
