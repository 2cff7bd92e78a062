"""Where one session of several is off, a school reads so, and not that the whole visit is."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.models import Contact, School, Session, User
from schools.visits.actions import cancel_session, confirm
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.moving import move, plan_move
from schools.visits.rules import Slot
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def guest() -> School:
    school: School = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=school, name="Fay Office", email="fay@fern.example.org")
    return school


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
        assert told(minutes) == {"fay@fern.example.org": f"{subject}Oak Primary, Thu 3 December 2026"}


def test_what_was_moved_away_before_it_was_called_off_is_part_of_the_day_that_the_school_knows(
    first: Session, second: Session, by: User
) -> None:
    to = {second.pk: Slot(DAY + timedelta(days=5), second.starts, second.ends)}
    move(first.visit, to, seen=plan_move(first.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    second.refresh_from_db()
    cancel_session(second, code="weather", note="", by=by, now=NOW)
    assert told(1)["nia@oak.example.org"].startswith("Part of our visit is cancelled: ")
