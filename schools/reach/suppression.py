"""Decides what the public variant of a table hides: small numbers of pupils, and numbers from which they can be worked out.

Plain values in, plain values out. It decides on the finest rows that there are (authorities, or kinds), for all tables of a
period at once: so the tables by nation, region, area and authority, put side by side, do not give back what each of them hides.
It decides year by year: so a year, several years and a part of one do not give it back either (rule 20).
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

from schools.reach.figures import FIGURES, Publication, Total
from schools.reach.rows import Cut, ReachRow, ReachTable
from schools.reach.subtraction import known_row, play

FEWEST = 5
"""The smallest number of pupils that is published, apart from 0."""

HIDDEN = "*"
"""The text in the place of a hidden number."""

SEATS = ("attendances", "pupils_reached", "children_reached")
CHANNELS = ("pupils_in_person", "pupils_online")
ESTIMATED = "attendances_estimated"
ROLL = "pupils_on_roll"
COVERAGE = "coverage_percent"

HIDDEN_WITH: Mapping[str, tuple[str, ...]] = {
    # The first three limit one another and all the others.
    **dict.fromkeys(SEATS, (*SEATS, *CHANNELS, ESTIMATED, COVERAGE)),
    **dict.fromkeys((*CHANNELS, "in person alone", "online alone"), CHANNELS),
    **dict.fromkeys((ESTIMATED, "counted"), (ESTIMATED,)),
    ROLL: (ROLL, COVERAGE),
    COVERAGE: (COVERAGE,),
}
"""What is hidden together with each number. Numbers that are in no table are differences, which any reader can work out."""

ADDITIVE = {"counted", *(figure.name for figure in FIGURES if figure.total is Total.SUM_OF_ROWS)}
"""Numbers that are, for a larger place, the sum of its parts. Others can be less, but not less than the largest part."""

NEVER_PUBLISHED = frozenset(figure.name for figure in FIGURES if figure.publication is Publication.NEVER)
"""The columns that every row of a public file hides."""

type Path = tuple[str, ...]
"""The position of a row in the tree of places, from the nation down to the authority, or its kind; () is the total."""


@dataclass(frozen=True)
class Piece:
    """The attendances of one of the finest rows in one month."""

    cell: str
    when: Hashable
    attendances: int
    estimated: int
    online: int

    def __add__(self, other: "Piece") -> "Piece":
        """Return the piece of the larger place that has both."""
        sums = (self.attendances + other.attendances, self.estimated + other.estimated, self.online + other.online)
        return Piece(self.cell, self.when, *sums)

    @property
    def small(self) -> Iterable[str]:
        """The columns in which the piece is a small number."""
        parts = (
            ("attendances", self.attendances),
            (ESTIMATED, self.estimated),
            (ESTIMATED, self.attendances - self.estimated),
            ("pupils_online", self.online),
            ("pupils_in_person", self.attendances - self.online),
        )
        return [column for column, number in parts if is_small(number)]


def is_small(number: int) -> bool:
    """Return whether the number of pupils is too small to be published."""
    return 0 < number < FEWEST


@dataclass
class _Node:
    """A row of one of the tables: its numbers, the least that each can be, and which of them are hidden."""

    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HIDDEN_WITH, 0))
    least: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HIDDEN_WITH, 0))
    hidden: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, row: ReachRow) -> "_Node":
        """Return the node of a row."""
        numbers = _numbers(row)
        return cls(numbers, dict(numbers))

    def add(self, part: "_Node") -> None:
        """Add the numbers of a part."""
        for column, number in part.numbers.items():
            self.numbers[column] += number
            self.least[column] = self.numbers[column] if column in ADDITIVE else max(self.least[column], part.least[column])

    def hide(self, column: str) -> None:
        """Hide the number, and the numbers that would give it back."""
        self.hidden.update(HIDDEN_WITH[column])

    def hides(self, column: str) -> bool:
        """Return whether the number is hidden."""
        return HIDDEN_WITH[column][0] in self.hidden

    def hide_small(self) -> None:
        """Hide the numbers that are small themselves."""
        for column in HIDDEN_WITH:
            if self.is_small(column):
                self.hide(column)

    def is_small(self, column: str) -> bool:
        """Return whether the number is small, or may be."""
        return bool(self.numbers[column]) and self.least[column] < FEWEST


def _numbers(row: ReachRow) -> dict[str, int]:
    """Return the numbers of pupils that the row shows, and those that a reader can work out from it alone."""
    numbers = {column: getattr(row, column) for column in (*SEATS, *CHANNELS, ESTIMATED)}
    numbers["counted"] = row.attendances - row.attendances_estimated
    numbers["online alone"] = row.pupils_reached - row.pupils_in_person
    numbers["in person alone"] = row.pupils_reached - row.pupils_online
    numbers[ROLL] = row.pupils_on_roll or 0
    numbers[COVERAGE] = 0
    if row.coverage_percent and row.pupils_on_roll:
        # The percentage is rounded to a tenth, so the pupils may be a few fewer than it says.
        numbers[COVERAGE] = max(1, ceil((row.coverage_percent - Decimal("0.05")) * row.pupils_on_roll / 100))
    return numbers


class _Tree:
    """All the tables of one period: the finest rows, their sums level by level, and the total."""

    def __init__(self, finest: ReachTable, *, zeros: bool) -> None:
        """Build the tree from the finest rows.

        `zeros`: a hidden number may be 0, because more than the small numbers is hidden from the beginning.
        """
        self.zeros = zeros
        self.nodes: dict[Path, _Node] = {(): _Node.of(finest.total)}
        self.families: defaultdict[Path, list[Path]] = defaultdict(list)
        for path, row in sorted((_path(finest, row), row) for row in finest.rows):
            self._node(path).add(_Node.of(row))
            for level in range(1, len(path)):
                self._node(path[:level]).add(_Node.of(row))

    def _node(self, path: Path) -> _Node:
        if path not in self.nodes:
            self.nodes[path] = _Node()
            self.families[path[:-1]].append(path)
        return self.nodes[path]

    def hide(self, cells: Iterable[tuple[Path, str]]) -> None:
        """Hide those of these cells that are in this tree."""
        for path, column in cells:
            if path in self.nodes:
                self.nodes[path].hide(column)

    def hide_small(self) -> None:
        """Hide the small numbers, and whatever would give them back."""
        for node in self.nodes.values():
            node.hide_small()
        self.close()

    def close(self) -> None:
        """Hide more until no sum, and nothing that must be true of a row, gives a hidden number back."""
        self._close_sums()
        while sum(self._hide_beside(path, column) for path, column in self._still_known()):
            self._close_sums()

    def _close_sums(self) -> None:
        while sum(self._hide_one_more(path, column) for path in self.families for column in HIDDEN_WITH):
            pass

    def _still_known(self) -> list[tuple[Path, str]]:
        """Return the small numbers that are hidden and that a reader can still work out to be small."""
        at_least = 0 if self.zeros else 1
        known = {path: known_row(node.numbers, node.hidden, at_least=at_least) for path, node in self.nodes.items()}
        touched = [
            (path, children)
            for path, children in self.families.items()
            if self.nodes[path].hidden or any(self.nodes[child].hidden for child in children)
        ]
        play([(known[path], [known[child] for child in children]) for path, children in touched])
        small = []
        for path, node in self.nodes.items():
            if node.hidden:
                most = known[path].most()
                small += [(path, column) for column in HIDDEN_WITH if node.is_small(column) and most[column] < FEWEST]
        return small

    def _hide_beside(self, path: Path, column: str) -> bool:
        """Hide the smallest number beside the row, or beside a larger place of it; return whether there was one."""
        while path:
            beside = self._nodes_with_number(self.families[path[:-1]], column).values()
            if shown := [node for node in beside if not node.hides(column)]:
                _smallest(shown, column).hide(column)
                return True
            path = path[:-1]
            if not self.nodes[path].hides(column):
                self.nodes[path].hide(column)
                return True
        return False

    def _hide_one_more(self, path: Path, column: str) -> bool:
        """Hide the smallest number of the column below a row where a sum would give a hidden one back.

        Return whether a number was hidden.
        """
        below = self._nodes_with_number(self.families[path], column)
        if self.nodes[path].hides(column):
            if not below or any(child.hides(column) for child in below.values()):
                return False
            _smallest(below.values(), column).hide(column)
            return True
        level = below
        while hidden := {child: node for child, node in level.items() if node.hides(column)}:
            if not _is_safe([node.numbers[column] for node in hidden.values()], zeros=self.zeros):
                # Hide a number on the same level if possible, else one on the level below the row, else the sum itself.
                shown = [node for node in level.values() if not node.hides(column)]
                shown = shown or [node for node in below.values() if not node.hides(column)]
                (_smallest(shown, column) if shown else self.nodes[path]).hide(column)
                return True
            # The rows below the hidden ones add up to the same sum.
            level = self._nodes_with_number(
                [child for hidden_path in hidden for child in self.families.get(hidden_path, ())], column
            )
        return False

    def _nodes_with_number(self, paths: Iterable[Path], column: str) -> dict[Path, _Node]:
        """Return the nodes that have a number to hide in the column."""
        nodes = {path: self.nodes[path] for path in paths}
        return {path: node for path, node in nodes.items() if node.numbers[column] or (self.zeros and node.hides(column))}

    @property
    def hidden(self) -> set[tuple[Path, str]]:
        """All cells that are hidden."""
        return {(path, column) for path, node in self.nodes.items() for column in node.hidden}


def _path(table: ReachTable, row: ReachRow) -> Path:
    """Return the position of one of the finest rows."""
    if not table.by.is_place:
        return (row.cell,)
    area = row.cell.split(".")[0]
    return {
        Cut.NATION: (row.cell,),
        Cut.REGION: (row.nation, row.region),
        Cut.AREA: (row.nation, row.region, row.cell),
        Cut.AUTHORITY: (row.nation, row.region, area, row.cell),
    }[table.by]


def _is_safe(hidden: Sequence[int], *, zeros: bool) -> bool:
    """Return whether each hidden number can be more than a small one, although the reader knows their sum."""
    least_of_others = 0 if zeros else len(hidden) - 1
    return not sum(hidden) or (len(hidden) > 1 and sum(hidden) - least_of_others >= FEWEST)


def _smallest(nodes: Iterable[_Node], column: str) -> _Node:
    return min(nodes, key=lambda node: (node.numbers["attendances"], node.numbers[column]))


def hidden_cells(
    table: ReachTable,
    *,
    finest: ReachTable | None = None,
    years: Sequence[ReachTable] = (),
    pieces: Collection[Piece] | None = None,
    some_areas: bool = False,
) -> dict[str, frozenset[str]]:
    """Return the columns to hide in each row of a table, by the row's cell; rows that show everything are left out.

    `finest` has a row for each authority (or kind) of everywhere in the same period; the table itself where it is left out.
    `years` are the finest tables of the school years that the period touches, without the period itself. `pieces` are the months
    of these years where the period is only a part of them: then a number is also hidden where it is small in any month. With
    `some_areas`, the table's total is its own, and is hidden where it would give a row back.
    """
    finest = finest or table
    fixed: set[tuple[Path, str]] = set()
    small = set(_small_pieces(pieces or (), (*years, finest)))
    for year in years:
        tree = _Tree(year, zeros=False)
        tree.hide_small()
        fixed |= tree.hidden
        if small:
            # Numbers that the whole year hides stay hidden in its parts.
            tree.hide(small)
            tree.close()
            fixed |= tree.hidden
    tree = _Tree(finest, zeros=pieces is not None)
    tree.hide(fixed | small)
    tree.hide_small()
    return _of_table(table, tree, some_areas=some_areas)


def _small_pieces(pieces: Collection[Piece], finest: Iterable[ReachTable]) -> Iterator[tuple[Path, str]]:
    """Yield where a piece is small, for the finest rows and for larger places."""
    paths = {row.cell: _path(table, row) for table in finest for row in table.rows}
    sums: dict[tuple[Path, Hashable], Piece] = {}
    for piece in pieces:
        path = paths.get(piece.cell, ())
        for level in range(len(path) + 1):
            key = (path[:level], piece.when)
            sums[key] = sums[key] + piece if key in sums else piece
    for (path, _), piece in sums.items():
        for column in piece.small:
            yield path, column


def _of_table(table: ReachTable, tree: _Tree, *, some_areas: bool) -> dict[str, frozenset[str]]:
    """Return what is hidden in the table's own rows."""
    of_cells: defaultdict[str, set[str]] = defaultdict(set)
    level = len(_path(table, table.total))
    for path, node in tree.nodes.items():
        if len(path) == level:
            of_cells["/".join(path[:2]) if table.by == Cut.REGION else path[-1]] |= node.hidden
    rows: dict[str, _Node] = {}
    for row in table.rows:
        rows[row.cell] = node = _Node.of(row)
        node.hidden |= of_cells["/".join(_path(table, row)) if table.by == Cut.REGION else row.cell]
        # An area may have been in another region when the sessions were held, and pupils of two places may be the same pupils.
        node.hide_small()
    total = _Node.of(table.total)
    total.hide_small()
    if not some_areas:
        total.hidden |= tree.nodes[()].hidden
    for column in HIDDEN_WITH:
        _hide_in_table(rows.values(), total, column, zeros=tree.zeros, only_total=some_areas)
    every = {**rows, "total": total}
    hidden = {cell: NEVER_PUBLISHED | node.hidden for cell, node in every.items()}
    return {cell: columns for cell, columns in hidden.items() if columns}


def _hide_in_table(rows: Collection[_Node], total: _Node, column: str, *, zeros: bool, only_total: bool) -> None:
    """Hide what the table's own small numbers ask for beyond what is hidden everywhere; mostly that is nothing."""
    while not total.hides(column) and not _is_safe([row.numbers[column] for row in rows if row.hides(column)], zeros=zeros):
        shown = [row for row in rows if row.numbers[column] and not row.hides(column)]
        (_smallest(shown, column) if shown and not only_total else total).hide(column)
