"""Every mail about a visit is from its coordinator as of when it is sent, or from whoever stands in; its button leads there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from pytest_django.fixtures import Settings

from schools.directory.actions import add_stand_in
from schools.models import (
    Area,
    AreaCoordinator,
    Charity,
    Contact,
    MessageAbout,
    OfferedDates,
    OutboxMessage,
    Session,
    User,
    Volunteer,
)
from schools.visits.actions import assign_all, cancel_visit, offer, withdraw
from schools.visits.queries import VisitDay
from schools.visits.school_links import link_of_dates, link_of_news_to_school
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.messages.letters import assert_says_the_same
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
SITE = "https://speakout.example.org"


@pytest.fixture(autouse=True)
def _an_installation(settings: Settings) -> None:
    settings.SPEAKOUT_ADDRESS = SITE
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org")


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Lakes")
    return made


@pytest.fixture
def ann(area: Area) -> User:
    return coordinator_of(area, name="Ann Lake", phone="+441632960123")


@pytest.fixture
def ben(area: Area) -> User:
    return coordinator_of(area, name="Ben Fell")


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


@pytest.fixture
def session(area: Area, ann: User) -> Session:
    school = SchoolFactory(area=area, name="Oak")
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org")
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    made: Session = SessionFactory(visit__school=school, visit__coordinator=ann, day=DAY, **agreed)
    return made


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


def sent(now: datetime, *kinds: str) -> dict[str, EmailMessage]:
    """What goes out then, by address; each says the same as HTML."""
    mail.outbox.clear()
    tell_and_send(now, kinds=kinds)
    for message in mail.outbox:
        assert_says_the_same(message)
    return {message.to[0]: message for message in mail.outbox}


def away(coordinator: User, stand_in: User, first: date, last: date) -> None:
    add_stand_in(coordinator, stand_in, first=first, last=last, on=date(2026, 11, 24))


def test_a_mail_to_a_school_and_to_a_volunteer_names_their_coordinator(session: Session, volunteer: Volunteer) -> None:
    CoverFactory(session=session, volunteer=volunteer)
    messages = sent(at(2, 17), "evening", "school-day-before")
    assert set(messages) == {volunteer.mail_address, "nia@oak.example.org"}
    for message in messages.values():
        assert message.reply_to == [User.objects.get(name="Ann Lake").email]
        assert "\n\nFrom Ann Lake, 01632 960123\n\n-- \nKind Words\n" in str(message.body)


def test_without_a_phone_the_name_stands_alone_and_without_a_coordinator_the_charity_answers(session: Session) -> None:
    User.objects.update(phone="")
    assert "\n\nFrom Ann Lake\n\n-- " in str(sent(at(2, 9), "school-day-before")["nia@oak.example.org"].body)
    OutboxMessage.objects.all().delete()
    MessageAbout.objects.all().delete()
    session.visit.coordinator = None
    session.visit.save()
    AreaCoordinator.objects.all().delete()
    message = sent(at(2, 9), "school-day-before")["nia@oak.example.org"]
    assert "From " not in str(message.body)
    assert message.reply_to == ["office@kind.example.org"]


def test_a_visit_without_an_own_coordinator_is_from_those_of_its_area(session: Session, ben: User) -> None:
    session.visit.coordinator = None
    session.visit.save()
    message = sent(at(2, 9), "school-day-before")["nia@oak.example.org"]
    assert "\nFrom Ann Lake, 01632 960123\nFrom Ben Fell\n" in str(message.body)
    assert message.reply_to == [user.email for user in User.objects.order_by("pk") if user.name in {"Ann Lake", "Ben Fell"}]


def test_it_is_worked_out_when_it_is_sent_and_stands_in_no_row(session: Session, ann: User, ben: User) -> None:
    tell(at(2, 9), kinds=["school-day-before"])
    stored = OutboxMessage.objects.get()
    away(ann, ben, date(2026, 12, 2), date(2026, 12, 2))
    message = sent(at(2, 9, 5), "none")["nia@oak.example.org"]
    assert "From Ben Fell for Ann Lake, who is away\n" in str(message.body)
    assert message.reply_to == [ben.email]
    stored.refresh_from_db()
    for name in ("Ann Lake", "Ben Fell", ann.email, ben.email, SITE):
        assert name not in stored.body


@pytest.mark.parametrize("first", range(-1, 4))
@pytest.mark.parametrize("length", [1, 2])
def test_on_each_day_the_mail_is_from_who_is_there(
    session: Session, volunteer: Volunteer, ann: User, ben: User, first: int, length: int
) -> None:
    CoverFactory(session=session, volunteer=volunteer)
    days = {date(2026, 12, 1) + timedelta(days=first + number) for number in range(length)}
    away(ann, ben, min(days), max(days))
    for kind, now in (("two-days", at(1, 9)), ("evening", at(2, 18)), ("outcome", at(3, 12))):
        (message,) = sent(now, kind).values()
        assert message.reply_to == [(ben if now.date() in days else ann).email], (kind, days)


def test_a_manager_who_sees_all_areas_may_stand_in_and_who_sees_it_no_more_does_not(session: Session, ann: User) -> None:
    mia = manager(name="Mia")
    away(ann, mia, date(2026, 12, 2), date(2026, 12, 3))
    assert sent(at(2, 9), "school-day-before")["nia@oak.example.org"].reply_to == [mia.email]
    OutboxMessage.objects.all().delete()
    MessageAbout.objects.all().delete()
    mia.groups.clear()
    assert sent(at(2, 9), "school-day-before")["nia@oak.example.org"].reply_to == [ann.email]


def link_of(message: Any) -> list[str]:
    return assert_says_the_same(message).buttons


def test_each_news_has_the_button_that_it_needs(session: Session, volunteer: Volunteer, area: Area, now: datetime) -> None:
    day, visit = VisitDay(session.visit, DAY), session.visit
    to = volunteer.mail_address
    asked = able_volunteer(area, signs_in=True)
    offer(day, asked, role="presenter", by=manager(), now=now)
    assign_all(day, volunteer, role="lead", by=manager(), now=now)
    messages = sent(now, "mornings")
    assert link_of(messages[to]) == [f"{SITE}/mornings/{visit.pk}/2026-12-03/"]
    assert link_of(messages[asked.mail_address]) == [f"{SITE}/open/{visit.pk}/2026-12-03/"]
    assert "Sign in" not in str(messages[to].body) + str(messages[asked.mail_address].body)
    cancel_visit(visit, code="weather", note="", by=manager(), now=now + timedelta(hours=1))
    messages = sent(now + timedelta(hours=1), "mornings", "visits")
    cancelled = {reader: link_of(message) for reader, message in messages.items()}
    (of_school,) = cancelled.pop("nia@oak.example.org")
    assert of_school.startswith(f"{SITE}/school/")
    assert list(cancelled.values()) == [[f"{SITE}/"]] * 2, "nothing is to be seen there, but what is left"


def test_what_is_off_leads_to_the_dates_that_are_offered_instead(session: Session, now: datetime) -> None:
    contact = Contact.objects.get(email="nia@oak.example.org")
    cancel_visit(session.visit, code="weather", note="", by=manager(), now=now)
    until = {"held_until": date(2026, 12, 10), "offered_at": now, "people": 2}
    half_days = ["2026-12-15-morning"]
    dates = OfferedDates.objects.create(school=session.visit.school, contact=contact, half_days=half_days, **until)
    (of_school,) = link_of(sent(now, "visits")[contact.email])
    assert of_school.startswith(f"{SITE}/school/dates/")
    OfferedDates.objects.filter(pk=dates.pk).update(state="lapsed", answered_at=now)
    link = link_of_news_to_school(OutboxMessage.objects.get(to=contact.email), now.date())
    assert link is not None
    assert "/school/dates/" not in link.address


def test_what_is_off_leads_to_no_dates_that_move_another_visit_of_the_school(session: Session, now: datetime) -> None:
    contact = Contact.objects.get(email="nia@oak.example.org")
    cancel_visit(session.visit, code="weather", note="", by=manager(), now=now)
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    stays = SessionFactory(visit__school=session.visit.school, day=date(2026, 12, 8), **agreed)
    OfferedDates.objects.create(
        school=session.visit.school, visit=stays.visit, moves_from=stays.day, contact=contact, half_days=["2026-12-15-morning"],
        held_until=date(2026, 12, 7), offered_at=now, people=2,
    )  # fmt: skip
    (of_school,) = link_of(sent(now, "visits")[contact.email])
    assert of_school.startswith(f"{SITE}/school/")
    assert "/school/dates/" not in of_school
    message = OutboxMessage.objects.get(to=contact.email)
    other = message.about.get()
    other.pk, other.visit = None, stays.visit
    other.save()
    link = link_of_news_to_school(message, now.date())
    assert link is not None
    assert "/school/dates/" not in link.address, "a mail about both does not"
    other.delete()
    message.about.update(visit=stays.visit)
    link = link_of_dates(message, now.date())
    assert link is not None
    assert "/school/dates/" in link.address, "a mail about the visit itself leads there"


def test_a_reminder_of_one_morning_leads_there_and_of_several_to_the_list(
    session: Session, volunteer: Volunteer, area: Area
) -> None:
    CoverFactory(session=session, volunteer=volunteer)
    assert link_of(sent(at(1, 9), "two-days")[volunteer.mail_address]) == [f"{SITE}/mornings/{session.visit_id}/2026-12-03/"]
    other = SessionFactory(visit__school=SchoolFactory(area=area), day=DAY)
    CoverFactory(session=other, volunteer=volunteer)
    assert link_of(sent(at(2, 18), "evening")[volunteer.mail_address]) == [f"{SITE}/"]


def test_who_stands_in_is_mailed_what_the_coordinator_is_mailed(
    session: Session, volunteer: Volunteer, ann: User, ben: User
) -> None:
    page = f"{SITE}/admin/visit/{session.visit_id}/"
    away(ann, ben, date(2026, 12, 1), date(2026, 12, 2))
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(VisitDay(session.visit, DAY), volunteer, by=volunteer.user or ann, now=at(1, 8))
    gone = sent(at(1, 8), "given-back")
    assert {to: link_of(message) for to, message in gone.items()} == {ann.email: [page], ben.email: [page]}
    assert set(sent(at(2, 8), "morning-list")) == {ann.email, ben.email}
    assert set(sent(at(3, 8), "morning-list")) == {ann.email}, "the days are over"
    refused = OutboxMessage.objects.create(key="k", to="dead@example.org", subject="x", body="", stopped_at=at(1, 9))
    MessageAbout.objects.create(visit=session.visit, volunteer=volunteer, message=refused, known_by="message", facts="f")
    assert {to: link_of(message) for to, message in sent(at(1, 10), "undelivered").items()} == {to: [page] for to in gone}


def test_of_what_was_given_back_before_their_days_a_stand_in_is_not_mailed(
    session: Session, volunteer: Volunteer, ann: User, ben: User
) -> None:
    away(ann, ben, date(2026, 12, 2), date(2026, 12, 3))
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(VisitDay(session.visit, DAY), volunteer, by=volunteer.user or ann, now=at(1, 8))
    assert [draft.to for draft in drafts("given-back", at(2, 8))] == [ann.email]


def test_the_morning_list_of_a_stand_in_holds_still_when_it_is_sent(session: Session, ann: User, ben: User, area: Area) -> None:
    SessionFactory(visit__school=SchoolFactory(area=area, name="Ivy"), visit__coordinator=ben, day=DAY)
    away(ann, ben, DAY, DAY)
    listed = sent(at(3, 8), "morning-list")
    assert [name in str(listed[ben.email].body) for name in ("Oak", "Ivy")] == [True, True]
    assert [name in str(listed[ann.email].body) for name in ("Oak", "Ivy")] == [True, False]
