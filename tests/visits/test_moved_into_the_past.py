"""A day to come that was wrong is told to whoever waits for it, also where the right one is over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from schools.models import Contact, School, Session
from schools.visits.actions import assign, confirm
from schools.visits.actions.moving import move, plan_move
from schools.visits.rules import Slot
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.news import tell_and_send
from tests.visits.calendar_client import CalendarClient
from tests.visits.test_calendar_mails import brought

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATER = datetime(2026, 12, 4, 9, tzinfo=UTC)
"""A Friday, after the right day and before the wrong one."""
WRONG, RIGHT = date(2026, 12, 10), date(2026, 12, 3)
IT_WAS = "Thu 3 December 2026, 9:15–9:45 am (it was Thu 10 December 2026, 9:15–9:45 am)"


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(area=AreaFactory(), name="Oak Primary")
    Contact.objects.create(school=made, name="Nia Head", email="nia@oak.example.org")
    return made


@pytest.fixture
def session(school: School) -> Session:
    made: Session = SessionFactory(visit__school=school, day=WRONG)
    return made


def put_right(session: Session, now: datetime) -> None:
    by, to = manager(), {session.pk: Slot(RIGHT, session.starts, session.ends)}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def agreed(session: Session) -> None:
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=manager(), now=NINE)
    assert tell_and_send(NINE, kinds=["visits"]) == 1


def test_a_volunteer_reads_it_and_their_calendar_does_not_keep_the_wrong_day(session: Session) -> None:
    asha = able_volunteer(signs_in=True, name="Asha Rao")
    assign(session, asha, role="presenter", by=manager(), now=NINE)
    assert tell_and_send(NINE, kinds=["mornings"]) == 1
    calendar = CalendarClient()
    calendar.take(brought())
    put_right(session, LATER)
    assert tell_and_send(LATER, kinds=["mornings"]) == 1
    assert IT_WAS in mail.outbox[-1].body
    calendar.take(brought())
    assert [begins.date() for begins, _ in calendar.mornings] == [RIGHT]
    assert tell_and_send(LATER, kinds=["mornings"]) == 0


def test_a_school_reads_it_and_its_calendar_does_not_keep_the_wrong_day(session: Session) -> None:
    agreed(session)
    calendar = CalendarClient()
    calendar.take(brought())
    put_right(session, LATER)
    assert tell_and_send(LATER, kinds=["visits"]) == 1
    assert IT_WAS in mail.outbox[-1].body
    calendar.take(brought())
    assert [begins.date() for begins, _ in calendar.mornings] == [RIGHT]
    assert tell_and_send(LATER, kinds=["visits"]) == 0


def test_it_wakes_nobody_at_night_and_is_told_once_people_are_written_to_again(session: Session) -> None:
    agreed(session)
    night = LATER + timedelta(hours=12)
    put_right(session, night)
    assert tell_and_send(night, kinds=["visits"]) == 0
    assert tell_and_send(LATER + timedelta(days=3), kinds=["visits"]) == 1


def test_who_waits_for_no_day_to_come_is_told_of_none(session: Session) -> None:
    put_right(session, LATER)
    confirm(session.visit, agreed_on=LATER.date(), agreed_with="", by=manager(), now=LATER)
    assert tell_and_send(LATER, kinds=["visits"]) == 0
