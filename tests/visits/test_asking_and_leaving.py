"""Asking several people, and somebody's leaving, wait a minute; what is undone in that minute is heard of by nobody."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail

from schools.erasing.actions import erase
from schools.messages.actions import deliver_due
from schools.models import Area, Batch, Cover, MessageAbout, OutboxMessage, Session, User, Volunteer, VolunteerStep
from schools.planning.actions import offer_due
from schools.visits.actions import ask_to_observe, assign, claim, end_membership, offer_to_several
from schools.visits.actions.undoable import held, messages_of
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries import VisitDay
from schools.volunteers.actions import take_step
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import tell

pytestmark = pytest.mark.django_db

RELEASED = HELD_FOR + CLOCKS_APART
IN_TIME = timedelta(seconds=59)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(auto_offers=True)
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def session(area: Area) -> Session:
    school = SchoolFactory(area=area, name="Ash", easting=330_000, northing=520_000)
    made: Session = SessionFactory(visit__school=school, visit__coordinator=coordinator_of(area))
    return made


def person(area: Area, name: str, *, signs_in: bool = True) -> Volunteer:
    return able_volunteer(area, signs_in=signs_in, name=name, easting=330_000, northing=521_000)


def ask(session: Session, people: list[Volunteer], by: User, now: datetime) -> Batch:
    return offer_to_several(VisitDay(session.visit, session.day), people, role="presenter", by=by, now=now)


def leave(volunteer: Volunteer, by: User, now: datetime) -> Batch:
    return end_membership(volunteer, day=now.date(), by=by, now=now)


def sent(at: datetime) -> list[str]:
    before = len(mail.outbox)
    deliver_due(clock=lambda: at)
    return sorted(message.to[0] for message in mail.outbox[before:])


def states() -> dict[str, str]:
    return dict(Cover.objects.order_by("pk").values_list("volunteer__name", "state"))


def test_whom_one_asks_is_shown_first_and_waits_a_minute(area: Area, session: Session, by: User, now: datetime) -> None:
    people = [person(area, "Asha"), person(area, "Ben"), person(area, "Cora", signs_in=False)]
    planned = messages_of(lambda: ask(session, people, by, now), now=now)
    assert not Cover.objects.exists()
    assert [message.who for message in planned.mailed] == ["Asha", "Ben"]
    assert [(message.who, message.why_phoned) for message in planned.phoned] == [("Cora", "has no e-mail address here")]
    held(lambda: ask(session, people, by, now), now=now, seen=planned.digest)
    tell(now + IN_TIME)
    assert sent(now + IN_TIME) == []
    assert sent(now + RELEASED) == sorted(volunteer.mail_address for volunteer in people[:2])


def test_a_question_that_is_undone_in_time_was_never_asked(area: Area, session: Session, by: User, now: datetime) -> None:
    people = [person(area, "Asha"), person(area, "Ben"), person(area, "Cora", signs_in=False)]
    batch = held(lambda: ask(session, people, by, now), now=now)
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert not Cover.objects.exists()
    tell(now + RELEASED)
    assert not OutboxMessage.objects.exists()


def test_who_was_told_of_the_question_is_told_that_it_ended(area: Area, session: Session, by: User, now: datetime) -> None:
    people = [person(area, "Asha"), person(area, "Ben"), person(area, "Cora", signs_in=False)]
    batch = held(lambda: ask(session, people, by, now), now=now)
    late = now + RELEASED
    assert len(sent(late)) == 2
    Cover.objects.filter(volunteer=people[2]).update(told_at=late)
    assert undo(batch, by=by, now=late).left_alone == []
    assert states() == dict.fromkeys(("Asha", "Ben", "Cora"), "withdrawn")
    assert list(Cover.objects.to_tell(on=now.date()).values_list("volunteer__name", "news")) == [("Cora", "taken_off")]
    tell(late)
    assert sent(late) == sorted(volunteer.mail_address for volunteer in people[:2])
    tell(late)
    assert sent(late + timedelta(hours=1)) == []


def test_who_said_yes_meanwhile_stays_on_it_and_who_asked_to_watch_still_asks(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha, ben = person(area, "Asha"), person(area, "Ben")
    day = VisitDay(session.visit, session.day)
    assert asha.user is not None
    ask_to_observe(day, ben, by=by, now=now)
    batch = held(lambda: ask(session, [asha, ben], by, now), now=now)
    claim(day, asha, role="presenter", by=asha.user, now=now + timedelta(seconds=20))
    (sentence,) = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert "Asha" in sentence
    assert "was changed since" in sentence
    assert states() == {"Ben": "asked", "Asha": "accepted"}


def test_who_hears_of_somebodys_leaving_is_shown_first_and_waits_a_minute(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha = person(area, "Asha")
    CoverFactory(session=session, volunteer=asha)
    assert session.visit.coordinator is not None
    planned = messages_of(lambda: leave(asha, by, now), now=now)
    asha.refresh_from_db()
    assert asha.status == "active"
    assert [message.draft.to for message in planned.mailed] == [session.visit.coordinator.email]
    held(lambda: leave(asha, by, now), now=now, seen=planned.digest)
    tell(now + IN_TIME)
    assert sent(now + IN_TIME) == []
    assert sent(now + RELEASED) == [session.visit.coordinator.email]


def test_who_gets_no_mail_is_shown_among_those_to_phone(area: Area, session: Session, by: User, now: datetime) -> None:
    cora = person(area, "Cora", signs_in=False)
    CoverFactory(session=session, volunteer=cora)
    batch = held(lambda: leave(cora, by, now), now=now)
    assert batch.words == f"{cora.reference} has left"
    assert Cover.objects.to_tell(on=now.date()).get().volunteer == cora


def test_the_next_is_asked_only_when_the_leaving_can_be_heard_of(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, next_one = person(area, "Asha"), person(area, "Nell")
    CoverFactory(session=session, volunteer=asha)
    held(lambda: leave(asha, by, now), now=now)
    assert offer_due(now=now + IN_TIME) == 0
    assert offer_due(now=now + RELEASED) == 1
    assert Cover.objects.get(state="offered").volunteer == next_one


def test_a_leaving_that_is_undone_in_time_never_was(area: Area, session: Session, by: User, now: datetime) -> None:
    asha = person(area, "Asha")
    VolunteerStep.objects.create(volunteer=asha, step="active", day=date(2026, 1, 10))
    second = SessionFactory(visit=session.visit, day=session.day, starts=session.ends, ends="11:30")
    for each, state in ((session, "accepted"), (second, "offered")):
        CoverFactory(session=each, volunteer=asha, state=state)
    before = [list(model._default_manager.order_by("pk").values()) for model in (Cover, Volunteer, User, VolunteerStep)]
    batch = held(lambda: leave(asha, by, now), now=now)
    assert User.objects.get(volunteer=asha).is_active is False
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert before == [list(model._default_manager.order_by("pk").values()) for model in (Cover, Volunteer, User, VolunteerStep)]
    tell(now + RELEASED)
    assert not OutboxMessage.objects.exists()
    assert not MessageAbout.objects.filter(message__isnull=False).exists()


def test_a_leaving_that_is_undone_late_takes_no_place_from_who_came_since(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha, others = person(area, "Asha"), [person(area, name) for name in ("Ben", "Cora")]
    lead = SessionFactory(visit__school=session.visit.school, day=session.day + timedelta(days=1))
    for each in (session, lead):
        CoverFactory(session=each, volunteer=asha)
    batch = held(lambda: leave(asha, by, now), now=now)
    for other in others:
        assign(session, other, role="presenter", by=by, now=now)
    (sentence,) = undo(batch, by=by, now=now + RELEASED).left_alone
    assert "stays as it is" in sentence
    assert list(Cover.objects.filter(volunteer=asha, state="accepted").values_list("session", flat=True)) == [lead.pk]
    assert Session.objects.with_cover().get(pk=session.pk).places_taken == 2


def test_whoever_was_asked_in_place_of_who_comes_back_is_asked_no_more(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha, *others = (person(area, name) for name in ("Asha", "Ben", "Nell"))
    for volunteer in (asha, others[0]):
        CoverFactory(session=session, volunteer=volunteer)
    batch = held(lambda: leave(asha, by, now), now=now)
    assert offer_due(now=now + RELEASED) == 1
    undo(batch, by=by, now=now + RELEASED)
    assert states() == {"Asha": "accepted", "Ben": "accepted", "Nell": "withdrawn"}


def test_who_came_back_meanwhile_is_not_brought_back_once_more(area: Area, session: Session, by: User, now: datetime) -> None:
    asha = person(area, "Asha")
    CoverFactory(session=session, volunteer=asha)
    batch = held(lambda: leave(asha, by, now), now=now)
    take_step(asha, "returned", day=now.date(), by=by, now=now)
    left = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert len(left) == 4, "the sign-in, the person, the step and the cover"
    assert list(VolunteerStep.objects.order_by("pk").values_list("step", flat=True)) == ["left", "returned"]
    assert states() == {"Asha": "withdrawn"}


def test_nobody_who_was_erased_comes_back_by_an_undo(area: Area, session: Session, by: User, now: datetime) -> None:
    asha = person(area, "Asha")
    CoverFactory(session=session, volunteer=asha)
    batch = held(lambda: leave(asha, by, now), now=now)
    asha.refresh_from_db()
    erase(asha, by=by, now=now)
    left = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert len(left) == 2, "the step and the cover"
    assert "Asha" not in " ".join(left)
    asha.refresh_from_db()
    assert (asha.status, asha.user and asha.user.is_active) in {("left", None), ("left", False)}
