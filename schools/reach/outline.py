"""The ground under a map of schools: an outline around them, and names of places, both from what registers say of the schools.

No map of anybody else is used. The outline is drawn around the schools of each authority; a name stands where the schools are
whose addresses have it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, hypot, sqrt
from statistics import median
from typing import Protocol

from schools.core.search_words import places_of_address

type Metres = tuple[float, float]
"""Easting and northing on the national grid, in metres."""
type Cell = tuple[int, int]

CELLS = 96
"""The longer side of the map has so many cells, from which the outline is traced."""
NEAREST, FURTHEST = 1_500, 12_000
"""Metres by which the outline lies around a school, at least and at most: the further schools are apart, the more."""
MOST_PARTS = 12
"""Of more authorities there is one outline around all of them."""
SHORTEST = 12
"""The fewest sides of cells that a line has: what is smaller is a school of one authority among those of another."""
TOWN = 12_000
"""Of a town, half of the schools lie within so many metres of its middle; what is further spread is a county."""
MOST_NAMES, FEW_NAMES = 16, 4
LETTER, LINE_HEIGHT = 7.5, 26
"""The room of a name on the drawing, in its units."""


class Placed(Protocol):
    """A school under a map: where it is, whose authority’s it is (an id; None: not known), and its address."""

    @property
    def easting(self) -> int:
        """Metres on the national grid."""

    @property
    def northing(self) -> int:
        """Metres on the national grid."""

    @property
    def authority(self) -> int | None:
        """The id of the authority; None: not known."""

    @property
    def address(self) -> str:
        """Its lines, apart by commas; blank: not known."""


@dataclass(frozen=True)
class PlaceName:
    """A name on a map, and its middle."""

    name: str
    easting: float
    northing: float


def outline_of(schools: Sequence[Placed]) -> list[list[Metres]]:
    """Return closed lines around the schools of each authority, or around all where there are many; none for fewer than three."""
    if len(schools) < 3:
        return []
    together = len({school.authority for school in schools}) > MOST_PARTS
    parts = [(school.easting, school.northing, 0 if together else school.authority) for school in schools]
    west, south = min(part[0] for part in parts), min(part[1] for part in parts)
    wide, high = max(part[0] for part in parts) - west, max(part[1] for part in parts) - south
    around = min(max(1.3 * sqrt(max(wide, NEAREST) * max(high, NEAREST) / len(parts)), NEAREST), FURTHEST)
    side = (max(wide, high) + 2 * around) / CELLS
    held = _held(((int((east - west) // side), int((north - south) // side), part) for east, north, part in parts), around / side)
    _fill_holes(held)
    return [
        [(west + east * side, south + north * side) for east, north in _smooth(loop)]
        for part in sorted(set(held.values()), key=repr)
        for loop in _loops({cell for cell, of_part in held.items() if of_part == part})
        if len(loop) >= SHORTEST
    ]


def _held(points: Iterable[tuple[int, int, int | None]], around: float) -> dict[Cell, int | None]:
    """Return the part of each cell that lies so near to a point, in cells: that of the nearest point."""
    reach = ceil(around)
    disc = [
        (hypot(across, up), across, up)
        for across in range(-reach, reach + 1)
        for up in range(-reach, reach + 1)
        if hypot(across, up) <= around
    ]
    nearest: dict[Cell, tuple[float, int | None]] = {}
    for east, north, part in sorted(set(points), key=repr):
        for far, across, up in disc:
            cell = (east + across, north + up)
            if cell not in nearest or far < nearest[cell][0]:
                nearest[cell] = (far, part)
    return {cell: part for cell, (_, part) in nearest.items()}


def _fill_holes(held: dict[Cell, int | None]) -> None:
    """Give every cell that is surrounded to a part beside it, so that no hole is left between the schools."""
    columns, rows = [cell[0] for cell in held], [cell[1] for cell in held]
    left, right, low, top = min(columns) - 1, max(columns) + 1, min(rows) - 1, max(rows) + 1
    outside, latest = {(left, low)}, [(left, low)]
    while latest:
        around = {near for cell in latest for near in _beside(cell) if left <= near[0] <= right and low <= near[1] <= top}
        latest = [cell for cell in around if cell not in held and cell not in outside]
        outside.update(latest)
    for column in range(left, right + 1):
        for row in range(low, top + 1):
            if (column, row) not in held and (column, row) not in outside:
                # The cell to the west is no more outside than this one, and was filled before it.
                held[column, row] = held[column - 1, row]


def _beside(cell: Cell) -> Iterator[Cell]:
    column, row = cell
    yield from ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1))


def _loops(cells: set[Cell]) -> Iterator[list[Cell]]:
    """Yield the closed lines around the cells, corner by corner, with the cells on the left."""
    after: defaultdict[Cell, list[Cell]] = defaultdict(list)
    for column, row in cells:
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        beyond = [(column, row - 1), (column + 1, row), (column, row + 1), (column - 1, row)]
        for number, neighbour in enumerate(beyond):
            if neighbour not in cells:
                after[corners[number]].append(corners[(number + 1) % 4])
    while after:
        start = min(after)
        loop, corner = [start], after[start].pop()
        while corner != start:
            loop.append(corner)
            corner = after[corner].pop()
        after = defaultdict(list, {corner: ends for corner, ends in after.items() if ends})
        yield loop


def _smooth(loop: Sequence[Cell]) -> list[Metres]:
    """Return the line through the middles of its sides, with each corner cut once more, so that no step of a cell is seen."""
    sides = zip(loop, (*loop[1:], loop[0]), strict=True)
    middles = [((first[0] + last[0]) / 2, (first[1] + last[1]) / 2) for first, last in sides]
    return [
        (near[0] * 0.75 + far[0] * 0.25, near[1] * 0.75 + far[1] * 0.25)
        for here, there in zip(middles, (*middles[1:], middles[0]), strict=True)
        for near, far in ((here, there), (there, here))
    ]


def names_of(schools: Iterable[Placed], *, scale: float) -> list[PlaceName]:
    """Return the names of the places with most schools that fit on a map of so many units to a metre, without overlapping."""
    at: defaultdict[str, list[Placed]] = defaultdict(list)
    for school in schools:
        street, _, others = school.address.partition(",")
        for name in dict.fromkeys(places_of_address(others or street)):
            at[name].append(school)
    # A line of which only one school has the name may be a building. It serves where hardly any name has more.
    towns = {name: there for name, there in at.items() if len(there) > 1}
    shown: list[PlaceName] = []
    for name, there in sorted((towns if len(towns) > FEW_NAMES else at).items(), key=lambda item: (-len(item[1]), item[0])):
        place = PlaceName(name, median(each.easting for each in there), median(each.northing for each in there))
        spread = median(hypot(each.easting - place.easting, each.northing - place.northing) for each in there)
        if spread <= TOWN and not any(_overlap(place, other, scale) for other in shown):
            shown.append(place)
        if len(shown) == MOST_NAMES:
            break
    return shown


def _overlap(place: PlaceName, other: PlaceName, scale: float) -> bool:
    across = abs(place.easting - other.easting) * scale
    up = abs(place.northing - other.northing) * scale
    return up < LINE_HEIGHT and across < (len(place.name) + len(other.name)) * LETTER / 2
