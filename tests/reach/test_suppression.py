"""Small numbers that are hidden stay hidden: against somebody who has the tables of every kind of place and can do algebra."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.periods import Period
from schools.reach import suppression
from schools.reach.rows import Cut, ReachRow, ReachTable
from schools.reach.suppression import NEVER_PUBLISHED, Piece
from tests.profiles import examples
from tests.reach.reporter import Key, Reporter

YEAR = Period.parse("2025/26")
COLUMNS = (
    "attendances", "attendances_estimated", "pupils_reached", "pupils_in_person", "pupils_online", "children_reached",
)  # fmt: skip


def hidden_cells(*tables: Any, **more: Any) -> dict[str, frozenset[str]]:
    """What is hidden because it is small; what is never published is left out (tests/reach/test_registry.py)."""
    hidden = {cell: columns - NEVER_PUBLISHED for cell, columns in suppression.hidden_cells(*tables, **more).items()}
    return {cell: columns for cell, columns in hidden.items() if columns}


def row(cell: str, numbers: tuple[int, ...], *, region: str = "", area: str = "", **fields: object) -> ReachRow:
    return ReachRow(
        period=YEAR.name,
        first_day=YEAR.first_day,
        last_day=YEAR.last_day,
        nation="england",
        region=region,
        area=area,
        authority_gss="",
        authority="",
        cell=cell,
        **dict(zip(COLUMNS, numbers, strict=True)),  # type: ignore[arg-type]  # counts
        **fields,  # type: ignore[arg-type]  # a column or two
    )


def added(rows: Iterable[ReachRow]) -> tuple[int, ...]:
    rows = list(rows)
    return tuple(sum(getattr(one, column) for one in rows) for column in COLUMNS)


def table(by: Cut, rows: list[ReachRow], total: ReachRow | None = None) -> ReachTable:
    return ReachTable(YEAR, by, date(2026, 11, 24), rows, total or row("total", added(rows)))


def simple(*attendances: int) -> ReachTable:
    return table(Cut.NATION, [row(f"n{number}", (seats, 0, seats, seats, 0, seats)) for number, seats in enumerate(attendances)])


def hiding(column: str, hidden: dict[str, frozenset[str]]) -> set[str]:
    return {cell for cell, columns in hidden.items() if column in columns}


def test_large_numbers_are_all_shown() -> None:
    assert hidden_cells(simple(5, 60, 0)) == {}


def test_a_small_number_takes_the_next_smallest_with_it() -> None:
    hidden = hidden_cells(simple(3, 60, 20, 0))
    assert hiding("attendances", hidden) == {"n0", "n2"}
    assert "pupils_reached" in hidden["n0"]
    assert "children_reached" in hidden["n0"]


@pytest.mark.parametrize("few", [(1, 1), (4, 1), (2, 3)])
def test_two_small_numbers_are_not_known_to_be_small_by_their_sum(few: tuple[int, int]) -> None:
    assert {"n0", "n1", "n2"} == hidden_cells(simple(*few, 60)).keys()


def test_where_nobody_else_was_reached_the_total_is_hidden_too() -> None:
    assert hidden_cells(simple(3, 0)).keys() == {"n0", "total"}


def test_a_few_pupils_online_hide_the_channels_and_nothing_else() -> None:
    rows = [row("n0", (90, 0, 80, 78, 3, 80)), row("n1", (500, 0, 400, 300, 200, 400))]
    assert hidden_cells(table(Cut.NATION, rows)) == dict.fromkeys(("n0", "n1"), frozenset({"pupils_in_person", "pupils_online"}))


def test_what_is_left_of_two_numbers_counts_as_one() -> None:
    """Two of 90 attendances were counted, 88 estimated; three of 80 pupils were reached online alone."""
    estimates = [row("n0", (90, 88, 90, 90, 0, 90)), row("n1", (500, 40, 400, 400, 0, 400))]
    assert hidden_cells(table(Cut.NATION, estimates)) == dict.fromkeys(("n0", "n1"), frozenset({"attendances_estimated"}))
    channels = [row("n0", (90, 0, 80, 77, 40, 80)), row("n1", (500, 0, 400, 300, 200, 400))]
    assert hiding("pupils_online", hidden_cells(table(Cut.NATION, channels))) == {"n0", "n1"}


def test_coverage_goes_where_it_would_say_how_many() -> None:
    few = row("n0", (3, 0, 3, 3, 0, 3), pupils_on_roll=100, coverage_percent=Decimal("3.0"))
    in_other_schools = row("n1", (90, 0, 90, 90, 0, 90), pupils_on_roll=400, coverage_percent=Decimal("0.5"))
    many = row("n2", (95, 0, 95, 95, 0, 95), pupils_on_roll=400, coverage_percent=Decimal("23.8"))
    hidden = hidden_cells(table(Cut.NATION, [few, in_other_schools, many]))
    # Three and two are five together: with two hidden alone each would be known to be one to four.
    assert hiding("coverage_percent", hidden) >= {"n0", "n1", "n2"}
    total = row("total", (185, 0, 185, 185, 0, 185), pupils_on_roll=800, coverage_percent=Decimal("12.1"))
    alone = table(Cut.NATION, [in_other_schools, many], total)
    assert hidden_cells(alone) == dict.fromkeys(("n1", "n2"), frozenset({"coverage_percent"}))


def test_few_pupils_on_roll_are_few_pupils() -> None:
    rows = [row(f"n{n}", (60, 0, 60, 60, 0, 60), pupils_on_roll=roll) for n, roll in enumerate((3, 400, 90))]
    assert hidden_cells(table(Cut.NATION, rows)) == dict.fromkeys(("n0", "n2"), frozenset({"pupils_on_roll", "coverage_percent"}))


def test_a_small_place_hidden_below_a_larger_hides_no_more_than_its_sums_need() -> None:
    rows = [
        row("1.1", (4, 0, 4, 4, 0, 4), region="Fells"),
        row("1.2", (53, 0, 53, 53, 0, 53), region="Fells"),
        row("2.1", (1, 0, 1, 1, 0, 1), region="Coast"),
        row("3.1", (60, 0, 60, 60, 0, 60), region="Dales"),
    ]
    # Fells hides Coast's one pupil, but what is hidden in both is five: somebody else must be hidden with them.
    assert hiding("attendances", hidden_cells(table(Cut.AUTHORITY, rows))) >= {"1.1", "1.2", "2.1"}


def test_pupils_of_two_places_that_are_one_hide_the_larger_place() -> None:
    """Four pupils seen in two authorities of an area are eight in its rows and four in its own: the area hides them."""
    parts = [row(f"1.{n}", (20, 0, 4, 4, 0, 4), area="Fells", region="North") for n in (1, 2)]
    finest = table(Cut.AUTHORITY, [*parts, row("2.1", (60, 0, 60, 60, 0, 60), area="Coast", region="North")])
    areas = [row("1", (40, 0, 4, 4, 0, 4), area="Fells", region="North"), row("2", added(finest.rows[2:]), region="North")]
    assert hiding("pupils_reached", hidden_cells(table(Cut.AREA, areas), finest=finest)) == {"1", "2"}


def test_some_areas_alone_hide_their_own_sum_where_it_would_give_one_back() -> None:
    rows = [row("1.1", (3, 0, 3, 3, 0, 3)), row("2.1", (60, 0, 60, 60, 0, 60)), row("3.1", (50, 0, 50, 50, 0, 50))]
    finest = table(Cut.AUTHORITY, rows)
    assert hiding("attendances", hidden_cells(finest)) == {"1.1", "3.1"}
    mine = table(Cut.AUTHORITY, rows[:2])
    assert hiding("attendances", hidden_cells(mine, finest=finest, some_areas=True)) == {"1.1", "total"}
    both = table(Cut.AUTHORITY, [rows[0], rows[2]])
    assert hiding("attendances", hidden_cells(both, finest=finest, some_areas=True)) == {"1.1", "3.1"}


@st.composite
def numbers(draw: st.DrawFn) -> tuple[int, ...]:
    """Six numbers as a row can have them."""
    reached = draw(st.sampled_from((0, 1, 2, 3, 4, 5, 6, 9, 40, 300)))
    in_person = draw(st.integers(0, reached))
    online = draw(st.integers(reached - in_person, reached))
    seats = in_person + online + draw(st.sampled_from((0, 0, 1, 20))) if reached else 0
    estimated = draw(st.sampled_from((0, min(2, seats), max(0, seats - 2), seats)))
    return (seats, estimated, reached, in_person, online, reached)


@dataclass(frozen=True)
class Country:
    """Authorities in areas in regions, with all the tables that are published of them."""

    finest: ReachTable
    tables: list[ReachTable]

    def sums(self) -> Iterable[tuple[str, list[str]]]:
        """Each row with the rows of the next smaller places in it."""
        below: defaultdict[str, list[str]] = defaultdict(list)
        for one in self.finest.rows:
            area = one.cell.split(".")[0]
            below[f"area {area}"].append(f"authority {one.cell}")
            below[f"region {one.region}"].append(f"area {area}")
            below["total"].append(f"region {one.region}")
        return [(whole, [*dict.fromkeys(parts)]) for whole, parts in below.items()]


def with_coverage(one: ReachRow, in_schools: int, roll: int) -> ReachRow:
    percent = (Decimal(100 * in_schools) / roll).quantize(Decimal("0.1"), ROUND_HALF_UP) if roll else None
    return replace(one, pupils_on_roll=roll, coverage_percent=percent)


@st.composite
def countries(draw: st.DrawFn) -> Country:
    """One to three regions of one or two areas with one or two authorities each, with their pupils on roll."""
    rows, inside = [], []
    number = 0
    for region in range(draw(st.integers(1, 3))):
        for _ in range(draw(st.integers(1, 2))):
            number += 1
            for part in range(draw(st.integers(1, 2))):
                own = draw(numbers())
                rows.append(row(f"{number}.{part}", own, region=f"R{region}", area=f"A{number}"))
                roll = draw(st.sampled_from((0, 3, 90, 400)))
                children = draw(st.sampled_from((0, min(2, own[5]), own[5])))
                inside.append((children, max(roll, own[5])) if roll else (0, 0))
    covered = [with_coverage(one, *both) for one, both in zip(rows, inside, strict=True)]

    def larger(cell: str, belongs: list[bool], **fields: str) -> ReachRow:
        mine = [pair for pair, here in zip(inside, belongs, strict=True) if here]
        together = row(cell, added(one for one, here in zip(rows, belongs, strict=True) if here), **fields)
        return with_coverage(together, sum(one for one, _ in mine), sum(roll for _, roll in mine))

    total = larger("total", [True] * len(rows))
    areas = {one.cell.split(".")[0]: one for one in rows}
    by_area = [
        larger(cell, [other.cell.split(".")[0] == cell for other in rows], region=one.region, area=one.area)
        for cell, one in areas.items()
    ]
    regions = sorted({one.region for one in rows})
    by_region = [larger(name, [other.region == name for other in rows], region=name) for name in regions]
    finest = table(Cut.AUTHORITY, covered, total)
    return Country(finest, [finest, table(Cut.AREA, by_area, total), table(Cut.REGION, by_region, total)])


def read(reporter: Reporter, of: str, published: ReachTable, hidden: dict[str, frozenset[str]]) -> dict[Key, int]:
    """Tell the reporter everything that a published table says; what the small numbers behind its stars are."""
    small: dict[Key, int] = {}
    for line in [*published.rows, published.total]:
        name = "total" if line.cell == "total" else f"{published.by} {line.cell}"
        stars = hidden.get(line.cell, frozenset())
        for column in COLUMNS:
            number, key = getattr(line, column), (of, name, column)
            if 0 < number < 5:
                small[key] = number
            if column not in stars:
                reporter.reads(key, number)
            elif key not in reporter.bounds:
                reporter.reads(key, 1 if column == "attendances" else 0, 10**6)
        roll, inside = (of, name, "pupils_on_roll"), (of, name, "in schools")
        reporter.reads(roll, *((0, 10**6) if "pupils_on_roll" in stars else (line.pupils_on_roll or 0,)))
        if 0 < (line.pupils_on_roll or 0) < 5:
            small[roll] = line.pupils_on_roll or 0
        if "coverage_percent" in stars or line.coverage_percent is None:
            reporter.reads(inside, 0, 10**6 if line.coverage_percent is not None else 0)
        else:
            around = (line.coverage_percent - Decimal("0.05"), line.coverage_percent + Decimal("0.05"))
            low, high = (percent * (line.pupils_on_roll or 0) / 100 for percent in around)
            reporter.reads(inside, max(0, ceil(low)), floor(high))
        must_be_true(reporter, of, name)
    return small


def must_be_true(reporter: Reporter, of: str, name: str) -> None:
    """1 ≥ 2 = 3 in one school year; each channel ≤ pupils ≤ both; both ≤ attendances, as estimates are."""
    seats, estimated, reached, in_person, online, children = ([(of, name, column)] for column in COLUMNS)
    for less, more in (
        (estimated, seats), (reached, seats), (children, reached), (reached, children), (in_person, reached), (online, reached),
        (reached, [*in_person, *online]), ([*in_person, *online], seats), ([(of, name, "in schools")], children),
    ):  # fmt: skip
        reporter.no_more(less, more)


@pytest.mark.exhaustive
@settings(max_examples=examples(200), deadline=None)
@given(countries())
def test_nobody_who_lays_the_tables_of_a_year_side_by_side_finds_a_small_number(country: Country) -> None:
    reporter = Reporter()
    small: dict[Key, int] = {}
    for one in country.tables:
        small |= read(reporter, "year", one, hidden_cells(one, finest=country.finest))
    for whole, parts in country.sums():
        for column in (*COLUMNS, "pupils_on_roll", "in schools"):
            reporter.adds_up(("year", whole, column), [("year", part, column) for part in parts])
    found = reporter.works_out()
    leaks = {key[1:]: (number, found[key]) for key, number in small.items() if found[key][1] < 5}
    assert not leaks, leaks


MONTHS = 4
"""So many months has the year of the tests with parts of it; a part is some of them."""


def of_months(seats: list[list[int]], months: Iterable[int]) -> ReachTable:
    """The table of some of the months: seats by place and month."""
    sums = [sum(own[month] for month in months) for own in seats]
    return table(Cut.AREA, [row(f"{n}", (one, 0, one, one, 0, one), area=f"A{n}") for n, one in enumerate(sums)])


@pytest.mark.exhaustive
@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.lists(st.sampled_from((0, 0, 2, 4, 7, 30, 60, 400)), min_size=MONTHS, max_size=MONTHS), min_size=2, max_size=5),
    st.lists(st.sets(st.integers(0, MONTHS - 1), min_size=1, max_size=3), min_size=2, max_size=5),
)
def test_nobody_who_subtracts_a_part_of_the_year_from_the_whole_finds_a_small_number(
    seats: list[list[int]], parts: list[set[int]]
) -> None:
    year = of_months(seats, range(MONTHS))
    pieces = [Piece(f"{n}", month, own, 0, 0) for n, months in enumerate(seats) for month, own in enumerate(months)]
    reporter = Reporter()
    small: dict[Key, int] = {}
    for place in (*map(str, range(len(seats))), "total"):
        for month in range(MONTHS):
            reporter.reads(("month", f"{month}", place), 0, 10**6)
    for months in ({*range(MONTHS)}, *parts):
        part = of_months(seats, months)
        name = "".join(map(str, sorted(months)))
        hidden = hidden_cells(part) if len(months) == MONTHS else hidden_cells(part, years=[year], pieces=pieces)
        for line in [*part.rows, part.total]:
            key = ("part", name, line.cell)
            is_hidden = "attendances" in hidden.get(line.cell, ())
            reporter.reads(key, 0 if is_hidden else line.attendances, 10**6 if is_hidden else None)
            reporter.adds_up(key, [("month", f"{month}", line.cell) for month in months])
            if 0 < line.attendances < 5:
                small[key] = line.attendances
        reporter.adds_up(("part", name, "total"), [("part", name, line.cell) for line in part.rows])
    found = reporter.works_out()
    # At least one pupil, at most four: that is what nobody may know.
    leaks = {key: (number, found[key]) for key, number in small.items() if 0 < found[key][0] <= found[key][1] < 5}
    assert not leaks, leaks


def test_in_a_part_of_the_year_places_are_hidden_that_are_small_in_another_part() -> None:
    seats = [[30, 3], [60, 70], [40, 50]]
    pieces = [Piece(f"{n}", month, own, 0, 0) for n, months in enumerate(seats) for month, own in enumerate(months)]
    year, autumn = of_months(seats, (0, 1)), of_months(seats, (0,))
    assert hidden_cells(year) == {}
    assert hiding("attendances", hidden_cells(autumn)) == set()
    assert hiding("attendances", hidden_cells(autumn, years=[year], pieces=pieces)) == {"0", "2"}


def test_what_one_of_several_years_hides_all_of_them_hide() -> None:
    first, second = simple(3, 60, 20), simple(90, 70, 80)
    both = simple(93, 130, 100)
    assert hidden_cells(both) == {}
    assert hiding("attendances", hidden_cells(both, years=[first, second])) == {"n0", "n2"}
