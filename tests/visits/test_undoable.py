"""What can be undone shows whom it tells what, is kept back for a minute, and is heard of by nobody if it is undone in time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import Mock

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.messages.smtp import NoEntry
from schools.messages.suppression import mark
from schools.models import Area, Batch, Contact, Cover, MessageAbout, OutboxMessage, Session, SuppressedAddress, User, Visit
from schools.visits.actions import cancel_day, cancel_session, take_off
from schools.visits.actions.bulk import chase_outcomes, confirm_many
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoable import MessagesChanged, held, messages_of
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.planned_messages import planned_messages
from schools.visits.queries import VisitDay
from schools.visits.queries.held import held_messages
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.news import tell

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
AGREED = date(2026, 11, 20)
RELEASED = HELD_FOR + CLOCKS_APART
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by() -> User:
    return manager()


def agreed(area: Area, name: str, *, volunteers: int = 1, email: str = "", **fields: object) -> Session:
    """A session of an agreed visit to a school whose contact has an address, with people on it who sign in."""
    number = Session.objects.count()
    school = SchoolFactory(area=area, name=name)
    Contact.objects.create(school=school, name="The office", email=email or f"office{number}@schools.example.org")
    made: Session = SessionFactory(
        **{
            "visit__school": school,
            "visit__stage": "confirmed",
            "visit__agreed_on": AGREED,
            "visit__agreed_with": "The office",
            "day": DAY,
            **fields,
        }
    )
    for each in range(volunteers):
        CoverFactory(session=made, volunteer=able_volunteer(area, signs_in=True, name=f"{name} {each}"))
    return made


@pytest.fixture
def two(area: Area) -> list[Session]:
    return [agreed(area, "Ash"), agreed(area, "Birch", volunteers=2)]


def ids(sessions: list[Session]) -> list[int]:
    return [session.pk for session in sessions]


def snow(sessions: list[Session], by: User, now: datetime) -> Batch:
    return cancel_day(sessions[0].day, ids(sessions), code="weather", note="", by=by, now=now)


def snowed(sessions: list[Session], by: User, now: datetime) -> Batch:
    return held(lambda: snow(sessions, by, now), now=now)


def sent(at: datetime) -> int:
    return deliver_due(clock=lambda: at)[0]


def everything() -> Iterator[list[object]]:
    for model in (Session, Visit, Cover, Batch, OutboxMessage, MessageAbout):
        yield list(model._default_manager.order_by("pk").values())


def test_a_look_changes_nothing_and_shows_exactly_what_is_sent(two: list[Session], by: User, now: datetime) -> None:
    before = list(everything())
    planned = messages_of(lambda: snow(two, by, now), now=now)
    assert list(everything()) == before
    batch = held(lambda: snow(two, by, now), now=now, seen=planned.digest)
    written = set(OutboxMessage.objects.values_list("kind", "to", "subject", "body"))
    assert written == {
        (message.kind.name, message.draft.to, message.draft.subject, message.draft.body) for message in planned.mailed
    }
    assert {kind.name: len(messages) for kind, messages in planned.by_kind} == {"mornings": 3, "visits": 2}
    assert planned.phoned == []
    assert sorted(batch.messages or ()) == sorted(OutboxMessage.objects.values_list("pk", flat=True))
    assert {message.who for message in planned.mailed} >= {"Ash 0", "Birch 0", "Birch 1", "Ash (The office)"}


def test_a_move_and_a_bulk_yes_show_what_is_sent_too(area: Area, two: list[Session], by: User, now: datetime) -> None:
    visit = two[0].visit
    to = {two[0].pk: Slot(DAY + timedelta(days=1), two[0].starts, two[0].ends)}
    seen = plan_move(visit, to, by=by, now=now).digest
    planned = messages_of(lambda: move(visit, to, seen=seen, by=by, now=now), now=now)
    subjects = {message.draft.subject for message in planned.mailed}
    assert {"Moved, can you come? Ash, Fri 4 December 2026", "Our visit has moved: Ash, Fri 4 December 2026"} <= subjects
    Visit.objects.update(stage="planned", agreed_on=None, agreed_with="")
    # What they ought to know beforehand goes once they have heard that it is agreed.
    planned = messages_of(
        lambda: confirm_many([visit.pk, two[1].visit_id], agreed_on=AGREED, agreed_with="", by=by, now=now), now=now
    )
    assert {kind.name: len(messages) for kind, messages in planned.by_kind} == {"visits": 2}


def test_nothing_leaves_for_a_minute_and_then_everything_does(two: list[Session], by: User, now: datetime) -> None:
    batch = snowed(two, by, now)
    assert batch.undo_until == now + HELD_FOR
    state = held_messages(batch, now=now + timedelta(seconds=20))
    assert state is not None
    assert (state.waiting, state.went, state.seconds) == (5, 0, 40)
    assert sent(now + RELEASED - A_MOMENT) == 0
    assert sent(now + RELEASED) == 5
    state = held_messages(batch, now=now + RELEASED)
    assert state is not None
    assert (state.waiting, state.went, state.seconds) == (0, 5, 0)


def test_whoever_else_writes_about_these_visits_waits_as_long(two: list[Session], by: User, now: datetime) -> None:
    """Another verb gives other facts, so another message, which tells of the cancellation too."""
    snowed(two, by, now)
    gone = Cover.objects.filter(session=two[1]).select_related("volunteer").first()
    assert gone is not None
    Session.objects.filter(pk=two[1].pk).update(stage="scheduled", cancelled_code="")
    take_off(VisitDay(two[1].visit, DAY), gone.volunteer, by=by, now=now + timedelta(seconds=5))
    assert tell(now + timedelta(seconds=5)) > 0
    assert sent(now + RELEASED - A_MOMENT) == 0
    assert sent(now + RELEASED) > 0
    theirs = [message.subject for message in mail.outbox if message.to == [gone.volunteer.mail_address]]
    assert not any(subject.startswith("Cancelled") for subject in theirs)


def test_what_is_undone_in_time_is_heard_of_by_nobody(two: list[Session], by: User, now: datetime) -> None:
    batch = snowed(two, by, now)
    undone = undo(batch, by=by, now=now + HELD_FOR - A_MOMENT)
    assert undone.left_alone == []
    assert not OutboxMessage.objects.exists()
    for after in (timedelta(0), RELEASED, timedelta(days=1)):
        assert tell(now + after) == 0
    assert mail.outbox == []


def test_what_is_done_again_after_an_undo_waits_its_own_minute(two: list[Session], by: User, now: datetime) -> None:
    undo(snowed(two, by, now), by=by, now=now + timedelta(seconds=30))
    again = now + timedelta(seconds=40)
    snowed(two, by, again)
    assert sent(again + RELEASED - A_MOMENT) == 0
    assert sent(again + RELEASED) == 5


def test_what_is_undone_too_late_is_told_once(two: list[Session], by: User, now: datetime) -> None:
    batch = snowed(two, by, now)
    late = now + RELEASED
    assert sent(late) == 5
    undo(batch, by=by, now=late)
    assert OutboxMessage.objects.count() == 5, "what went out is not forgotten"
    tell(late)
    assert sent(late) == 5, "the news that it takes place waits for nobody"
    subjects = [message.subject.split(":")[0] for message in mail.outbox[5:]]
    assert sorted(subjects) == ["It takes place after all"] * 3 + ["Our visit takes place after all"] * 2
    tell(late)
    assert sent(late) == 0


def test_what_a_sender_has_taken_is_not_deleted_under_its_hands(two: list[Session], by: User, now: datetime) -> None:
    batch = snowed(two, by, now)
    taken = OutboxMessage.objects.order_by("pk").first()
    assert taken is not None
    OutboxMessage.objects.filter(pk=taken.pk).update(attempts=1, next_try=now + RELEASED + timedelta(minutes=2))
    undo(batch, by=by, now=now + HELD_FOR)
    assert list(OutboxMessage.objects.values_list("pk", flat=True)) == [taken.pk]
    assert sent(now + timedelta(minutes=10)) == 0, "its kind says that it is true no longer"
    assert not OutboxMessage.objects.exists()


def test_other_messages_than_were_looked_at_are_looked_at_again(area: Area, two: list[Session], by: User, now: datetime) -> None:
    planned = messages_of(lambda: snow(two, by, now), now=now)
    CoverFactory(session=two[0], volunteer=able_volunteer(area, signs_in=True, name="Newcomer"))
    with pytest.raises(MessagesChanged, match="Look at the messages once more") as refusal:
        held(lambda: snow(two, by, now), now=now, seen=planned.digest)
    assert "Newcomer" in {message.who for message in refusal.value.planned.mailed}
    assert not Batch.objects.exists()
    assert not Session.objects.filter(stage="cancelled").exists()
    assert not OutboxMessage.objects.exists()
    held(lambda: snow(two, by, now), now=now, seen=refusal.value.planned.digest)
    with pytest.raises(RuleBroken, match="It was called off already"):
        held(lambda: snow(two, by, now), now=now, seen=refusal.value.planned.digest)
    assert OutboxMessage.objects.count() == 6, "two clicks are one act"


def test_who_has_no_address_or_a_marked_one_is_to_be_phoned(area: Area, by: User, now: datetime) -> None:
    session = agreed(area, "Ash", volunteers=1)
    CoverFactory(session=session, volunteer=able_volunteer(area, name="No Account"))
    no_address = agreed(area, "Birch", volunteers=0)
    Contact.objects.filter(school=no_address.visit.school).update(email="")
    planned_only: Session = SessionFactory(visit__school=SchoolFactory(area=area, name="Cedar"), day=DAY)
    marked = agreed(area, "Dogwood", volunteers=0, email="Head@dogwood.example.org")
    mark("head@dogwood.example.org", SuppressedAddress.Reason.BOUNCE, "no such mailbox", at=now)
    sessions = [session, no_address, planned_only, marked]
    planned = messages_of(lambda: snow(sessions, by, now), now=now)
    assert {message.who: message.why_phoned for message in planned.phoned} == {
        "No Account": "has no e-mail address here",
        "Birch": "has no e-mail address here",
        "Cedar": "had not agreed yet, so the program writes nothing to them",
        "Dogwood (The office)": "mail to head@dogwood.example.org comes back, or is unwanted",
    }
    assert sorted(message.who for message in planned.mailed) == ["Ash (The office)", "Ash 0"]
    assert all("This will not take place" in message.text or "will not take place" in message.text for message in planned.phoned)
    batch = snowed(sessions, by, now)
    assert not OutboxMessage.objects.filter(to="").exists()
    assert batch.visits is not None
    still = planned_messages(batch.visits, now=now).phoned
    assert {message.who for message in still} == {"No Account", "Birch", "Cedar"}, "what waits is asked of the outbox"


def test_at_night_the_look_says_when_it_goes_and_what_is_soon_waits_a_minute_alone(area: Area, by: User) -> None:
    evening = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)  # a Friday
    late = agreed(area, "Ash")
    planned = messages_of(lambda: snow([late], by, evening), now=evening)
    assert {(message.who, str(message.opens)) for message in planned.mailed} == {
        ("Ash 0", "2026-11-28 07:30:00+00:00"),
        ("Ash (The office)", "2026-11-30 07:30:00+00:00"),
    }
    snowed([late], by, evening)
    assert not OutboxMessage.objects.exists(), "nobody is written to at night"
    soon = agreed(area, "Birch", day=date(2026, 11, 28), starts=time(9))
    planned = messages_of(lambda: snow([soon], by, evening), now=evening)
    assert [message.opens for message in planned.mailed] == [None, None]
    snowed([soon], by, evening)
    assert sent(evening + RELEASED - A_MOMENT) == 0
    assert sent(evening + RELEASED) == 2


def test_a_single_session_that_is_cancelled_waits_too(two: list[Session], by: User, now: datetime) -> None:
    held(lambda: cancel_session(two[1], code="illness", note="", by=by, now=now), now=now)
    assert sent(now + RELEASED - A_MOMENT) == 0
    assert sent(now + RELEASED) == 3


def test_those_who_are_asked_how_it_went_are_not_asked_if_that_is_undone(area: Area, by: User, now: datetime) -> None:
    past = agreed(area, "Ash", day=date(2026, 11, 19), volunteers=2)
    CoverFactory(session=past, volunteer=able_volunteer(area, name="No Account"))
    planned = messages_of(lambda: chase_outcomes([past.pk], by=by, now=now), now=now)
    assert sorted(message.who for message in planned.mailed) == ["Ash 0", "Ash 1"]
    assert [message.who for message in planned.phoned] == ["No Account"]
    batch = held(lambda: chase_outcomes([past.pk], by=by, now=now), now=now)
    assert batch.words == "Asked 2 people how it went; ring No Account, who get no mail"
    with pytest.raises(RuleBroken, match="Nobody is left to be asked by mail: ring No Account, who get no mail"):
        held(lambda: chase_outcomes([past.pk], by=by, now=now), now=now)
    assert undo(batch, by=by, now=now + timedelta(seconds=59)).left_alone == []
    assert not OutboxMessage.objects.exists()
    again = held(lambda: chase_outcomes([past.pk], by=by, now=now), now=now)
    assert sent(now + RELEASED) == 2
    assert undo(again, by=by, now=now + RELEASED).left_alone == ["2 people were asked already."]


def test_those_who_are_asked_at_night_how_it_went_are_asked_in_the_morning(area: Area, by: User, now: datetime) -> None:
    past = agreed(area, "Ash", day=date(2026, 11, 19))
    night, morning = (datetime(2026, 11, day, hour, minute, tzinfo=UTC) for day, hour, minute in ((26, 23, 0), (27, 7, 30)))
    planned = messages_of(lambda: chase_outcomes([past.pk], by=by, now=night), now=night)
    assert [message.opens for message in planned.mailed] == [morning]
    batch = held(lambda: chase_outcomes([past.pk], by=by, now=night), now=night)
    later = night + timedelta(minutes=2)
    assert [sent(moment) for moment in (later, morning - A_MOMENT)] == [0, 0], "nobody is written to at night"
    state = held_messages(batch, now=later)
    assert state is not None
    assert (state.waiting, state.opens) == (1, morning)
    assert undo(batch, by=by, now=later).left_alone == [], "nobody had heard of it"
    assert not OutboxMessage.objects.exists()
    held(lambda: chase_outcomes([past.pk], by=by, now=night), now=night)
    with pytest.raises(RuleBroken, match="they were asked today"):
        held(lambda: chase_outcomes([past.pk], by=by, now=morning), now=morning)
    assert sent(morning) == 1


def test_a_question_how_it_went_that_has_to_be_tried_again_does_not_come_at_night(
    area: Area, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = agreed(area, "Ash", day=date(2026, 11, 19))
    day, night, morning = (datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((26, 15), (26, 22), (27, 8)))
    held(lambda: chase_outcomes([past.pk], by=by, now=day), now=day)
    with monkeypatch.context() as away:
        away.setattr("schools.messages.actions.send", Mock(side_effect=NoEntry))
        assert sent(day + timedelta(minutes=2)) == 0
    assert [sent(night), sent(morning)] == [0, 1]


def test_however_many_they_are_the_kinds_are_asked_as_often(area: Area, by: User, now: datetime) -> None:
    def number(sessions: list[Session]) -> int:
        snow(sessions, by, now)
        visits = [session.visit_id for session in sessions]
        with CaptureQueriesContext(connection) as queries:
            planned = planned_messages(visits, now=now)
        assert len(planned.mailed) == 3 * len(sessions)
        return len(queries)

    few = number([agreed(area, f"Few {each}", volunteers=2) for each in range(2)])
    many = number([agreed(area, f"Many {each}", volunteers=2) for each in range(9)])
    assert many == few


def test_a_look_at_a_day_off_is_a_constant_number_of_statements(area: Area, by: User, now: datetime) -> None:
    """Rows of a table are written at once, and so are their lines of history; nothing is asked of each beforehand."""

    def number(sessions: list[Session]) -> int:
        messages_of(lambda: snow(sessions, by, now), now=now)  # what is read once and kept
        with CaptureQueriesContext(connection) as queries:
            messages_of(lambda: snow(sessions, by, now), now=now)
        return len(queries)

    assert number([agreed(area, f"Few {each}", volunteers=3) for each in range(2)]) == 145
    assert number([agreed(area, f"Many {each}", volunteers=3) for each in range(7)]) == 145
