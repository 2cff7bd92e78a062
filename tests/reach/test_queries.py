"""The table of reach: against the second computation, and what must not change it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import Period
from schools.reach.queries import reach
from schools.reach.rows import Cut, ReachRow, ReachTable
from tests.reach.histories import histories
from tests.reach.naive import History, Spot, Wanted
from tests.reach.stored import Country

YEAR = Period.parse("2025/26")
AS_OF = date(2026, 11, 24)
PERIOD_COLUMNS = {"period", "first_day", "last_day"}
PLACE_COLUMNS = {"nation", "region", "area", "authority_gss", "authority"}
GSS = {"North": "E1", "South": "E2"}
REGION_OF = {"Valley": "West", "Coast": "East"}
NATION_OF = {"West": "england", "East": "england"}

type Names = tuple[str, str, str, str, str]


def names(cut: Cut, spot: Spot, nation: str) -> Names:
    """Nation, region, area, authority and its code of the row that the spot belongs to."""
    if cut == Cut.NATION:
        return (nation, "", "", "", "")
    if cut == Cut.REGION:
        return (NATION_OF.get(spot.region or "", ""), spot.region or "", "", "", "")
    region = REGION_OF.get(spot.area or "", "")
    if cut == Cut.AREA:
        return (NATION_OF.get(region, ""), region, spot.area or "", "", "")
    nation = "england" if spot.authority or region else ""
    return (nation, region, spot.area or "", spot.authority or "", GSS.get(spot.authority or "", ""))


def figures(row: ReachRow) -> dict[str, object]:
    return {column: value for column, value in asdict(row).items() if column not in PERIOD_COLUMNS | PLACE_COLUMNS}


def expected(history: History, wanted: Wanted) -> dict[str, object]:
    """The naive row; what nobody computes yet is unknown."""
    unknown = (
        "schools_visited_in_cycle",
        "cycle_coverage_percent",
        "pupils_on_roll",
        "pupils_on_roll_estimated",
        "coverage_percent",
    )
    return history.row(wanted) | dict.fromkeys(unknown)


def asked(history: History, cut: Cut, areas: set[str] | None) -> ReachTable:
    period = Period(history.first_day, history.last_day, "made-up")
    chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
    return reach(period, by=cut, as_of=history.as_of, areas=chosen)


@pytest.mark.django_db
@settings(deadline=None, max_examples=60)
@given(
    history=histories(),
    cut=st.sampled_from(Cut),
    areas=st.sampled_from((None, None, {"Valley"}, {"Valley", "Coast"}, set())),
)
def test_the_table_agrees_with_the_naive_computation(history: History, cut: Cut, areas: set[str] | None) -> None:
    with transaction.atomic():
        Country(history)
        table = asked(history, cut, areas)
        transaction.set_rollback(True)

    def within(spot: Spot) -> bool:
        return areas is None or spot.area in areas

    found = {(row.nation, row.region, row.area, row.authority, row.authority_gss): figures(row) for row in table.rows}
    rows = {names(cut, spot, nation) for spot, nation in history.spots() if within(spot)}
    assert [*found] == sorted(rows)
    for row in rows:
        of_row: Callable[[Spot, str], bool] = lambda spot, nation, row=row: within(spot) and names(cut, spot, nation) == row  # type: ignore[misc]  # noqa: E731  # row is bound, not passed
        assert found[row] == expected(history, of_row)
    assert figures(table.total) == expected(history, lambda spot, _: within(spot))
