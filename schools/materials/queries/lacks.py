"""What sessions lack: consumables that their store does not have, equipment that nobody chose or that two visits have."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from schools.core.ids import Ids
from schools.core.words import long_day
from schools.directory.models import Area, AreaAuthority
from schools.materials.models import Material, Piece, PieceBooking, Store
from schools.materials.queries.equipment import Claim, claims, contested, ends_from, live_bookings
from schools.materials.queries.kits import KitItem
from schools.materials.queries.sessions import Reservations
from schools.materials.queries.stock import SHORT_WITHIN, whereabouts
from schools.visits.models import SessionQuerySet


@dataclass(frozen=True)
class Lack:
    """One thing that a session to come lacks; `reason` is a sentence that says what to do next."""

    session_id: int
    day: date
    material: Material
    missing: int
    reason: str
    store: Store | None = None


def lacks(*, areas: QuerySet[Area] | None = None, on: date, until: date | None = None) -> list[Lack]:
    """Return what sessions from the day to `until` (None: two weeks ahead) lack, soonest first; a constant number of queries.

    Areas without a store keep no stock here, so their sessions are left out.
    """
    until = until or on + SHORT_WITHIN
    reservations = Reservations(areas=areas, on=on, until=until)
    sessions = [pk for pk, session in reservations.sessions.items() if session.last_day >= on and session.day <= until]
    judged = [pk for pk in sessions if reservations.sessions[pk].area in reservations.areas_with_stores]
    pieces = _Pieces(reservations, judged)
    return [
        lack
        for pk in judged
        for item in reservations.kits[pk]
        for lack in (pieces.lacking(pk, item) if item.material.is_equipment else _missing(reservations, pk, item))
    ]


def _missing(reservations: Reservations, session: int, item: KitItem) -> Iterator[Lack]:
    reserved = reservations.by_session.get(session, {}).get(item.material.pk)
    if reserved is None or reserved.store is None or not reserved.missing:
        return
    store = reservations.stores[reserved.store]
    there = f"{reserved.taken:,}" if reserved.taken else "none"
    reason = (
        f"{store} has {there} of the {item.quantity:,} “{item.material}” for this session. "
        f"Move {reserved.missing:,} there, order more, or choose another store."
    )
    yield Lack(session, reservations.sessions[session].day, item.material, reserved.missing, reason, store)


class _Pieces:
    """The equipment that the sessions have, read in three queries."""

    def __init__(self, reservations: Reservations, sessions: Collection[int]) -> None:
        self._sessions = reservations.sessions
        theirs = PieceBooking.objects.filter(session__in=Ids(sessions)).order_by()
        # Any visit that has one of the pieces on these days is in the way, in another area too.
        last = max((self._sessions[pk].last_day for pk in sessions), default=date.min)
        first = min((self._sessions[pk].day for pk in sessions), default=date.max)
        around = live_bookings().filter(ends_from(first), session__day__lte=last, piece__in=theirs.values("piece"))
        every = claims(around)
        self._pieces = Piece.objects.select_related("material").in_bulk({claim.piece for claim in every})
        self._has: defaultdict[tuple[int, int], list[Claim]] = defaultdict(list)
        for claim in sorted(every, key=lambda claim: self._pieces[claim.piece].label):
            self._has[claim.session, self._pieces[claim.piece].material_id].append(claim)
        self._there = whereabouts()
        self._twice = {claim.pk for claim in contested(every)}

    def lacking(self, session: int, item: KitItem) -> Iterator[Lack]:
        """Yield what the session lacks of one kind of equipment."""
        day = self._sessions[session].day
        has = self._has[session, item.material.pk]
        for claim in has:
            piece = self._pieces[claim.piece]
            if claim.pk in self._twice:
                why = f"is at another visit on {long_day(day)} too. Choose another one, or move one of the visits."
                yield Lack(session, day, item.material, 1, f"{piece} {why}")
            elif claim.piece not in self._there:
                why = "is lost. Choose another one, or write down where it was found."
                yield Lack(session, day, item.material, 1, f"{piece} {why}")
        if item.quantity and len(has) < item.quantity:
            missing = item.quantity - len(has)
            if has:
                reason = f"Only {len(has):,} of the {item.quantity:,} “{item.material}” is chosen. Choose {missing:,} more."
            else:
                reason = f"No “{item.material}” is chosen yet. Choose {missing:,}."
            yield Lack(session, day, item.material, missing, reason)


def lacking_soon(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Return those of the sessions that lack something within two weeks.

    What one session takes is gone for the next one, so all sessions of each area are read, not only those of the QuerySet.
    """
    authorities = sessions.filter(day__range=(on, on + SHORT_WITHIN)).order_by().values("visit__school__authority")
    # The ids of the few areas are read once; as a subquery they would be looked up again in every query below.
    area_ids = set(AreaAuthority.objects.filter(authority__in=authorities).order_by().values_list("area_id", flat=True))
    areas = Area.objects.filter(pk__in=area_ids)
    return sessions.filter(pk__in={lack.session_id for lack in lacks(areas=areas, on=on)})
