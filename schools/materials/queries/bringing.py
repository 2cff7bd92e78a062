"""What somebody who goes to a morning brings and where it is: for the people who go, so nothing of what only the office needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schools.materials.models import Material, Packed, Parcel, PieceBooking, Store
from schools.materials.queries.equipment import HandOver, hand_overs
from schools.materials.queries.kits import KitItem, kit_for
from schools.materials.queries.sessions import reservations_around
from schools.visits.models import Cover, Session, SessionStage


@dataclass(frozen=True)
class Bring:
    """One line of what to bring: how many, from which stores; of equipment the labels. `is_packed`: it lies ready in a box."""

    item: KitItem
    stores: tuple[Store, ...]
    labels: tuple[str, ...]
    is_packed: bool

    @property
    def material(self) -> Material:
        """What it is."""
        return self.item.material


@dataclass(frozen=True)
class Passing:
    """A piece that comes from, or goes on to, people of another visit within a week; first names alone are shown of them."""

    over: HandOver
    people_before: tuple[str, ...]
    people_after: tuple[str, ...]


@dataclass(frozen=True)
class Bringing:
    """Everything about the things of one morning."""

    lines: tuple[Bring, ...]
    stores: tuple[Store, ...]
    """Where to fetch it, each store once."""
    passing: tuple[Passing, ...]
    parcels: tuple[Parcel, ...]


def bring_to(sessions: Sequence[Session], *, on: date) -> Bringing:
    """What to bring to the sessions of one visit on one day; a constant number of queries."""
    items = kit_for(*sessions)
    if not items:
        return Bringing((), (), (), ())
    pks = [session.pk for session in sessions]
    ticks = list(Packed.objects.filter(session__in=pks).select_related("store__keeper"))
    from_stores = _stores(sessions, ticks, on=on)
    labels: dict[int, dict[str, Store]] = {}
    bookings = PieceBooking.objects.filter(session__in=pks).select_related("piece__home__keeper")
    for booking in bookings.order_by("piece__label"):
        labels.setdefault(booking.piece.material_id, {})[booking.piece.label] = booking.piece.home
    packed: dict[int, int] = {}
    for tick in ticks:
        packed[tick.material_id] = packed.get(tick.material_id, 0) + tick.quantity
    lines = []
    for item in items:
        of_pieces = labels.get(item.material.pk, {})
        stores = of_pieces.values() if item.material.is_equipment else from_stores.get(item.material.pk, ())
        is_packed = item.quantity is not None and packed.get(item.material.pk, 0) >= item.quantity > 0
        lines.append(Bring(item, tuple(dict.fromkeys(stores)), tuple(of_pieces), is_packed))
    passing = _passing([over for over in hand_overs(sessions) if over.before or over.after]) if labels else ()
    parcels = tuple(Parcel.objects.filter(visit=sessions[0].visit_id).order_by("sent_on"))
    return Bringing(tuple(lines), tuple(dict.fromkeys(store for line in lines for store in line.stores)), passing, parcels)


def _stores(sessions: Sequence[Session], ticks: Sequence[Packed], *, on: date) -> dict[int, list[Store]]:
    """By material the stores from which the sessions take it: where it was packed, else where it is reserved."""
    to_come = [session for session in sessions if session.stage == SessionStage.SCHEDULED]
    if not to_come:
        return {}
    reservations = reservations_around(to_come[0], on=on)
    found: dict[int, list[Store]] = {}
    packed = {(tick.session_id, tick.material_id): tick.store for tick in ticks}
    for session in to_come:
        for material, reserved in reservations.by_session.get(session.pk, {}).items():
            store = packed.get((session.pk, material)) or reservations.stores.get(reserved.store or 0)
            if store:
                found.setdefault(material, []).append(store)
    return found


def _passing(overs: Sequence[HandOver]) -> tuple[Passing, ...]:
    """The pieces with the first names at their other visits; one query, however many pieces."""
    others = {session.pk for over in overs for session in (over.before, over.after) if session}
    people: dict[int, dict[str, None]] = {pk: {} for pk in others}
    for cover in Cover.objects.holding().filter(session__in=others).select_related("volunteer").order_by("pk"):
        people[cover.session_id][cover.volunteer.first_name] = None

    def names(session: Session | None) -> tuple[str, ...]:
        return tuple(people[session.pk]) if session else ()

    return tuple(Passing(over, names(over.before), names(over.after)) for over in overs)
