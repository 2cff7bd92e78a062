"""Reach of single year groups: a session in which none is written down stands for those of its type that the school teaches."""

from datetime import date, time
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.reach.figures import FIGURES
from schools.reach.filters import Filters
from schools.reach.queries import behind, reach
from schools.reach.rows import Cut, ReachRow
from tests import factories
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db
YEAR = Period.parse("2025/26")
AS_OF = date(2026, 11, 24)
DAY = date(2025, 10, 6)
YEAR_5 = Filters(year_groups=frozenset({5}))


@pytest.fixture
def area() -> models.Area:
    area: models.Area = factories.AreaFactory(name="Cumbria")
    return area


def school_of(area: models.Area, **fields: Any) -> models.School:
    """A school with 60 children in Year 5."""
    school: models.School = factories.SchoolFactory(area=area, **fields)
    models.Roll.objects.create(school=school, academic_year=2025, year_group=5, pupils=60, source="coordinator")
    return school


def figures(row: ReachRow) -> dict[str, object]:
    return {figure.name: figure.value(row) for figure in FIGURES}


def of_year_5(*, within: Cut | None = None) -> ReachRow:
    """What the table filtered to Year 5, its row in the table by year group, and what is behind both say alike."""
    question: dict[str, Any] = {"as_of": AS_OF}
    filtered = reach(YEAR, by=within or Cut.NATION, filters=YEAR_5, **question)
    [row] = [row for row in reach(YEAR, by=Cut.YEAR_GROUP, within=within, **question).rows if row.kind == "5"]
    assert figures(row) == figures(filtered.total)
    found = [
        behind(YEAR, by=Cut.YEAR_GROUP, within=within, cell=row.cell, **question),
        behind(YEAR, by=Cut.NATION, cell="total", filters=YEAR_5, **question),
    ]
    for lines in found:
        assert sum(line.pupils for line in lines.years_at_most()) == row.pupils_reached_high
        assert any(lines.years_open()) == row.high_is_open
        assert (lines.sessions.count(), lines.counts_missing.count()) == (row.sessions_delivered, row.counts_missing)
        assert (lines.outcomes_missing.count(), len(lines.visited)) == (row.outcomes_missing, row.schools_visited)
    return row


@pytest.mark.parametrize("within", [None, Cut.AREA, Cut.AUTHORITY])
def test_a_session_without_any_headcount_may_have_had_each_year_group_of_its_type(area: models.Area, within: Cut | None) -> None:
    counted = school_of(area)
    uncounted = school_of(area, authority=counted.authority)
    delivered(counted, "ks2-assembly", DAY, time(9), {5: 60})
    before = of_year_5(within=within)
    assert (before.pupils_reached_high, before.counts_missing, before.sessions_delivered) == (60, 0, 1)
    session = delivered(uncounted, "ks2-assembly", DAY, time(9), {})
    factories.CoverFactory(session=session, role="lead", state="attended")
    after = of_year_5(within=within)
    assert (after.pupils_reached_low, after.pupils_reached, after.pupils_reached_high, after.high_is_open) == (60, 60, 120, False)
    assert (after.counts_missing, after.sessions_delivered, after.schools_visited) == (1, 2, 2)
    assert (after.volunteers_active, str(after.volunteer_hours)) == (1, "1.8")
    models.Roll.objects.filter(school=uncounted).delete()
    assert of_year_5(within=within).high_is_open


def test_a_session_that_nobody_reported_and_for_which_no_year_group_was_named_is_missing_too(area: models.Area) -> None:
    counted, late = school_of(area), school_of(area)
    delivered(counted, "ks2-assembly", DAY, time(9), {5: 60})
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    factories.SessionFactory(visit__school=late, type=kind, day=DAY)
    row = of_year_5()
    assert (row.pupils_reached_high, row.high_is_open, row.outcomes_missing) == (120, False, 1)


def test_year_groups_that_the_type_or_the_school_does_not_teach_were_not_in_it(area: models.Area) -> None:
    counted, infants = school_of(area), school_of(area, low_age=4, high_age=7)
    delivered(counted, "ks2-assembly", DAY, time(9), {5: 60})
    before = of_year_5()
    delivered(counted, "ks1-assembly", DAY, time(11), {})
    delivered(infants, "ks2-assembly", DAY, time(13), {})
    delivered(counted, "ks2-assembly", DAY, time(14), {6: None})
    assert of_year_5() == before


@pytest.mark.parametrize("number", [1, 3])
def test_a_table_by_year_group_asks_as_often_for_many_schools_as_for_one(
    number: int, area: models.Area, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        school = school_of(area)
        session = delivered(school, "ks2-assembly", DAY, time(9), {5: 60, 6: None})
        factories.CoverFactory(session=session, state="attended")
        delivered(school, "ks2-assembly", DAY, time(11), {})
        factories.SessionFactory(visit__school=school, day=DAY)
    with django_assert_num_queries(29):
        reach(YEAR, by=Cut.YEAR_GROUP, as_of=AS_OF)
