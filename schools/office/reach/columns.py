"""The table of the reach page as text: its lines, the names of their places, and the year before beside each figure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schools.core.nations import Nation
from schools.reach.figures import FIGURES, Figure, Reads
from schools.reach.rows import Cut, ReachRow, ReachTable

PLACES = {
    Cut.AREA: ("nation", "region", "area"),
    Cut.AUTHORITY: ("nation", "region", "area", "authority"),
    Cut.REGION: ("nation", "region"),
    Cut.NATION: ("nation",),
    Cut.FIFTH: ("nation", "kind_name"),
    None: (),
}
"""The columns that name the place, by cut; the column of the cut itself comes last."""


@dataclass(frozen=True)
class Cell:
    """One figure of a line, as text."""

    figure: str
    """The column's name, with which the address asks for what is behind the cell."""
    heading: str
    text: str
    before: str = ""
    """The figure a year before; blank where it is not known."""
    change: str = ""
    """Like “+12 %”, for a percentage “+3.1 points”; blank where there is nothing to compare with."""


@dataclass(frozen=True)
class Line:
    """One line of the page's table."""

    place: str
    within: str
    cell: str
    """The name of the row in an address that asks for what is behind it."""
    cells: tuple[Cell, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        """The texts of the cells alone."""
        return tuple(cell.text for cell in self.cells)


def lines(table: ReachTable, before: ReachTable | None = None, columns: Sequence[Figure] = FIGURES) -> Iterator[Line]:
    """Yield the table's rows as text, with those of the year before."""
    earlier = _earlier(table, before)
    for row in table.rows:
        place, within = place_of(table, row)
        yield Line(place, within, row.cell, _cells(row, earlier.get(row.cell), columns))


def total_line(table: ReachTable, before: ReachTable | None = None, columns: Sequence[Figure] = FIGURES) -> Line:
    """Return the total as text."""
    return Line("Total, counted afresh", "", "total", _cells(table.total, before.total if before else None, columns))


def place_of(table: ReachTable, row: ReachRow) -> tuple[str, str]:
    """Return the name of the row's place or kind, and the larger places in which it lies."""
    if table.by.is_place:
        *outer, own = PLACES[table.by]
    else:
        outer, own = [*PLACES[table.within]], "kind_name"
    if row.cell == "total":
        return "All together", ""
    within = " · ".join(name for column in reversed(outer) if (name := _name(row, column)))
    return _name(row, own) or f"No {own}", within


def names_apart(table: ReachTable) -> Callable[[ReachRow], str]:
    """Return what names the place of a row, as no other row is named: with larger places and code where several are called so."""
    places = [place_of(table, row) for row in table.rows]
    names, pairs = Counter(place for place, _ in places), Counter(places)

    def name(row: ReachRow) -> str:
        place, within = place_of(table, row)
        further = within if names[place] > 1 else ""
        code = row.authority_gss if pairs[place, within] > 1 else ""
        return ", ".join(filter(None, (place, further, code)))

    return name


def _earlier(table: ReachTable, before: ReachTable | None) -> dict[str, ReachRow]:
    """Return the rows of the year before by the cells of this year's rows; a month is compared with that month a year earlier."""
    if before is None or table.by != Cut.MONTH:
        return before.by_cell if before else {}
    years = table.period.first_day.year - before.period.first_day.year
    return {_months_later(cell, years): row for cell, row in before.by_cell.items()}


def _months_later(cell: str, years: int) -> str:
    place, dot, month = cell.rpartition(".")
    if "-" not in month:
        return cell
    year, _, number = month.partition("-")
    return f"{place}{dot}{int(year) + years}-{number}"


def _cells(row: ReachRow, before: ReachRow | None, columns: Sequence[Figure]) -> tuple[Cell, ...]:
    return tuple(_cell(column, row, before) for column in columns)


def _cell(figure: Figure, row: ReachRow, before: ReachRow | None) -> Cell:
    text = figure.text(row)
    if before is None or figure.value(before) is None:
        return Cell(figure.name, figure.heading, text)
    return Cell(figure.name, figure.heading, text, figure.text(before), _change(figure, row, before))


def _change(figure: Figure, row: ReachRow, before: ReachRow) -> str:
    now, then = figure.value(row), figure.value(before)
    if now is None or figure.reads is Reads.YES_NO:
        return ""
    if figure.reads is Reads.PERCENT:
        difference = now - then
        return f"{_signed(difference)} points" if difference else "the same"
    if not then:
        return ""
    # Half up, and once: of tenths, as some figures have one decimal.
    tenths = int(then * 10)
    difference = (200 * abs(int((now - then) * 10)) + tenths) // (2 * tenths)
    if now == then:
        return "the same"
    return f"{'+' if now > then else '−'}{difference:,} %"


def _signed(number: int | Decimal) -> str:
    return f"{'+' if number > 0 else '−'}{abs(number)}"


def _name(row: ReachRow, column: str) -> str:
    name = str(getattr(row, column))
    return Nation(name).label if column == "nation" and name in Nation else name
