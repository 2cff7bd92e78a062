"""The table of reach: against the second computation, and what must not change it."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import Period
from schools.reach.figures import FIGURES
from schools.reach.filters import Filters
from schools.reach.queries import reach
from schools.reach.rows import KIND_CUTS, PLACE_CUTS, Cut, ReachRow, ReachTable
from tests.profiles import examples
from tests.reach.histories import histories
from tests.reach.naive import Asked, History, Spot, Wanted
from tests.reach.stored import Country

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
    return {figure.name: figure.value(row) for figure in FIGURES}


def ask(history: History, cut: Cut, areas: set[str] | None, filters: Filters, within: Cut | None = None) -> ReachTable:
    period = Period(history.first_day, history.last_day, "made-up")
    chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
    return reach(period, by=cut, within=within, filters=filters, as_of=history.as_of, areas=chosen)


def within_areas(areas: set[str] | None) -> Wanted:
    return lambda spot, _: areas is None or spot.area in areas


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(12))
@given(
    history=histories(),
    cut=st.sampled_from(PLACE_CUTS),
    areas=st.sampled_from((None, None, {"Valley"}, {"Valley", "Coast"}, set())),
)
def test_the_table_agrees_with_the_naive_computation(history: History, cut: Cut, areas: set[str] | None) -> None:
    with transaction.atomic():
        Country(history)
        table = ask(history, cut, areas, Filters())
        transaction.set_rollback(True)

    inside = within_areas(areas)
    found = {(row.nation, row.region, row.area, row.authority, row.authority_gss): figures(row) for row in table.rows}
    rows = {names(cut, spot, nation) for spot, nation in history.spots() if inside(spot, nation)}
    assert [*found] == sorted(rows)
    for row in rows:
        of_row: Wanted = lambda spot, nation, row=row: inside(spot, nation) and names(cut, spot, nation) == row  # type: ignore[misc]  # noqa: E731  # row is bound, not passed
        assert found[row] == history.row(of_row)
    assert figures(table.total) == history.row(inside)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    def some(*values: object) -> frozenset[Any]:
        return draw(st.sampled_from((frozenset(), frozenset(), frozenset(values[:1]), frozenset(values[:2]))))

    return Filters(
        types=some("ks2-assembly", "send"),
        channels=some("in_person"),
        languages=some("en"),
        year_groups=some(5, 6),
        sectors=some(draw(st.sampled_from(("mainstream", "special")))),
    )


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(12))
@given(
    history=histories(),
    cut=st.sampled_from(KIND_CUTS),
    within=st.sampled_from((None, Cut.AREA, Cut.AUTHORITY, Cut.NATION)),
    areas=st.sampled_from((None, None, {"Valley"})),
    chosen=filters(),
)
def test_a_row_of_a_kind_says_what_the_naive_computation_says_of_that_kind_alone(
    history: History, cut: Cut, within: Cut | None, areas: set[str] | None, chosen: Filters
) -> None:
    with transaction.atomic():
        Country(history)
        table = ask(history, cut, areas, chosen, within)
        transaction.set_rollback(True)

    inside = within_areas(areas)
    asked = Asked(**{name: some for name, some in asdict(chosen).items() if name != "fifths"})
    assert figures(table.total) == history.row(inside, asked)
    seen = set()
    for row in table.rows:
        place = (row.nation, row.region, row.area, row.authority, row.authority_gss)
        seen.add((place, row.kind))

        def of_row(spot: Spot, nation: str, place: Names = place) -> bool:
            return inside(spot, nation) and (within is None or names(within, spot, nation) == place)

        expected = history.row(of_row, of_kind(asked, cut, row.kind))
        assert figures(row) == expected | without_cycle(), (cut, row.kind)
    assert len(seen) == len(table.rows)
    if cut != Cut.YEAR_GROUP:
        assert sum(row.sessions_delivered for row in table.rows) == table.total.sessions_delivered
    assert sum(row.attendances for row in table.rows) == table.total.attendances


FIELDS = {
    Cut.TYPE: "types",
    Cut.CHANNEL: "channels",
    Cut.LANGUAGE: "languages",
    Cut.YEAR_GROUP: "year_groups",
    Cut.SECTOR: "sectors",
    Cut.MONTH: "months",
}


def of_kind(asked: Asked, cut: Cut, kind: str) -> Asked:
    only: Any = frozenset((int(kind) if cut == Cut.YEAR_GROUP else kind,))
    return replace(asked, **{FIELDS[cut]: only})


def without_cycle() -> dict[str, None]:
    """A cycle is one of all sessions: kinds leave it open."""
    return {"schools_visited_in_cycle": None, "cycle_coverage_percent": None}
