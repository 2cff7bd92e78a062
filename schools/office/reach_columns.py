"""The table of the reach page as text: its lines, and what names their places."""

from collections.abc import Iterator
from dataclasses import dataclass

from schools.core.nations import Nation
from schools.reach.columns import FIGURES, Column
from schools.reach.rows import Cut, ReachRow, ReachTable

__all__ = ["FIGURES", "Column", "Line", "figures_of", "lines"]

PLACES = {
    Cut.AREA: ("nation", "region", "area"),
    Cut.AUTHORITY: ("nation", "region", "area", "authority"),
    Cut.REGION: ("nation", "region"),
    Cut.NATION: ("nation",),
    None: (),
}
"""The columns that name the place, by cut; the cut's own comes last."""


@dataclass(frozen=True)
class Line:
    """One line of the page's table."""

    place: str
    within: str
    figures: tuple[str, ...]


def lines(table: ReachTable) -> Iterator[Line]:
    """The table's rows as text."""
    if table.by.is_place:
        *outer, own = PLACES[table.by]
    else:
        outer, own = [*PLACES[table.within]], "kind_name"
    for row in table.rows:
        within = " · ".join(name for column in reversed(outer) if (name := _name(row, column)))
        yield Line(_name(row, own) or f"No {own}", within, figures_of(row))


def _name(row: ReachRow, column: str) -> str:
    name = str(getattr(row, column))
    return Nation(name).label if column == "nation" and name in Nation else name


def figures_of(row: ReachRow) -> tuple[str, ...]:
    """A row's figures as text, in the order of FIGURES."""
    return tuple(column.text(row) for column in FIGURES)
