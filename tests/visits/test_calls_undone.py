"""Calls that are undone one after the other, the earliest first: no day on which to ask again is left that nobody stands for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schools import models
from schools.visits.actions.calls import Call, CallOutcome, log_call, log_call_together
from schools.visits.actions.undoing import undo
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 14, 15, tzinfo=UTC)
LATER = Call(outcome=CallOutcome.LATER, who="Ruth", again_on=date(2026, 12, 1))
NOT_THIS_YEAR = Call(outcome=CallOutcome.NOT_THIS_YEAR, who="Ruth")


@pytest.fixture
def school() -> models.School:
    made: models.School = factories.SchoolFactory(name="Beck", area=factories.AreaFactory())
    return made


@pytest.fixture
def by(school: models.School) -> models.User:
    return factories.coordinator_of(models.Area.objects.get())


def logged(school: models.School, *calls: Call, by: models.User) -> list[models.Batch]:
    """Log the calls, an hour apart, as somebody does who has read of the one before."""
    batches = []
    for number, call in enumerate(calls):
        newest = models.ContactLog.objects.order_by("pk").values_list("pk", flat=True).last()
        batches.append(log_call(school, call, by=by, now=NOW + timedelta(hours=number), seen=newest))
    return batches


def undone(*batches: models.Batch, by: models.User) -> set[date | None]:
    """Undo them in this order, and return the days on which to ask again that stand then under any number."""
    for number, batch in enumerate(batches):
        undo(batch, by=by, now=NOW + timedelta(hours=9 + number))
    return set(models.School.objects.values_list("ask_again_on", flat=True))


@pytest.mark.parametrize("first", [LATER, NOT_THIS_YEAR])
@pytest.mark.parametrize("second", [LATER, NOT_THIS_YEAR])
def test_two_calls_that_are_undone_the_earlier_first_leave_no_day(
    first: Call, second: Call, school: models.School, by: models.User
) -> None:
    assert undone(*logged(school, first, second, by=by), by=by) == {None}
    assert not models.ContactLog.objects.exists()


def test_in_any_order_the_day_comes_back_that_stood_before_all_of_them(school: models.School, by: models.User) -> None:
    before = factories.SchoolFactory(status="closed", authority=school.authority, ask_again_on=date(2027, 3, 1))
    models.School.objects.filter(pk__in=[school.pk, before.pk]).update(chain=min(school.pk, before.pk))
    school.refresh_from_db()
    first, second, third = logged(school, NOT_THIS_YEAR, LATER, NOT_THIS_YEAR, by=by)
    assert undone(second, first, third, by=by) == {None, date(2027, 3, 1)}
    assert not models.ContactLog.objects.exists()


def test_a_day_stays_while_the_call_of_somebody_who_heard_it_stands(school: models.School, by: models.User) -> None:
    first, second, _ = logged(school, NOT_THIS_YEAR, NOT_THIS_YEAR, NOT_THIS_YEAR, by=by)
    assert undone(first, second, by=by) == {date(2027, 8, 1)}


def test_a_day_that_was_typed_on_the_page_of_the_school_since_stays(school: models.School, by: models.User) -> None:
    first, second = logged(school, NOT_THIS_YEAR, NOT_THIS_YEAR, by=by)
    assert undone(first, by=by) == {date(2027, 8, 1)}
    models.School.objects.update(ask_again_on=date(2027, 4, 1))
    assert undone(second, by=by) == {date(2027, 4, 1)}


def test_a_day_typed_after_a_call_that_was_undone_whole_stays(school: models.School, by: models.User) -> None:
    first, second = logged(school, NOT_THIS_YEAR, Call(outcome=CallOutcome.NO_ANSWER), by=by)
    assert undone(first, by=by) == {None}
    models.School.objects.update(ask_again_on=date(2027, 8, 1))
    assert undone(second, by=by) == {date(2027, 8, 1)}


@pytest.mark.parametrize("call", [NOT_THIS_YEAR, LATER])
def test_a_call_about_both_numbers_of_a_school_that_is_undone_brings_the_days_of_both_back(
    call: Call, school: models.School, by: models.User
) -> None:
    days = [date(2026, 11, 28), date(2026, 12, 20)]
    numbers: list[models.School] = [school, factories.SchoolFactory(authority=school.authority)]
    for number, day in zip(numbers, days, strict=True):
        models.School.objects.filter(pk=number.pk).update(trust_code="2044", trust="Fell", chain=school.pk, ask_again_on=day)
        number.refresh_from_db()
    batch = log_call_together(numbers, call, group=school.groups[0], by=by, now=NOW, seen=None)
    assert undone(batch, by=by) == set(days)
    assert batch.left_alone == []
