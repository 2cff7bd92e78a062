"""What to bring to a morning and where it is, for the people who go: nothing that only the office needs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import prefetch_related_objects

from schools.core.batched_queries import Row
from schools.materials.models import Material, Parcel, Store
from schools.materials.queries.bringing_parts import answers_about, sessions_in, stores_in
from schools.materials.queries.kits import KitItem, Kits, Sitting, combined
from schools.materials.queries.sessions import shelves_of, wants_of
from schools.materials.reserving import reserve
from schools.visits.models import Session
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class ThingToBring:
    """One line of the list of what to bring.

    `stores`: where to fetch it; of equipment, where the pieces are that lie in a store. `labels`: those of the pieces of
    equipment. `is_packed`: it lies ready in a box.
    """

    item: KitItem
    stores: tuple[Store, ...]
    labels: tuple[str, ...]
    is_packed: bool

    @property
    def material(self) -> Material:
        """The material to bring."""
        return self.item.material


@dataclass(frozen=True)
class Elsewhere:
    """Another visit that has a piece: its school, its day, and the first names of the people who go there."""

    school: str
    day: date
    people: tuple[str, ...]


@dataclass(frozen=True)
class Passing:
    """A piece that comes from another visit, or goes on to one, within a week; None: from or to its store."""

    piece: str
    before: Elsewhere | None
    after: Elsewhere | None


@dataclass(frozen=True)
class ThingsToBring:
    """The whole list of what to bring to one morning."""

    lines: tuple[ThingToBring, ...]
    stores: tuple[Store, ...]
    """The stores from which to fetch it, each once."""
    passing: tuple[Passing, ...]
    parcels: tuple[Parcel, ...]

    @property
    def by_place(self) -> list[tuple[Store, list[ThingToBring]]]:
        """The stores with the lines that are fetched there; a line that is fetched in two places stands in both."""
        return [(store, [line for line in self.lines if store in line.stores]) for store in self.stores]

    @property
    def from_nowhere(self) -> list[ThingToBring]:
        """The lines that no store has ready: they come from another visit, or nobody has chosen yet."""
        return [line for line in self.lines if not line.stores]


type Answers = Mapping[str, list[Row]]


def things_to_bring(sessions: Sequence[Session], *, on: date) -> ThingsToBring:
    """Return what to bring to the sessions of one visit on one day; one query where their headcounts are prefetched."""
    prefetch_related_objects(sessions, "headcounts")
    answers = answers_about(sessions, on=on)
    kits = Kits(answers)
    items = combined(kits.items(Sitting.of(session)) for session in sessions)
    if not items:
        return ThingsToBring((), (), (), ())
    stores = stores_in(answers)
    mine = {session.pk for session in sessions}
    passing = _passing(sessions, answers)
    labels = _labels(mine, answers, stores, elsewhere={piece for piece, route in passing.items() if route.before})
    packed = Counter[int]()
    for tick in answers["packed"]:
        packed[tick["material"]] += tick["quantity"] if tick["session"] in mine else 0
    from_stores = _stores(sessions, answers, kits, stores)
    lines = []
    for item in items:
        of_pieces = labels.get(item.material.pk, {})
        here = [store for store in of_pieces.values() if store]
        found_in = here if item.material.is_equipment else from_stores.get(item.material.pk, ())
        is_packed = item.quantity is not None and packed[item.material.pk] >= item.quantity > 0
        lines.append(ThingToBring(item, tuple(dict.fromkeys(found_in)), tuple(of_pieces), is_packed))
    where = dict.fromkeys(store for line in lines for store in line.stores)
    return ThingsToBring(tuple(lines), tuple(where), tuple(passing.values()), _parcels(answers))


def _labels(
    mine: Collection[int], answers: Answers, stores: Mapping[int, Store], *, elsewhere: Collection[int]
) -> dict[int, dict[str, Store | None]]:
    """Return, by material, the label of each piece with the store in which it is; None where it comes from another visit.

    Lost pieces are left out, so the page says that none is chosen.
    """
    there = {row["piece"]: stores[row["store"]] for row in answers["there"] if row["pieces"]}
    labels: dict[int, dict[str, Store | None]] = {}
    for booking in sorted(answers["booking"], key=lambda booking: (booking["label"], booking["session"])):
        piece = booking["piece"]
        if booking["session"] in mine and piece in there:
            labels.setdefault(booking["material"], {})[booking["label"]] = None if piece in elsewhere else there[piece]
    return labels


def _stores(sessions: Sequence[Session], answers: Answers, kits: Kits, stores: Mapping[int, Store]) -> dict[int, list[Store]]:
    """Return, by material, the stores from which the sessions take it: where it is packed, else where it is reserved."""
    around = sessions_in(answers)
    needs = {pk: kits.items(session.sitting) for pk, session in around.items()}
    stock = {(row["store"], row["material"]): int(row["pieces"]) for row in answers["stock"]}
    # The stores of packed boxes and pieces may be another area's; nothing is reserved there.
    packed = {(tick["session"], tick["material"]): tick["store"] for tick in answers["packed"]}
    reserved = reserve(wants_of(around, needs, stores, packed), shelves_of(stores), stock)
    of_want = {(reservation.want.session, reservation.want.material): reservation.store for reservation in reserved}
    from_stores: defaultdict[int, list[Store]] = defaultdict(list)
    for session in sessions:
        for want, nearest in of_want.items():
            store = stores.get(packed.get(want) or nearest or 0)
            if want[0] == session.pk and store:
                from_stores[want[1]].append(store)
    return from_stores


def _passing(sessions: Sequence[Session], answers: Answers) -> dict[int, Passing]:
    """Return the pieces that other visits have within a week, by the piece's id."""
    mine = {session.pk for session in sessions}
    first, last = min(session.day for session in sessions), max(session.last_day for session in sessions)
    people: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for row in sorted(answers["person"], key=lambda row: row["cover"]):
        people[row["session"]][Volunteer(name=row["name"], reference=row["reference"]).first_name] = None
    names = {
        booking["piece"]: (booking["material"], booking["label"]) for booking in answers["booking"] if booking["session"] in mine
    }
    materials = {row["id"]: Material(**row) for row in answers["material"]}
    before: dict[int, Elsewhere] = {}
    after: dict[int, Elsewhere] = {}
    for booking in _in_turn(other for other in answers["booking"] if other["session"] not in mine):
        day, ends = date.fromisoformat(booking["day"]), date.fromisoformat(booking["ends_on"])
        where = Elsewhere(booking["school"], day, tuple(people[booking["session"]]))
        if ends < first:
            before[booking["piece"]] = where
        elif day > last:
            after.setdefault(booking["piece"], where)
    return {
        piece: Passing(f"{materials[material]} {label}", before.get(piece), after.get(piece))
        for piece, (material, label) in sorted(names.items())
        if piece in before or piece in after
    }


def _in_turn(bookings: Iterable[Row]) -> list[Row]:
    return sorted(bookings, key=lambda booking: (booking["day"], booking["starts"], booking["session"]))


def _parcels(answers: Answers) -> tuple[Parcel, ...]:
    days = ("sent_on", "arrived_on")
    rows = [row | {day: row[day] and date.fromisoformat(row[day]) for day in days} for row in answers["parcel"]]
    return tuple(Parcel(**row) for row in sorted(rows, key=lambda row: (row["sent_on"], row["id"])))
