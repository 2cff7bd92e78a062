"""Reservations: which store each session takes its things from and what is missing there, worked out on plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from schools.core.grid import kilometres_between

type Place = tuple[int | None, int | None]
"""Easting and northing; None where unknown."""
type OnShelf = tuple[int, int]
"""The key of a stock: the ids of store and material."""


@dataclass(frozen=True)
class Shelf:
    """A store with its area and its place."""

    store: int
    area: int
    place: Place = (None, None)


@dataclass(frozen=True)
class Want:
    """The quantity of a material that a session needs.

    `store`: the one that the coordinator chose; None: the area's nearest with enough. `is_packed`: it lies in a box in `store`,
    so nobody else takes it.
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
    """The store that meets a want, and how many pieces it takes there; `store` None: the area has no store."""

    want: Want
    store: int | None
    taken: int

    @property
    def missing(self) -> int:
        """How many pieces the store lacks; 0 where the area has no store."""
        return 0 if self.store is None else self.want.quantity - self.taken


def reserve(wants: Iterable[Want], shelves: Iterable[Shelf], stock: Mapping[OnShelf, int]) -> list[Reserved]:
    """Meet the wants one after the other and return where each is met, in the order of the sessions.

    Packed wants come first, then the soonest session; what one want takes is gone for the next. A want takes from the store
    chosen for it, else from the nearest store of its area that has the whole quantity, else from the store that has most. Where
    there is not enough it takes what is there.
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
    return sorted(met, key=lambda reserved: _turn(reserved.want))


def _turn(want: Want) -> tuple[date, time, int, int]:
    return want.day, want.starts, want.session, want.material


def nearest(shelves: Iterable[Shelf], place: Place) -> list[int]:
    """Return the ids of the stores, nearest first; stores at an unknown distance come last."""

    def far(shelf: Shelf) -> tuple[bool, float, int]:
        kilometres = kilometres_between(shelf.place, place)
        return kilometres is None, kilometres or 0, shelf.store

    return [shelf.store for shelf in sorted(shelves, key=far)]


def _store_for(want: Want, near: list[int], left: Mapping[OnShelf, int]) -> int | None:
    for store in near:
        if left.get((store, want.material), 0) >= want.quantity:
            return store
    return max(near, key=lambda store: left.get((store, want.material), 0), default=None)
