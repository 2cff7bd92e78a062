"""The tables of two periods that are compared are asked for together, and are those of each period alone."""

from datetime import date, time
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.queries import reach, reach_of_periods
from schools.reach.queries.kin import closed_entries
from schools.reach.rows import Cut
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered
from tests.reach.histories import histories
from tests.reach.naive import History
from tests.reach.stored import Country

NOW, BEFORE = Period.parse("2026/27"), Period.parse("2025/26")
ON = date(2027, 3, 1)


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(12))
@given(
    history=histories(),
    cut=st.sampled_from((Cut.AREA, Cut.AUTHORITY, Cut.NATION, Cut.FIFTH, Cut.TYPE, Cut.MONTH, Cut.YEAR_GROUP, Cut.SECTOR)),
    areas=st.sampled_from((None, {"Valley"}, {"Valley", "Coast"}, set())),
    filters=st.sampled_from((EVERYTHING, EVERYTHING, Filters(channels=frozenset({"in_person"})), Filters(fifths=frozenset({1})))),
    volunteers=st.booleans(),
)
def test_tables_of_several_periods_are_those_of_each_alone(
    history: History, cut: Cut, areas: set[str] | None, filters: Filters, volunteers: bool
) -> None:
    periods = (Period(history.first_day, history.last_day, "made-up"), Period.parse("2024/25"), Period.parse("2020/21..2025/26"))
    with transaction.atomic():
        Country(history)
        chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
        question: dict[str, Any] = {
            "by": cut, "filters": filters, "as_of": history.as_of, "areas": chosen, "volunteers": volunteers,
        }  # fmt: skip
        together = reach_of_periods(periods, **question)
        alone = [reach(period, **question) for period in periods]
        transaction.set_rollback(True)
    assert together == alone


def a_school_with_everything(area: models.Area) -> None:
    """In both years: counted, uncounted and overdue sessions, a merger, rolls, covers; and a school of its chain elsewhere."""
    school, *others = (factories.SchoolFactory(area=area) for _ in range(3))
    elsewhere = factories.SchoolFactory(area=factories.AreaFactory(), chain=school.pk, lineage=school.pk)
    models.School.objects.filter(pk__in=[each.pk for each in (school, *others)]).update(lineage=school.pk)
    models.School.objects.filter(pk=school.pk).update(chain=school.pk)
    for year, other in zip((2025, 2026), others, strict=True):
        models.SchoolLink.objects.create(predecessor=other, successor=school, kind="merged", day=date(year, 12, 1))
        session = delivered(school, "ks2-assembly", date(year, 11, 2), time(9), {5: 30, 6: None})
        factories.CoverFactory(session=session, state="attended")
        delivered(school, "ks1-assembly", date(year, 11, 2), time(11), {})
        delivered(elsewhere, "ks2-assembly", date(year, 11, 3), time(9), {5: 31})
        late = factories.SessionFactory(visit__school=school, day=date(year, 11, 4))
        factories.HeadcountFactory(session=late, school=school, year_group=5)
        models.Roll.objects.create(school=school, academic_year=year, year_group=5, pupils=29, source="register")


@pytest.mark.django_db
@pytest.mark.parametrize("schools", [1, 3])
def test_a_second_period_of_some_areas_asks_for_its_visit_days_alone_and_of_everything_for_headcounts_too(
    schools: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    area = factories.AreaFactory()
    for _ in range(schools):
        a_school_with_everything(area)
    for periods, of_areas, of_everything in (((NOW,), 14, 13), ((NOW, BEFORE), 15, 15)):
        for areas, queries in ((models.Area.objects.filter(pk=area.pk), of_areas), (None, of_everything)):
            with django_assert_num_queries(queries):
                tables = reach_of_periods(periods, by=Cut.AREA, as_of=ON, areas=areas)
            assert [table.total.outcomes_missing for table in tables] == [schools] * len(periods)


@pytest.mark.django_db
def test_entries_are_closed_on_the_days_on_which_their_schools_are_not_open() -> None:
    first = factories.SchoolFactory()
    days = (None, date(2026, 8, 31), date(2026, 9, 1), date(2027, 8, 31))
    for opened in days:
        for closed in days:
            if not (opened and closed and closed < opened):
                for status in models.School.Status.values:
                    factories.SchoolFactory(opened=opened, closed=closed, status=status, chain=first.pk)
    entries = set(models.School.objects.filter(chain=first.pk).values_list("pk", flat=True))
    for day in (date(2026, 8, 30), *days[1:], date(2027, 9, 1)):
        open_ones = set(models.School.objects.open_on(day).values_list("pk", flat=True))
        assert closed_entries(day) == dict.fromkeys(entries - open_ones, first.pk), day
