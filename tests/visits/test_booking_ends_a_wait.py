"""A school that agreed to a day to come does not wait to be asked again; an undo of the booking puts that day back."""

from datetime import date, datetime, time, timedelta

import pytest

from schools import models
from schools.planning.queries import due
from schools.planning.queries.due_list import waiting
from schools.visits.actions import cancel_day
from schools.visits.actions.booked import AddedAlready, add_to_undo, book_to_undo
from schools.visits.actions.booking import book
from schools.visits.actions.calls import Call, CallOutcome, log_call
from schools.visits.actions.cancelling import cancel_visit, decline_visit
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.queries.outstanding import not_rebooked
from schools.visits.rules import NewSession
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
LATER = timedelta(days=1)


@pytest.fixture
def by() -> models.User:
    return factories.manager()


@pytest.fixture
def school() -> models.School:
    made: models.School = factories.SchoolFactory(name="Ash")
    return made


def calls(school: models.School, by: models.User, now: datetime) -> models.Batch:
    """The school says that this is no year for a visit."""
    batch = log_call(school, Call(outcome=CallOutcome.NOT_THIS_YEAR, who="Ruth"), by=by, now=now, seen=None)
    assert waits(school)
    return batch


def waits(school: models.School) -> date | None:
    school.refresh_from_db()
    return school.ask_again_on


def one_session(day: date = DAY) -> list[NewSession]:
    return [NewSession(models.SessionType.objects.get(slug="ks2-assembly"), day, time(9, 15), expected={3: 30})]


def test_a_visit_that_snow_takes_is_looked_after_although_the_school_had_once_asked_to_wait(
    school: models.School, by: models.User, now: datetime
) -> None:
    calls(school, by, now - timedelta(days=20))
    visit = book(school, one_session(), by=by, now=now)
    assert waits(school) is None
    cancel_day(DAY, [visit.sessions.get().pk], code="weather", note="", by=by, now=now + timedelta(days=8))
    assert list(not_rebooked(models.Visit.objects.all(), on=DAY)) == [visit]


@pytest.mark.parametrize("named", [date(2026, 11, 20), date(2027, 3, 1)], ids=["a day that has come", "a day to come"])
def test_who_said_no_earlier_in_the_year_and_agreed_since_is_asked_again_where_that_visit_is_lost(
    school: models.School, by: models.User, now: datetime, named: date
) -> None:
    first = book(school, one_session(date(2026, 11, 10)), by=by, now=now - timedelta(days=60))
    decline_visit(first, ask_again_on=named, by=by, now=now - timedelta(days=50))
    visit = book(school, one_session(), by=by, now=now)
    cancel_visit(visit, code="school", note="", by=by, now=now + LATER)
    [row] = due(models.School.objects.filter(pk=school.pk), on=DAY)
    assert row.standing.waits_until is None
    assert not waiting(models.School.objects.all(), on=DAY).exists()


def test_what_is_typed_in_of_days_that_are_over_ends_no_wait(school: models.School, by: models.User, now: datetime) -> None:
    calls(school, by, now)
    book(school, one_session(date(2026, 11, 3)), by=by, now=now)
    assert waits(school)


def test_the_day_stands_again_where_the_booking_is_undone_under_whichever_number(
    school: models.School, by: models.User, now: datetime
) -> None:
    earlier = factories.SchoolFactory(name="Ash Primary", status="closed")
    models.School.objects.filter(pk__in=(school.pk, earlier.pk)).update(chain=earlier.pk)
    models.School.objects.filter(pk=earlier.pk).update(ask_again_on=date(2027, 8, 1))
    batch = book_to_undo(school, one_session(), by=by, now=now)
    assert (waits(school), waits(earlier)) == (None, None)
    assert undo(batch, by=by, now=now + LATER).left_alone == []
    assert (waits(school), waits(earlier)) == (None, date(2027, 8, 1))
    assert not models.Visit.objects.exists()


def test_a_call_that_is_undone_before_the_booking_leaves_no_day(school: models.School, by: models.User, now: datetime) -> None:
    call = calls(school, by, now)
    batch = book_to_undo(school, one_session(), by=by, now=now + timedelta(hours=1))
    undo(call, by=by, now=now + LATER)
    undo(batch, by=by, now=now + LATER)
    assert waits(school) is None


def test_a_booking_that_stays_leaves_the_school_as_it_is(school: models.School, by: models.User, now: datetime) -> None:
    calls(school, by, now)
    batch = book_to_undo(school, one_session(), by=by, now=now)
    models.Session.objects.update(room="Hall 2")
    left = undo(batch, by=by, now=now + LATER).left_alone
    assert "Ash stays as it is. Its visit stays booked." in left
    assert waits(school) is None


def waits_beside_a_visit(school: models.School, by: models.User, now: datetime) -> tuple[models.Visit, models.Batch]:
    """A visit that the school has, and the call in which it asked to wait with the next."""
    visit = book(school, one_session(), by=by, now=now - timedelta(days=20))
    return visit, calls(school, by, now)


def test_a_day_to_come_that_is_added_to_a_visit_ends_the_wait_until_that_is_undone(
    school: models.School, by: models.User, now: datetime
) -> None:
    visit, _ = waits_beside_a_visit(school, by, now)
    named = waits(school)
    add_to_undo(visit, one_session(date(2026, 11, 3)), by=by, now=now)
    assert waits(school) == named, "what is over is no agreement to a day to come"
    batch = held(lambda: add_to_undo(visit, one_session(DAY + LATER), by=by, now=now), now=now)
    assert waits(school) is None
    assert add_again_is_refused(visit, one_session(DAY + LATER), by, now) == batch
    assert undo(batch, by=by, now=now + LATER).left_alone == []
    assert waits(school) == named


def add_again_is_refused(visit: models.Visit, sessions: list[NewSession], by: models.User, now: datetime) -> models.Batch | None:
    with pytest.raises(AddedAlready) as refusal:
        add_to_undo(visit, sessions, by=by, now=now)
    return refusal.value.batch


def test_what_was_added_and_stays_leaves_the_school_as_it_is(school: models.School, by: models.User, now: datetime) -> None:
    visit, _ = waits_beside_a_visit(school, by, now)
    batch = add_to_undo(visit, [*one_session(DAY + LATER), *one_session(DAY + 2 * LATER)], by=by, now=now)
    models.Session.objects.filter(day=DAY + LATER).update(room="Hall 2")
    left = undo(batch, by=by, now=now + LATER).left_alone
    assert "Ash stays as it is. Some of what was added stays." in left
    assert (waits(school), visit.sessions.count()) == (None, 2)


def test_a_call_that_is_undone_before_the_adding_leaves_no_day(school: models.School, by: models.User, now: datetime) -> None:
    visit, call = waits_beside_a_visit(school, by, now)
    batch = add_to_undo(visit, one_session(DAY + LATER), by=by, now=now + timedelta(hours=1))
    undo(call, by=by, now=now + LATER)
    undo(batch, by=by, now=now + LATER)
    assert waits(school) is None
