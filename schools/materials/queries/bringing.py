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
    from_stores = _stores(sessions, on=on)
    labels: dict[int, dict[str, Store]] = {}
    bookings = PieceBooking.objects.filter(session__in=pks).select_related("piece__home__keeper")
    for booking in bookings.order_by("piece__label"):
        labels.setdefault(booking.piece.material_id, {})[booking.piece.label] = booking.piece.home
    packed: dict[int, int] = {}
    for material, pieces in Packed.objects.filter(session__in=pks).values_list("material_id", "quantity"):
        packed[material] = packed.get(material, 0) + pieces
    lines = []
    for item in items:
        of_pieces = labels.get(item.material.pk, {})
        stores = of_pieces.values() if item.material.is_equipment else from_stores.get(item.material.pk, ())
        is_packed = item.quantity is not None and packed.get(item.material.pk, 0) >= item.quantity > 0
        lines.append(Bring(item, tuple(dict.fromkeys(stores)), tuple(of_pieces), is_packed))
    passing = tuple(_passing(over) for over in hand_overs(sessions) if over.before or over.after)
    parcels = tuple(Parcel.objects.filter(visit=sessions[0].visit_id).order_by("sent_on"))
    return Bringing(tuple(lines), tuple(dict.fromkeys(store for line in lines for store in line.stores)), passing, parcels)


def _stores(sessions: Sequence[Session], *, on: date) -> dict[int, list[Store]]:
    """By material the stores from which the sessions take it: where it was packed, else where it is reserved."""
    to_come = [session for session in sessions if session.stage == SessionStage.SCHEDULED]
    if not to_come:
        return {}
    reservations = reservations_around(to_come[0], on=on)
    found: dict[int, list[Store]] = {}
    ticks = Packed.objects.filter(session__in=[session.pk for session in to_come]).select_related("store__keeper")
    packed = {(tick.session_id, tick.material_id): tick.store for tick in ticks}
    for session in to_come:
        for material, reserved in reservations.by_session.get(session.pk, {}).items():
            store = packed.get((session.pk, material)) or reservations.stores.get(reserved.store or 0)
            if store:
                found.setdefault(material, []).append(store)
    return found


def _passing(over: HandOver) -> Passing:
    return Passing(over, _people(over.before), _people(over.after))


def _people(session: Session | None) -> tuple[str, ...]:
    if session is None:
        return ()
    covers = Cover.objects.holding().filter(session=session).select_related("volunteer").order_by("pk")
    return tuple(dict.fromkeys(cover.volunteer.first_name for cover in covers))
