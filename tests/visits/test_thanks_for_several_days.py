"""Thanks for a visit of several days go once all of it is settled, also where its last day falls through or is reported late."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from schools.models import Contact, ContactLog, School, Session, User
from schools.visits.actions import cancel_session
from schools.visits.actions.undoing import undo
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

THANKS, AGAIN = "school-thanks", "school-thanks-again"
FIRST, LAST = date(2027, 1, 14), date(2027, 2, 18)
"""Thursdays."""
WEDNESDAY = datetime(2027, 2, 17, 15, tzinfo=UTC)
"""The afternoon before the last day, on which snow falls."""


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=made, name="Nia", email="nia@oak.example.org")
    return made


@pytest.fixture
def last(school: School) -> Session:
    """What is still to come of a visit of two days; the first took place and was reported."""
    visit = VisitFactory(school=school, stage="confirmed", agreed_on=date(2026, 11, 2), coordinator=manager())
    first = SessionFactory(visit=visit, day=FIRST)
    HeadcountFactory(session=first, school=school, pupils=30)
    took_place(first, at(FIRST, 15))
    made: Session = SessionFactory(visit=visit, day=LAST)
    return made


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def took_place(session: Session, now: datetime) -> None:
    Session.objects.filter(pk=session.pk).update(stage="delivered", went_ahead="yes", recorded_at=now)


def falls_through(session: Session, by: User, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        cancel_session(session, code="weather", note="", by=by, now=now)


def by_hand(school: School, day: date, how: str = "email") -> None:
    ContactLog.objects.create(school=school, day=day, how=how, who="Nia", by=manager())


def thanked_on(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if drafts(THANKS, at(day))]


def test_where_the_last_day_falls_through_the_school_is_thanked_for_two_weeks_from_then_on(last: Session, by: User) -> None:
    assert thanked_on(FIRST, WEDNESDAY.date()) == [], "something is to come"
    falls_through(last, by, WEDNESDAY)
    assert drafts(THANKS, at(WEDNESDAY.date(), 16)) == [], "that day it reads that the last day is off"
    weekdays = [date(2027, 2, 18) + timedelta(days=number) for number in range(14)]
    assert thanked_on(WEDNESDAY.date(), date(2027, 4, 1)) == [day for day in weekdays if day.weekday() < 5]
    (draft,) = drafts(THANKS, at(LAST))
    assert "- KS2 assembly: 30\n" in draft.body
    assert "5. Would you have us again?" in draft.body
    assert tell_and_send(at(LAST), kinds=[THANKS]) == 1
    assert tell_and_send(at(LAST + timedelta(days=1)), kinds=[THANKS]) == 0
    assert tell_and_send(at(LAST + timedelta(days=11)), kinds=[AGAIN]) == 1


def test_where_it_fell_through_long_before_thanks_go_at_once(last: Session, by: User) -> None:
    falls_through(last, by, at(date(2027, 1, 19)))
    assert thanked_on(FIRST, date(2027, 3, 1))[0] == date(2027, 1, 20)


def test_where_it_was_called_off_before_the_first_day_thanks_go_the_day_after_that(last: Session, by: User) -> None:
    falls_through(last, by, at(date(2027, 1, 7)))
    days = thanked_on(FIRST, date(2027, 3, 1))
    assert (days[0], days[-1]) == (date(2027, 1, 15), date(2027, 1, 28))


def test_where_the_last_day_is_put_back_nobody_is_thanked_yet(last: Session, by: User) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        batch = cancel_session(last, code="weather", note="", by=by, now=WEDNESDAY)
        undo(batch, by=by, now=WEDNESDAY + timedelta(minutes=5))
    assert thanked_on(LAST, date(2027, 4, 1)) == []
    falls_through(Session.objects.get(pk=last.pk), by, at(date(2027, 3, 8)))
    days = thanked_on(date(2027, 3, 8), date(2027, 4, 1))
    assert (days[0], days[-1]) == (date(2027, 3, 8), date(2027, 3, 19)), "once somebody said that the day was not held"


def test_where_the_last_day_is_reported_late_thanks_go_once_it_is(last: Session) -> None:
    took_place(last, at(date(2027, 3, 16), 15))
    days = thanked_on(date(2027, 3, 17), date(2027, 4, 30))
    assert (days[0], days[-1]) == (date(2027, 3, 17), date(2027, 3, 30))


def test_where_nothing_was_held_on_the_last_day_thanks_go_once_somebody_said_so(last: Session) -> None:
    said = at(LAST + timedelta(days=1), 10)
    Session.objects.filter(pk=last.pk).update(stage="cancelled", cancelled_code="not_held", went_ahead="no", recorded_at=said)
    days = thanked_on(date(2027, 2, 19), date(2027, 3, 31))
    assert (days[0], days[-1]) == (date(2027, 2, 19), date(2027, 3, 5))


def test_what_is_typed_in_long_after_a_visit_thanks_nobody(last: Session) -> None:
    took_place(last, at(date(2027, 6, 1)))
    assert thanked_on(date(2027, 6, 1), date(2027, 6, 30)) == []


def test_a_mail_by_hand_about_the_day_that_fell_through_takes_the_place_of_no_thanks(
    last: Session, school: School, by: User
) -> None:
    by_hand(school, FIRST + timedelta(days=7))
    falls_through(last, by, WEDNESDAY)
    by_hand(school, WEDNESDAY.date())
    assert len(drafts(THANKS, at(LAST))) == 1
    by_hand(school, LAST)
    assert drafts(THANKS, at(LAST + timedelta(days=1))) == []


def test_the_questions_are_asked_once_more_unless_somebody_spoke_with_them_since(last: Session, school: School, by: User) -> None:
    falls_through(last, by, WEDNESDAY)
    assert tell_and_send(at(LAST), kinds=[THANKS]) == 1
    by_hand(school, WEDNESDAY.date(), how="phone")
    assert len(drafts(AGAIN, at(LAST + timedelta(days=11)))) == 1
    by_hand(school, LAST + timedelta(days=2), how="phone")
    assert drafts(AGAIN, at(LAST + timedelta(days=11))) == []
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("number", [1, 4])
def test_many_visits_of_which_a_day_fell_through_are_read_in_as_many_queries_as_one(
    number: int, by: User, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for each in range(number):
        there = SchoolFactory(name=f"School {each}")
        Contact.objects.create(school=there, name="Nia", email=f"nia@{each}.example.org")
        visit = VisitFactory(school=there, stage="confirmed", agreed_on=date(2026, 11, 2))
        first, second = SessionFactory(visit=visit, day=FIRST), SessionFactory(visit=visit, day=LAST)
        HeadcountFactory(session=first, school=there, pupils=30)
        took_place(first, at(FIRST, 15))
        falls_through(second, by, WEDNESDAY)
    with django_assert_max_num_queries(24):
        assert len(drafts(THANKS, at(LAST))) == number
