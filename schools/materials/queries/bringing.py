"""What somebody who goes to a morning brings and where it is: for the people who go, so nothing of what only the office needs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import prefetch_related_objects

from schools.core.batched_queries import Row, run_batch
from schools.materials.models import Material, Parcel, Store
from schools.materials.queries.bringing_parts import parts_about, sessions_in, stores_in
from schools.materials.queries.kits import KitItem, Kits, Sitting, together
from schools.materials.queries.sessions import shelves_of, wants_of
from schools.materials.reserving import reserve
from schools.visits.models import Session
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Bring:
    """One line of what to bring: how many, from which stores; of equipment the labels, and where each is that is in a store.

    `is_packed`: it lies ready in a box.
    """

    item: KitItem
    stores: tuple[Store, ...]
    labels: tuple[str, ...]
    is_packed: bool

    @property
    def material(self) -> Material:
        """What it is."""
        return self.item.material


@dataclass(frozen=True)
class Elsewhere:
    """Another visit at which a piece is: where, when, and the first names of who goes there."""

    school: str
    day: date
    people: tuple[str, ...]


@dataclass(frozen=True)
class Passing:
    """A piece that comes from, or goes on to, another visit within a week."""

    piece: str
    before: Elsewhere | None
    after: Elsewhere | None


@dataclass(frozen=True)
class Bringing:
    """Everything about the things of one morning."""

    lines: tuple[Bring, ...]
    stores: tuple[Store, ...]
    """Where to fetch it, each store once."""
    passing: tuple[Passing, ...]
    parcels: tuple[Parcel, ...]


type Answers = Mapping[str, list[Row]]


def bring_to(sessions: Sequence[Session], *, on: date) -> Bringing:
    """What to bring to the sessions of one visit on one day; one query where their headcounts are prefetched."""
    prefetch_related_objects(sessions, "headcounts")
    answers = run_batch(*parts_about(sessions, on=on))
    kits = Kits(answers)
    items = together(kits.items(Sitting.of(session)) for session in sessions)
    if not items:
        return Bringing((), (), (), ())
    stores = stores_in(answers)
    mine = {session.pk for session in sessions}
    passing = _passing(sessions, answers)
    labels = _labels(mine, answers, stores, elsewhere={piece for piece, one in passing.items() if one.before})
    packed = Counter[int]()
    for tick in answers["packed"]:
        packed[tick["material"]] += tick["quantity"] if tick["session"] in mine else 0
    from_stores = _stores(sessions, answers, kits, stores)
    lines = []
    for item in items:
        of_pieces = labels.get(item.material.pk, {})
        here = [store for store in of_pieces.values() if store]
        found = here if item.material.is_equipment else from_stores.get(item.material.pk, ())
        is_packed = item.quantity is not None and packed[item.material.pk] >= item.quantity > 0
        lines.append(Bring(item, tuple(dict.fromkeys(found)), tuple(of_pieces), is_packed))
    where = dict.fromkeys(store for line in lines for store in line.stores)
    return Bringing(tuple(lines), tuple(where), tuple(passing.values()), _parcels(answers))


def _labels(
    mine: Collection[int], answers: Answers, stores: Mapping[int, Store], *, elsewhere: Collection[int]
) -> dict[int, dict[str, Store | None]]:
    """By material the label of each piece with the store in which it is; None where it comes from another visit.

    What is lost is not there: whoever goes is told that none is chosen.
    """
    there = {one["piece"]: stores[one["store"]] for one in answers["there"] if one["pieces"]}
    labels: dict[int, dict[str, Store | None]] = {}
    for one in sorted(answers["booking"], key=lambda one: (one["label"], one["session"])):
        piece = one["piece"]
        if one["session"] in mine and piece in there:
            labels.setdefault(one["material"], {})[one["label"]] = None if piece in elsewhere else there[piece]
    return labels


def _stores(sessions: Sequence[Session], answers: Answers, kits: Kits, stores: Mapping[int, Store]) -> dict[int, list[Store]]:
    """By material the stores from which the sessions take it: where it was packed, else where it is reserved."""
    around = sessions_in(answers)
    needs = {pk: kits.items(one.sitting) for pk, one in around.items()}
    stock = {(one["store"], one["material"]): int(one["pieces"]) for one in answers["stock"]}
    # A store that only a packed box or a piece names is another area's: nothing is reserved there.
    packed = {(tick["session"], tick["material"]): tick["store"] for tick in answers["packed"]}
    reserved = reserve(wants_of(around, needs, stores, packed), shelves_of(stores), stock)
    of_want = {(one.want.session, one.want.material): one.store for one in reserved}
    found: defaultdict[int, list[Store]] = defaultdict(list)
    for session in sessions:
        for want, nearest in of_want.items():
            store = stores.get(packed.get(want) or nearest or 0)
            if want[0] == session.pk and store:
                found[want[1]].append(store)
    return found


def _passing(sessions: Sequence[Session], answers: Answers) -> dict[int, Passing]:
    """The pieces that other visits have within a week, by the piece's id."""
    mine = {session.pk for session in sessions}
    first, last = min(one.day for one in sessions), max(one.last_day for one in sessions)
    people: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for one in sorted(answers["person"], key=lambda one: one["cover"]):
        people[one["session"]][Volunteer(name=one["name"], reference=one["reference"]).first_name] = None
    names = {one["piece"]: (one["material"], one["label"]) for one in answers["booking"] if one["session"] in mine}
    materials = {one["id"]: Material(**one) for one in answers["material"]}
    before: dict[int, Elsewhere] = {}
    after: dict[int, Elsewhere] = {}
    for one in _in_turn(other for other in answers["booking"] if other["session"] not in mine):
        day, ends = date.fromisoformat(one["day"]), date.fromisoformat(one["ends_on"])
        where = Elsewhere(one["school"], day, tuple(people[one["session"]]))
        if ends < first:
            before[one["piece"]] = where
        elif day > last:
            after.setdefault(one["piece"], where)
    return {
        piece: Passing(f"{materials[material]} {label}", before.get(piece), after.get(piece))
        for piece, (material, label) in sorted(names.items())
        if piece in before or piece in after
    }


def _in_turn(bookings: Iterable[Row]) -> list[Row]:
    return sorted(bookings, key=lambda one: (one["day"], one["starts"], one["session"]))


def _parcels(answers: Answers) -> tuple[Parcel, ...]:
    days = ("sent_on", "arrived_on")
    made = [one | {day: one[day] and date.fromisoformat(one[day]) for day in days} for one in answers["parcel"]]
    return tuple(Parcel(**one) for one in sorted(made, key=lambda one: (one["sent_on"], one["id"])))
