"""Which store each session takes its things from, and what is missing there: arithmetic on plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from schools.core.grid import kilometres_between

type Place = tuple[int | None, int | None]
"""Easting and northing; None where unknown."""
type OnShelf = tuple[int, int]
"""A store's id and a material's: of which there is a stock."""


@dataclass(frozen=True)
class Shelf:
    """A store of an area, and where it is."""

    store: int
    area: int
    place: Place = (None, None)


@dataclass(frozen=True)
class Want:
    """So much of a material that a session needs; `store`: chosen by the coordinator, None: the area's nearest with enough.

    `is_packed`: it lies in a box in `store`, so nobody else takes it.
    """

    session: int
    day: date
    starts: time
    material: int
    quantity: int
    area: int | None
    place: Place = (None, None)
    store: int | None = None
    is_packed: bool = False


@dataclass(frozen=True)
class Reserved:
    """Where a want is met: it takes `taken` pieces there; `store` None: the area has no store."""

    want: Want
    store: int | None
    taken: int

    @property
    def missing(self) -> int:
        """How many pieces the store lacks for it; 0 where there is no store to lack them."""
        return 0 if self.store is None else self.want.quantity - self.taken


def reserve(wants: Iterable[Want], shelves: Iterable[Shelf], stock: Mapping[OnShelf, int]) -> list[Reserved]:
    """Meet the wants one after the other, what is packed before all else, then the soonest session first; what one takes is gone.

    A want goes to the store chosen for it, else to the nearest store of its area that has enough for the whole of it, else to the
    one that has most. Where there is not enough it takes what is there. In the order of the sessions.
    """
    left = {shelf: pieces for shelf, pieces in stock.items() if pieces > 0}
    of_area: dict[int | None, list[Shelf]] = {}
    for shelf in shelves:
        of_area.setdefault(shelf.area, []).append(shelf)
    by_distance: dict[tuple[int | None, Place], list[int]] = {}
    met = []
    for want in sorted(wants, key=lambda want: (not want.is_packed, *_turn(want))):
        store = want.store
        if store is None:
            near = by_distance.get((want.area, want.place))
            if near is None:
                near = by_distance[want.area, want.place] = nearest(of_area.get(want.area, []), want.place)
            store = _store_for(want, near, left)
        if store is None:
            met.append(Reserved(want, None, 0))
            continue
        there = left.get((store, want.material), 0)
        taken = min(there, want.quantity)
        if taken:
            left[store, want.material] = there - taken
        met.append(Reserved(want, store, taken))
    return sorted(met, key=lambda one: _turn(one.want))


def _turn(want: Want) -> tuple[date, time, int, int]:
    return want.day, want.starts, want.session, want.material


def nearest(shelves: Iterable[Shelf], place: Place) -> list[int]:
    """The ids of the stores, nearest first; those whose distance is not known come last."""

    def far(shelf: Shelf) -> tuple[bool, float, int]:
        kilometres = kilometres_between(shelf.place, place)
        return kilometres is None, kilometres or 0, shelf.store

    return [shelf.store for shelf in sorted(shelves, key=far)]


def _store_for(want: Want, near: list[int], left: Mapping[OnShelf, int]) -> int | None:
    for store in near:
        if left.get((store, want.material), 0) >= want.quantity:
            return store
    return max(near, key=lambda store: left.get((store, want.material), 0), default=None)
