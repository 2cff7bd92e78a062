"""The public variant of a table: small numbers of pupils are hidden, and with them what would give them back.

Plain values in, plain values out. A number from 1 to 4 is hidden; in its row whatever equals or bounds it; in its column at
least one more, so that no total gives it back; and so downwards from nation to authority, so that the tables by nation,
region, area and authority of one period do not give it back together.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from schools.reach.rows import Cut, ReachRow, ReachTable

FEWEST = 5
"""The smallest number of pupils that is published, apart from none."""

TOGETHER = (
    ("attendances", "pupils_reached", "children_reached"),
    ("pupils_in_person", "pupils_online"),
    ("attendances_estimated",),
)
"""Columns that say too much about one another: one is hidden with the others. What the first say bounds all that follow."""

PUPILS = tuple(column for columns in TOGETHER for column in columns)
COVERAGE = "coverage_percent"

HIDDEN = "*"
"""What stands in the place of a hidden number."""

PLACES_DOWN = {
    Cut.NATION: ("nation",),
    Cut.REGION: ("nation", "region"),
    Cut.AREA: ("nation", "region", "area"),
    Cut.AUTHORITY: ("nation", "region", "area", "authority"),
}


@dataclass
class _Node:
    """A row, or rows that are one row in a table of larger places."""

    numbers: dict[str, int]
    hidden: set[str] = field(default_factory=set)

    def hide(self, column: str) -> None:
        """Hide the number, and what would say it."""
        together = next(columns for columns in TOGETHER if column in columns)
        self.hidden.update(PUPILS if together is TOGETHER[0] else together)

    def hide_small(self) -> None:
        """Hide the numbers that are small themselves."""
        for column in PUPILS:
            if 0 < self.numbers[column] < FEWEST:
                self.hide(column)


type _Family = tuple[_Node | None, list[_Node]]
"""A row of larger places and the rows that it is the sum of; None where the sum is told elsewhere."""


def hidden_cells(table: ReachTable) -> dict[str, frozenset[str]]:
    """The columns to hide in each row, by its cell; rows of which everything is shown are left out."""
    total = _Node(_numbers(table.total))
    rows = {row.cell: _Node(_numbers(row)) for row in table.rows}
    for node in (total, *rows.values()):
        node.hide_small()
    above: dict[Path, _Node] = {(): total}
    for level in _levels(table, rows):
        children: defaultdict[Path, list[_Node]] = defaultdict(list)
        for path, node in level.items():
            children[path[:-1]].append(node)
        _hide_more([(above[path], nodes) for path, nodes in children.items()], total)
        above = level
    if table.within is not None:
        _hide_more_of_kinds(table, rows, total)
    every = {**rows, "total": total}
    return {row.cell: frozenset(hidden) for row in [*table.rows, table.total] if (hidden := _with_coverage(row, every[row.cell]))}


type Path = tuple[Hashable, ...]
"""Where a row stands in the tree of places, from the nation downwards."""


def _numbers(row: ReachRow) -> dict[str, int]:
    return {column: getattr(row, column) for column in PUPILS}


def _levels(table: ReachTable, rows: Mapping[str, _Node]) -> Iterator[dict[Path, _Node]]:
    """The rows of each level of the tree: of the tables by larger places, and last the table's own."""
    paths = {row.cell: _path(table, row) for row in table.rows}
    depth = len(next(iter(paths.values()), ()))
    for level in range(1, depth):
        nodes: dict[Path, _Node] = {}
        for cell, path in paths.items():
            node = nodes.setdefault(path[:level], _Node(dict.fromkeys(PUPILS, 0)))
            for column, number in rows[cell].numbers.items():
                node.numbers[column] += number
        for node in nodes.values():
            node.hide_small()
        yield nodes
    if paths:
        yield {path: rows[cell] for cell, path in paths.items()}


def _path(table: ReachTable, row: ReachRow) -> Path:
    cut = table.by if table.by.is_place else table.within
    names = [getattr(row, name) for name in PLACES_DOWN[cut]] if cut else []
    if table.by.is_place:
        names[-1] = row.cell  # two authorities may have one name
        return tuple(names)
    return (*names, row.kind)


def _hide_more(families: Sequence[_Family], total: _Node) -> None:
    """Hide more until no sum gives a hidden number back."""
    changed = True
    while changed:
        changed = False
        for parent, children in families:
            for column in PUPILS:
                changed |= _hide_one_more(parent, children, column, total)


def _hide_one_more(parent: _Node | None, children: Sequence[_Node], column: str, total: _Node) -> bool:
    """Hide the smallest number of the column that is shown, where its sum would give one back; whether anything was hidden."""
    there = [child for child in children if child.numbers[column]]
    hidden = [child.numbers[column] for child in there if column in child.hidden]
    if parent is not None and column in parent.hidden:
        is_safe = bool(hidden) or not there
    else:
        # Each of them may be any number from 1 to 4.
        is_safe = not hidden or (len(hidden) > 1 and sum(hidden) >= len(hidden) + FEWEST - 2)
    if is_safe:
        return False
    shown = [child for child in there if column not in child.hidden]
    if shown:
        min(shown, key=lambda child: (child.numbers["attendances"], child.numbers[column])).hide(column)
        return True
    if parent is total and column not in total.hidden:
        total.hide(column)
        return True
    return False


def _hide_more_of_kinds(table: ReachTable, rows: Mapping[str, _Node], total: _Node) -> None:
    """Kinds within places add up twice: to their place, and over all places to the kind."""
    places: defaultdict[Path, list[_Node]] = defaultdict(list)
    kinds: defaultdict[str, list[_Node]] = defaultdict(list)
    for row in table.rows:
        places[_path(table, row)[:-1]].append(rows[row.cell])
        kinds[row.kind].append(rows[row.cell])
    _hide_more([(None, nodes) for nodes in (*places.values(), *kinds.values())], total)


def _with_coverage(row: ReachRow, node: _Node) -> set[str]:
    """What is hidden in the row; its coverage too, where it would say how many children were reached."""
    hidden = set(node.hidden)
    if row.coverage_percent and row.pupils_on_roll:
        # Rounded to a tenth of a per cent, so that it may say a little less than it was.
        fewest = (row.coverage_percent - Decimal("0.05")) * row.pupils_on_roll / 100
        if "children_reached" in hidden or fewest < FEWEST:
            hidden.add(COVERAGE)
    return hidden
