"""What an undo says of who had heard of it: also of what waited for the morning, and of who was told on the phone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from schools.messages import actions
from schools.models import Area, Batch, Contact, MessageAbout, OutboxMessage, School, Session, User
from schools.visits.actions import cancel_day, end_membership, offer_to_several, withdraw
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.guests_to_tell import as_it_is_told
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries import VisitDay
from schools.visits.queries.held import heard_of_it
from schools.visits.rules import Slot
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
EVENING = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
"""A Tuesday: nobody is written to before half past seven."""
MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def session(area: Area) -> Session:
    """A session of an agreed visit to a school with an address, and somebody on it who signs in."""
    school: School = SchoolFactory(area=area, name="Oak")
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org")
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2), "visit__coordinator": coordinator_of(area)}
    made: Session = SessionFactory(visit__school=school, day=DAY, **agreed)
    CoverFactory(session=made, volunteer=able_volunteer(area, signs_in=True, name="Asha Rao"))
    return made


def at(moment: datetime) -> time_machine.travel:
    """The clock of that moment: a message is as old as what wrote it."""
    return time_machine.travel(moment, tick=False)


def snow(session: Session, by: User, now: datetime) -> Batch:
    with at(now):
        return held(lambda: cancel_day(DAY, [session.pk], code="weather", note="", by=by, now=now), now=now)


def moved_by_a_day(session: Session, by: User, now: datetime) -> Batch:
    to = {session.pk: Slot(DAY + timedelta(days=1), session.starts, session.ends)}
    with at(now):
        seen = plan_move(session.visit, to, by=by, now=now).digest
        return held(lambda: move(session.visit, to, seen=seen, by=by, now=now), now=now)


def told(now: datetime, *kinds: str) -> int:
    with at(now):
        return tell_and_send(now, kinds=kinds)


def undone(batch: Batch, by: User, now: datetime) -> str:
    with at(now):
        return heard_of_it(undo(batch, by=by, now=now))


def test_what_waited_for_the_morning_is_known_to_have_gone(session: Session, by: User) -> None:
    batch = snow(session, by, EVENING)
    assert batch.messages == []
    assert told(MORNING, "mornings", "visits") == 2
    later = MORNING + timedelta(hours=1)
    assert undone(batch, by, later) == " 2 messages had gone or could not be stopped: they are told what holds now."
    assert told(later, "mornings", "visits") == 2
    assert all("takes place after all" in message.subject for message in mail.outbox[2:])


def test_who_leaves_in_the_evening_is_a_mail_in_the_morning_that_no_mail_corrects(session: Session, by: User) -> None:
    asha, coordinator = session.covers.get().volunteer, session.visit.coordinator
    assert coordinator is not None
    with at(EVENING):
        batch = held(lambda: end_membership(asha, day=EVENING.date(), by=by, now=EVENING), now=EVENING)
    assert told(MORNING, "given-back") == 1
    words = undone(batch, by, MORNING + timedelta(hours=1))
    assert f"speak with them: {coordinator.email} (“Needs people: Oak, Thu 3 December 2026”)." in words


def test_where_somebody_was_missed_at_what_moved_is_a_mail_in_the_morning_that_no_mail_corrects(
    session: Session, by: User
) -> None:
    asha, coordinator = session.covers.get().volunteer, session.visit.coordinator
    assert coordinator is not None
    with at(EVENING):
        withdraw(VisitDay(session.visit, DAY), asha, by=asha.user or by, now=EVENING)
    batch = moved_by_a_day(session, by, EVENING + timedelta(minutes=5))
    assert told(MORNING, "given-back") == 1
    words = undone(batch, by, MORNING + timedelta(hours=1))
    assert f"speak with them: {coordinator.email} (“Needs people: Oak, Fri 4 December 2026”)." in words


def test_who_was_missed_before_it_moved_was_told_of_the_day_that_holds_again(session: Session, by: User, now: datetime) -> None:
    asha = session.covers.get().volunteer
    with at(now):
        withdraw(VisitDay(session.visit, DAY), asha, by=asha.user or by, now=now)
    assert told(now, "given-back") == 1
    batch = moved_by_a_day(session, by, EVENING)
    assert "Needs people" not in undone(batch, by, MORNING + timedelta(hours=1))


def test_what_is_written_in_the_morning_and_has_not_left_is_taken_away(session: Session, by: User) -> None:
    batch = snow(session, by, EVENING)
    with at(MORNING):
        assert tell(MORNING, kinds=["mornings", "visits"]) == 2
    assert undone(batch, by, MORNING) == ""
    assert not OutboxMessage.objects.exists()


def test_who_was_told_on_the_phone_has_heard_of_it(session: Session, by: User, now: datetime) -> None:
    guest = SchoolFactory(name="Fern")
    Contact.objects.create(school=guest, name="Fay", phone="+441632960555")
    HeadcountFactory(session=session, school=guest, year_group=3)
    batch = snow(session, by, now)
    read = as_it_is_told([session.visit_id], on=now.date())
    assert mark_told(guests=read, by=by, now=now + timedelta(seconds=20)) == 1
    words = undone(batch, by, now + timedelta(seconds=40))
    assert words == " Who was told of it on the phone is mailed what holds now, or stands under Tell these people."
    assert as_it_is_told([session.visit_id], on=now.date()).keys() == read.keys(), "the guest is told that it takes place"


def test_what_others_were_told_meanwhile_is_no_part_of_it(area: Area, session: Session, by: User) -> None:
    ben = able_volunteer(area, signs_in=True, name="Ben Osei")
    with at(EVENING):
        day = VisitDay(session.visit, DAY)
        batch = held(lambda: offer_to_several(day, [ben], role="presenter", by=by, now=EVENING), now=EVENING)
    snow(session, by, EVENING + timedelta(minutes=5))
    assert told(MORNING, "mornings", "visits") == 2
    assert heard_of_it(batch) == "", "the school and Asha heard of the snow, and Ben had never been asked"


def test_a_reminder_that_waits_is_not_held_back_for_ever_by_what_was_done_since(
    area: Area, session: Session, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail server was away for a moment, and meanwhile a coordinator asked somebody else for the same morning."""
    ben, evening = able_volunteer(area, signs_in=True, name="Ben Osei"), datetime(2026, 12, 2, 17, 30, tzinfo=UTC)
    with at(evening):
        assert tell(evening, kinds=["evening"]) == 1
    asked_at = evening + timedelta(seconds=10)
    with at(asked_at):
        day = VisitDay(session.visit, DAY)
        held(lambda: offer_to_several(day, [ben], role="presenter", by=by, now=asked_at), now=asked_at)
    subjects: list[str] = []

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()  # a server asks for the text
        subjects.append(message.subject)
        return ""

    monkeypatch.setattr(actions, "send", send)
    told(asked_at + HELD_FOR + CLOCKS_APART, "evening")
    assert "Tomorrow: Oak, Thu 3 December 2026" in subjects


def test_what_was_written_since_counts_once_somebody_has_begun_to_send_it(session: Session, by: User, now: datetime) -> None:
    session.covers.all().delete()
    batch = snow(session, by, now)
    OutboxMessage.objects.filter(pk__in=batch.messages or ()).delete()  # its reader has left: who reads now is written to instead
    with at(now + timedelta(seconds=20)):
        since = OutboxMessage.objects.create(kind="visits", key="visits:since", to="olu@oak.example.org", subject="News", body="")
    school = session.visit.school
    MessageAbout.objects.create(visit=session.visit, school=school, message=since, known_by="message", facts="since")
    assert heard_of_it(batch) == " Nobody had been told of it, and nobody is."
    OutboxMessage.objects.update(attempts=1)
    assert heard_of_it(batch).startswith(" 1 message had gone or could not be stopped")
