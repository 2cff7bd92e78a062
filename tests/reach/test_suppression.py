"""Small numbers that are hidden stay hidden: against somebody who has the tables of every kind of place and can add up."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.periods import Period
from schools.reach.rows import Cut, ReachRow, ReachTable
from schools.reach.suppression import hidden_cells

YEAR = Period.parse("2025/26")
COLUMNS = (
    "attendances", "attendances_estimated", "pupils_reached", "pupils_in_person", "pupils_online", "children_reached",
)  # fmt: skip


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


def added(rows: list[ReachRow]) -> tuple[int, ...]:
    return tuple(sum(getattr(one, column) for one in rows) for column in COLUMNS)


def table(by: Cut, rows: list[ReachRow]) -> ReachTable:
    return ReachTable(YEAR, by, date(2026, 11, 24), rows, row("total", added(rows)))


def simple(*attendances: int) -> ReachTable:
    return table(Cut.NATION, [row(f"n{number}", (seats, 0, seats, seats, 0, seats)) for number, seats in enumerate(attendances)])


def test_large_numbers_are_all_shown() -> None:
    assert hidden_cells(simple(5, 60, 0)) == {}


def test_a_small_number_takes_the_next_smallest_with_it() -> None:
    hidden = hidden_cells(simple(3, 60, 20, 0))
    assert {cell for cell, columns in hidden.items() if "attendances" in columns} == {"n0", "n2"}
    assert "pupils_reached" in hidden["n0"]
    assert "children_reached" in hidden["n0"]


def test_two_of_one_pupil_are_not_given_back_by_their_sum() -> None:
    assert {"n0", "n1", "n2"} == hidden_cells(simple(1, 1, 60)).keys()


def test_where_nobody_else_was_reached_the_total_is_hidden_too() -> None:
    assert hidden_cells(simple(3, 0)).keys() == {"n0", "total"}


def test_a_few_pupils_online_hide_the_channels_and_nothing_else() -> None:
    rows = [row("n0", (90, 0, 80, 78, 3, 80)), row("n1", (500, 0, 400, 300, 200, 400))]
    assert hidden_cells(table(Cut.NATION, rows)) == dict.fromkeys(("n0", "n1"), frozenset({"pupils_in_person", "pupils_online"}))


def test_coverage_goes_where_it_would_say_how_many() -> None:
    few = row("n0", (3, 0, 3, 3, 0, 3), pupils_on_roll=100, coverage_percent=Decimal("3.0"))
    in_other_schools = row("n1", (90, 0, 90, 90, 0, 90), pupils_on_roll=400, coverage_percent=Decimal("0.5"))
    many = row("n2", (95, 0, 95, 95, 0, 95), pupils_on_roll=400, coverage_percent=Decimal("23.8"))
    hidden = hidden_cells(table(Cut.NATION, [few, in_other_schools, many]))
    assert {cell for cell, columns in hidden.items() if "coverage_percent" in columns} == {"n0", "n1"}


@st.composite
def numbers(draw: st.DrawFn) -> tuple[int, ...]:
    """Six numbers as a row can have them."""
    reached = draw(st.sampled_from((0, 1, 2, 3, 4, 5, 6, 9, 40, 300)))
    in_person = draw(st.integers(0, reached))
    online = draw(st.integers(reached - in_person, reached))
    seats = reached + draw(st.sampled_from((0, 0, 1, 20))) if reached else 0
    estimated = draw(st.sampled_from((0, min(2, seats), seats)))
    return (seats, estimated, reached, in_person, online, reached)


@st.composite
def countries(draw: st.DrawFn) -> list[ReachRow]:
    """Areas in one to three regions."""
    cells = count(1)
    return [
        row(f"{next(cells)}", draw(numbers()), region=f"Region {region}", area=f"Area {area}")
        for region in range(draw(st.integers(1, 3)))
        for area in range(draw(st.integers(1, 3)))
    ]


def regions_of(areas: list[ReachRow]) -> list[ReachRow]:
    names = sorted({one.region for one in areas})
    return [row(name, added([one for one in areas if one.region == name]), region=name) for name in names]


type Bounds = dict[tuple[str, str], list[int]]


def attack(tables: list[ReachTable], sums: list[tuple[str, list[str]]]) -> dict[tuple[str, str], int]:
    """What can be told of hidden numbers by somebody who narrows down what each may be until nothing changes any more."""
    bounds: Bounds = {}
    for one in tables:
        hidden = hidden_cells(one)
        for line in [*one.rows, one.total]:
            for column in COLUMNS:
                number = getattr(line, column)
                is_hidden = column in hidden.get(line.cell, ())
                bounds[line.cell, column] = [0, 10_000] if is_hidden else [number, number]
    while any([*(narrow_row(bounds, cell) for cell, _ in list(bounds)), *(narrow_sum(bounds, *one) for one in sums)]):
        pass
    return {key: low for key, (low, high) in bounds.items() if low == high}


def narrow(bounds: Bounds, key: tuple[str, str], low: int, high: int) -> bool:
    old = list(bounds[key])
    bounds[key] = [max(old[0], low), min(old[1], high)]
    return bounds[key] != old


def narrow_row(bounds: Bounds, cell: str) -> bool:
    """Seats ≥ pupils = children (it is one school year); each channel ≤ pupils ≤ both together; estimates ≤ seats."""
    seats, estimated, reached, in_person, online, children = (bounds[cell, column] for column in COLUMNS)
    return any(
        [
            narrow(bounds, (cell, "attendances"), max(reached[0], estimated[0]), 10_000),
            narrow(bounds, (cell, "attendances_estimated"), 0, seats[1]),
            narrow(bounds, (cell, "children_reached"), reached[0], reached[1]),
            narrow(bounds, (cell, "pupils_reached"), children[0], children[1]),
            narrow(bounds, (cell, "pupils_reached"), max(in_person[0], online[0]), min(seats[1], in_person[1] + online[1])),
            narrow(bounds, (cell, "pupils_in_person"), reached[0] - online[1], reached[1]),
            narrow(bounds, (cell, "pupils_online"), reached[0] - in_person[1], reached[1]),
        ]
    )


def narrow_sum(bounds: Bounds, whole: str, parts: list[str]) -> bool:
    """The parts add up to the whole, in every column: so they do where no school moved."""
    changed = []
    for column in COLUMNS:
        low = sum(bounds[part, column][0] for part in parts)
        high = sum(bounds[part, column][1] for part in parts)
        changed.append(narrow(bounds, (whole, column), low, high))
        whole_low, whole_high = bounds[whole, column]
        for part in parts:
            mine = bounds[part, column]
            changed.append(narrow(bounds, (part, column), whole_low - high + mine[1], whole_high - low + mine[0]))
    return any(changed)


@settings(max_examples=150)
@given(countries())
def test_nobody_who_adds_up_finds_a_small_number(areas: list[ReachRow]) -> None:
    regions = regions_of(areas)
    by_area, by_region = table(Cut.AREA, areas), table(Cut.REGION, regions)
    sums = [
        ("total", [one.cell for one in areas]),
        ("total", [one.cell for one in regions]),
        *((region.cell, [one.cell for one in areas if one.region == region.cell]) for region in regions),
    ]
    found = attack([by_area, by_region], sums)
    small = {
        (one.cell, column) for one in [*areas, *regions, by_area.total] for column in COLUMNS if 0 < getattr(one, column) < 5
    }
    assert small & found.keys() == set()


def test_kinds_within_places_add_up_both_ways() -> None:
    rows = [
        replace(row(f"{place}.{kind}", (seats, 0, seats, seats, 0, seats), area=f"Area {place}"), kind=kind)
        for place, kind, seats in (("1", "en", 3), ("1", "cy", 60), ("2", "en", 70), ("2", "cy", 80))
    ]
    both = replace(table(Cut.LANGUAGE, rows), within=Cut.AREA)
    # With one hidden in each line and each column of the square, its lines and columns still leave two values open.
    assert hidden_cells(both).keys() == {"1.en", "1.cy", "2.en", "2.cy"}
