"""Until when a host can change its visit: counted a second time, day by day, across weekends, bank holidays and holidays."""

from datetime import date, timedelta

import pytest

from schools import models
from schools.visits.limits import SCHOOL_DAYS_TO_CHANGE
from schools.visits.rules.school_changes import LOOKED_BACK, last_day_to_change
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db

TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 5), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
"""England’s, as they were typed for this test: the half-terms are the holidays between two of them."""
BANK_HOLIDAYS = {
    date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29),
    date(2027, 5, 3), date(2027, 5, 31),
}  # fmt: skip
"""England’s of these months, from the list that the government publishes."""


def by_hand(first: date, *, terms: bool = True) -> date:
    """Go back a day at a time, and count the days on which the school is open."""
    day, left = first, SCHOOL_DAYS_TO_CHANGE
    while left:
        day -= timedelta(days=1)
        is_open = day.strftime("%A") not in {"Saturday", "Sunday"} and day not in BANK_HOLIDAYS
        if terms:
            is_open = is_open and any(begins <= day <= ends for begins, ends in TERMS)
        left -= is_open
    return day


def in_terms(school: models.School, authority: models.Authority | None = None) -> None:
    for begins, ends in TERMS:
        models.Term.objects.create(nation=school.nation, authority=authority, name="term", first_day=begins, last_day=ends)


def test_the_cut_off_is_the_day_that_somebody_counts_by_hand() -> None:
    school = SchoolFactory()
    first = date(2026, 10, 1)
    in_terms(school)
    while first <= date(2027, 6, 30):
        assert last_day_to_change(school, first) == by_hand(first), first
        first += timedelta(days=1)


def test_after_holidays_it_lies_before_them() -> None:
    school = SchoolFactory()
    in_terms(school)
    assert last_day_to_change(school, date(2027, 1, 7)) == date(2026, 12, 16)
    assert last_day_to_change(school, date(2027, 5, 5)) == date(2027, 4, 27), "Monday 3 May is a bank holiday"


def test_an_authoritys_own_terms_stand_in_place_of_its_nations() -> None:
    school = SchoolFactory()
    in_terms(school, school.authority)
    models.Term.objects.create(nation=school.nation, name="nation", first_day=date(2026, 9, 1), last_day=date(2027, 7, 31))
    assert last_day_to_change(school, date(2026, 11, 3)) == by_hand(date(2026, 11, 3)) == date(2026, 10, 20)


def test_where_no_terms_are_known_or_they_leave_too_few_days_every_weekday_counts() -> None:
    school = SchoolFactory()
    first = date(2026, 12, 10)
    assert last_day_to_change(school, first) == by_hand(first, terms=False) == date(2026, 12, 3)
    models.Term.objects.create(nation=school.nation, name="a slip", first_day=first, last_day=first)
    assert last_day_to_change(school, first) == date(2026, 12, 3)


def test_it_is_counted_in_one_query_and_looks_back_further_than_summer_holidays(django_assert_num_queries: object) -> None:
    assert timedelta(weeks=8) < LOOKED_BACK
    school = SchoolFactory()
    in_terms(school)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
        last_day_to_change(school, date(2027, 1, 7))
