"""Where one session of several is off, moved or back, a school reads so, and not that the whole visit is."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail

from schools.models import Batch, Contact, School, Session, User
from schools.visits.actions import cancel_session, confirm
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.rules import Slot
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory
from tests.news import tell_and_send
from tests.visits.hosts import DAY, by, guest

pytestmark = pytest.mark.django_db

__all__ = ["by", "guest"]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def first(guest: School, by: User) -> Session:
    """The first of two sessions of one morning, in both of which pupils of a guest school sit; both schools know them."""
    made: Session = SessionFactory(visit__school=SchoolFactory(name="Oak Primary"), day=DAY)
    Contact.objects.create(school=made.visit.school, name="Nia Head", email="nia@oak.example.org")
    for session in (made, SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))):
        HeadcountFactory(session=session, school=guest, year_group=3)
    SessionFactory(visit=made.visit, day=DAY + timedelta(days=1))
    confirm(made.visit, agreed_on=NOW.date(), agreed_with="Nia Head", by=by, now=NOW)
    assert tell_and_send(NOW) == 2
    return made


@pytest.fixture
def second(first: Session) -> Session:
    return first.visit.sessions.get(starts=time(11))


def told(minutes: int) -> dict[str, str]:
    """Send what is due so much later; return the subjects by their readers."""
    mail.outbox.clear()
    tell_and_send(NOW + timedelta(minutes=minutes))
    return {message.to[0]: str(message.subject) for message in mail.outbox}


def test_part_of_a_visit_is_off_until_the_last_session_of_its_day_is(first: Session, second: Session, by: User) -> None:
    cancel_session(second, code="weather", note="", by=by, now=NOW)
    part = "Part of our visit is cancelled: Oak Primary, Thu 3 December 2026"
    assert told(1) == {"nia@oak.example.org": part, "fay@fern.example.org": part}
    cancel_session(first, code="weather", note="", by=by, now=NOW)
    whole = "Our visit is cancelled: Oak Primary, Thu 3 December 2026"
    assert told(2) == {"nia@oak.example.org": whole, "fay@fern.example.org": whole}


def test_a_guest_that_is_taken_off_one_of_two_sessions_reads_so(first: Session, second: Session, by: User) -> None:
    texts = {1: (second, "Not at part of our visit any more: "), 2: (first, "Not at our visit any more: ")}
    for minutes, (session, subject) in texts.items():
        expected = {session.visit.school: {3: 20}}
        change_session(
            session,
            room="",
            language=session.language,
            until_day=None,
            expected=expected,
            seen=as_stored(session),
            by=by,
            now=NOW,
        )
        assert told(minutes)["fay@fern.example.org"] == f"{subject}Oak Primary, Thu 3 December 2026"


def test_what_was_moved_away_before_it_was_called_off_is_part_of_the_day_that_the_school_knows(
    first: Session, second: Session, by: User
) -> None:
    to = {second.pk: Slot(DAY + timedelta(days=5), second.starts, second.ends)}
    move(first.visit, to, seen=plan_move(first.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    second.refresh_from_db()
    cancel_session(second, code="weather", note="", by=by, now=NOW)
    assert told(1)["nia@oak.example.org"].startswith("Part of our visit is cancelled: ")


def moves(by: User, *sessions: Session, days: int = 0, hours: int = 0) -> None:
    """Move the sessions of one visit."""
    to = {
        each.pk: Slot(
            each.day + timedelta(days=days),
            each.starts.replace(each.starts.hour + hours),
            each.ends.replace(each.ends.hour + hours),
        )
        for each in sessions
    }
    visit = sessions[0].visit
    move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


@pytest.mark.parametrize(("days", "hours"), [(0, 2), (1, 2), (5, 0)])
def test_one_session_that_moves_while_another_of_its_old_or_new_day_stands_is_part_of_the_visit(
    first: Session, second: Session, by: User, days: int, hours: int
) -> None:
    moves(by, second, days=days, hours=hours)
    subjects = told(1)
    assert len(subjects) == 2
    for subject in subjects.values():
        assert subject.startswith("Part of our visit has moved: Oak Primary, ")
    for message in mail.outbox:
        assert "This part of our visit has moved to another time:" in message.body
        assert "Our visit has moved" not in message.body


def test_sessions_of_a_day_that_move_together_are_the_visit(first: Session, second: Session, by: User) -> None:
    moves(by, first, second, days=5)
    assert set(told(1).values()) == {"Our visit has moved: Oak Primary, Tue 8 December 2026"}
    assert "Our visit has moved to another time:" in mail.outbox[0].body


def test_what_is_new_on_the_new_day_makes_no_part_of_what_moved(by: User) -> None:
    made: Session = SessionFactory(visit__school=SchoolFactory(name="Oak Primary"), day=DAY)
    Contact.objects.create(school=made.visit.school, name="Nia Head", email="nia@oak.example.org")
    confirm(made.visit, agreed_on=NOW.date(), agreed_with="Nia Head", by=by, now=NOW)
    told(0)
    moves(by, made, days=5)
    SessionFactory(visit=made.visit, day=DAY + timedelta(days=5), starts=time(11), ends=time(11, 30))
    assert told(1) == {"nia@oak.example.org": "Our visit has moved: Oak Primary, Tue 8 December 2026, and more"}
    assert "part of our visit" not in mail.outbox[0].body


def test_what_comes_back_to_where_it_was_makes_no_part_of_what_moves_with_it(first: Session, second: Session, by: User) -> None:
    moves(by, second, days=5)
    told(1)
    moves(by, second, days=-5)
    told(2)
    moves(by, first, second, days=5)
    assert told(3)
    for message in mail.outbox:
        assert "part of our visit" not in f"{message.subject} {message.body}".lower()


def test_part_of_a_visit_takes_place_after_all_until_the_last_session_of_its_day_does(
    first: Session, second: Session, by: User
) -> None:
    # Of this one no school was ever told, so nobody misses it.
    SessionFactory(visit=first.visit, day=DAY, starts=time(13), ends=time(13, 30), stage="cancelled", cancelled_code="illness")
    for session in (first, second):
        cancel_session(session, code="weather", note="", by=by, now=NOW)
    told(1)
    for minutes, subject in ((2, "Part of our visit takes place after all: "), (3, "Our visit takes place after all: ")):
        undo(Batch.objects.filter(undone_at=None).latest("pk"), by=by, now=NOW + timedelta(minutes=minutes))
        assert set(told(minutes).values()) == {f"{subject}Oak Primary, Thu 3 December 2026"}


@pytest.mark.parametrize("is_taken_off", [False, True])
def test_what_moved_unheard_and_is_off_is_named_by_the_day_that_the_school_knew(
    first: Session, second: Session, by: User, is_taken_off: bool
) -> None:
    moves(by, first, second, days=5)
    for session in (first, second):
        moved = Session.objects.get(pk=session.pk)
        if is_taken_off:
            moved.headcounts.exclude(school=moved.visit.school).delete()
        else:
            cancel_session(moved, code="weather", note="", by=by, now=NOW)
    subjects = told(1)
    of_guest = "Not at our visit any more" if is_taken_off else "Our visit is cancelled"
    assert subjects["fay@fern.example.org"] == f"{of_guest}: Oak Primary, Thu 3 December 2026"
    [body] = [message.body for message in mail.outbox if message.to == ["fay@fern.example.org"]]
    assert body.count("Tue 8 December 2026, 9:15–9:45 am (it was Thu 3 December 2026, 9:15–9:45 am)") == 1
    if not is_taken_off:
        assert subjects["nia@oak.example.org"] == "Our visit is cancelled: Oak Primary, Thu 3 December 2026"


def test_what_moved_to_an_earlier_day_that_is_over_and_is_off_is_told_while_the_school_waits_for_it(
    first: Session, second: Session, by: User
) -> None:
    moves(by, first, second, days=-2)
    for session in (first, second):
        cancel_session(Session.objects.get(pk=session.pk), code="weather", note="", by=by, now=NOW)
    assert set(told(60 * 24 * 8).values()) == {"Our visit is cancelled: Oak Primary, Thu 3 December 2026"}
