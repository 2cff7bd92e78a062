"""The public tables: exact counts as they were then, and sums of what is stored (docs/figures.md, What is published)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from schools.programme.models import Channel
from schools.reach import places
from schools.reach.exports import csv_cell
from schools.reach.figures import FILE_FIGURES, Publication
from schools.reach.queries.publishing import (
    IN_NO_AUTHORITY,
    KINDS,
    KINDS_WITHIN,
    Counted,
    Place,
    Published,
    named,
    scope,
    whole_years,
)
from schools.reach.rounding import rounded, together
from schools.reach.rows import DEFINITIONS_COLUMN, PLACE_COLUMNS, PLACE_CUTS, Cut, ReachRow, percent

CODE_COLUMN = "code"
"""The column that says which row it is, whatever its names: the ids of the place, as in places.csv."""
PER_ROLL_COLUMN = "pupils_per_roll_percent"
"""Published pupils ÷ roll of the authorities whose roll is known, at most 100 %, in one academic year: it stands for coverage."""
OF_ROLLS = "pupils_of_rolls"
"""Among the sums of a row: published pupils of the authorities whose roll stands in it, also those told in another region."""
FIGURE_COLUMNS = tuple(figure.name for figure in FILE_FIGURES if figure.publication is not Publication.NEVER)
ROUNDED_COLUMNS = tuple(figure.name for figure in FILE_FIGURES if figure.publication is Publication.ROUNDED)
PLACE_TABLE_COLUMNS = (*PLACE_COLUMNS, CODE_COLUMN, *FIGURE_COLUMNS, PER_ROLL_COLUMN, DEFINITIONS_COLUMN)
KIND_FIGURES = ("sessions_delivered", "attendances")


@dataclass(frozen=True)
class Table:
    """A public table; `name` is that of its file, without .csv. Its cells are texts."""

    name: str
    columns: list[str]
    rows: list[list[str]]

    def as_json(self) -> dict[str, Any]:
        """Return it as a publication keeps it."""
        return {"name": self.name, "columns": self.columns, "rows": self.rows}


def tables(counts: Counted, stored: Published) -> list[Table]:
    """Return every public table of the period; in each the total stands last."""
    rolls = rolls_by_place(counts)
    by_place = [_of_places(cut, counts, stored, rolls) for cut in PLACE_CUTS]
    return [*by_place, *(_of_kinds(kind, within, counts, stored) for kind in KINDS for within in KINDS_WITHIN)]


def rolls_by_place(counts: Counted) -> dict[Place, int]:
    """Return the pupils on roll by authority, rounded down to fives; an authority whose rolls nobody knows is missing.

    Schools in no authority are told by nation.
    """
    table = counts.exact[Cut.AUTHORITY]
    by_authority = scope(counts.period, Cut.AUTHORITY, None, counts.as_of)
    rolls = {Place(nation, None, None, None): rounded(0, roll)[0] for nation, roll in counts.unplaced_rolls.items()}
    for row in table.rows:
        key: Any = by_authority.key_of(row.cell)
        area, authority = key
        if key != IN_NO_AUTHORITY and row.pupils_on_roll is not None:
            rolls[Place(row.nation, counts.regions.get(area), area, authority)] = rounded(0, row.pupils_on_roll)[0]
    return rolls


def _of_places(cut: Cut, counts: Counted, stored: Published, rolls: dict[Place, int]) -> Table:
    exact = {row.cell: row for row in counts.exact[cut].rows}
    by_place = scope(counts.period, cut, None, counts.as_of)
    keys = {by_place.key_of(cell) for cell in exact} | {place.key(cut) for place, *_ in (*stored.atoms, *stored.pupils)}

    grouped = _sums(counts, stored, rolls, lambda place: place.key(cut))
    rows = []
    for key, names in places.in_order(by_place, keys):
        row = exact.get(names.cell) or _empty_row(counts, names)
        rows.append(_row(row, names.cell, grouped.get(key, _nothing(counts))))
    total = counts.exact[cut].total
    everything = _sums(counts, stored, rolls, lambda _: "total")
    rows.append(_row(total, total.cell, everything.get("total", _nothing(counts))))
    return Table(f"reach_by_{cut}", list(PLACE_TABLE_COLUMNS), rows)


def _nothing(counts: Counted) -> dict[str, int | None]:
    pupils = 0 if whole_years(counts.period) else None
    return {"attendances": 0, "pupils_reached_low": pupils, "pupils_reached": pupils, "pupils_on_roll": None, OF_ROLLS: pupils}


def _sums(
    counts: Counted, stored: Published, rolls: dict[Place, int], key: Callable[[Place], Hashable]
) -> dict[Hashable, dict[str, int | None]]:
    """Return the sums of what is stored, by key; pupils alone where the period consists of whole academic years."""
    grouped: defaultdict[Hashable, dict[str, int | None]] = defaultdict(lambda: _nothing(counts))

    def add(place: Place, column: str, number: int) -> None:
        sums = grouped[key(place)]
        sums[column] = together((sums[column], number))

    for place, _, number in stored.atoms:
        add(place, "attendances", number)
    wherever_told: Counter[Hashable] = Counter()
    for place, _, (low, reached) in stored.pupils:
        add(place, "pupils_reached_low", low)
        add(place, "pupils_reached", reached)
        wherever_told[place.counted_by] += reached
    for place, number in rolls.items():
        add(place, "pupils_on_roll", number)
        add(place, OF_ROLLS, wherever_told[place.counted_by])
    return dict(grouped)


def _empty_row(counts: Counted, names: places.Names) -> ReachRow:
    """Return the row of a place of which only what was published earlier is left."""
    period = counts.period
    return ReachRow(
        period=period.name, first_day=period.first_day, last_day=period.last_day, nation=names.nation, region=names.region,
        area=names.area, authority_gss=names.authority_gss, authority=names.authority, cell=names.cell,
    )  # fmt: skip


def _row(row: ReachRow, code: str, sums: dict[str, int | None]) -> list[str]:
    pupils, roll = sums[OF_ROLLS], sums["pupils_on_roll"]
    one_year = row.period.count("/") == 1
    per_roll = percent(min(pupils, roll), roll) if one_year and pupils is not None and roll else None
    values = [sums[name] if name in ROUNDED_COLUMNS else getattr(row, name) for name in FIGURE_COLUMNS]
    place = [getattr(row, name) for name in PLACE_COLUMNS]
    return _texts([*place, code, *values, per_roll, row.definitions])


def _texts(values: Iterable[Any]) -> list[str]:
    return ["" if value is None else str(csv_cell(value)) for value in values]


def _of_kinds(kind: Cut, within: Cut, counts: Counted, stored: Published) -> Table:
    by_kind = scope(counts.period, kind, within, counts.as_of)
    sessions = counts.sessions[kind, within]
    seats: defaultdict[Hashable, int] = defaultdict(int)
    types = {session_type.slug: session_type.pk for session_type in by_kind.types}
    for place, atom, number in stored.atoms:
        values: dict[Cut, Hashable] = {
            Cut.TYPE: types[atom.session_type],
            Cut.CHANNEL: by_kind.kind(types[atom.session_type]),
            Cut.YEAR_GROUP: atom.year_group,
            Cut.MONTH: atom.month,
        }
        seats[place.key(within), values[kind]] += number
    rows = []
    for key, names in places.in_order(by_kind, sessions.keys() | seats.keys()):
        # A kind stands in the last part of the cell, after its place.
        code = names.cell.rpartition(".")[0]
        held = None if kind == Cut.YEAR_GROUP else sessions.get(key, 0)
        rows.append(_kind_row(counts, (names.nation, names.region, code, names.kind, names.kind_name), held, seats[key]))
    held = None if kind == Cut.YEAR_GROUP else counts.exact[within].total.sessions_delivered
    rows.append(_kind_row(counts, ("", "", "total", "TOTAL", "Total"), held, sum(seats.values())))
    columns = ["period", "first_day", "last_day", "nation", "region", CODE_COLUMN, str(kind), f"{kind}_name", *KIND_FIGURES]
    return Table(f"attendances_by_{kind}_within_{within}", columns, rows)


def _kind_row(counts: Counted, names: Sequence[str], sessions: int | None, seats: int) -> list[str]:
    period = counts.period
    return _texts([period.name, period.first_day, period.last_day, *names, sessions, seats])


def kept(counts: Counted, stored: Published, *, charity: str) -> dict[str, Any]:
    """Return what a publication keeps besides its atoms and pupils: its tables, and what its other files are made of."""
    rolls = rolls_by_place(counts)
    known = {place for place, *_ in (*stored.atoms, *stored.pupils)} | rolls.keys()
    types = scope(counts.period, Cut.NATION, None, counts.as_of).types
    return {
        "charity": charity,
        "as_of": str(counts.as_of),
        "windows_open": counts.unreported.windows_open,
        "tables": [table.as_json() for table in tables(counts, stored)],
        "places": named(known, as_of=counts.as_of),
        "rolls": [[place.code, str(number)] for place, number in sorted(rolls.items(), key=lambda pair: pair[0].code)],
        "session_types": [[kind.slug, kind.name, str(Channel(kind.channel))] for kind in types],
        "figures": [[figure.name, figure.heading, figure.definition] for figure in FILE_FIGURES if figure.name in FIGURE_COLUMNS],
    }
