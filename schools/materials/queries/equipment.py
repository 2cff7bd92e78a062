"""Pieces of equipment: which session has which, where two visits want one at once, and from whom to whom it goes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from schools.materials.models import Material, Piece, PieceBooking, Store
from schools.materials.queries.sessions import STANDING
from schools.materials.queries.stock import whereabouts
from schools.visits.models import Session, SessionQuerySet, SessionStage

HAND_OVER_WITHIN = timedelta(days=7)
"""A piece that is wanted again so soon goes from one visit to the next; otherwise it goes back to where it belongs."""


def live_bookings() -> QuerySet[PieceBooking]:
    """Bookings of sessions to come, whatever their day; `ends_on` is the session's last day."""
    live = PieceBooking.objects.filter(session__stage=SessionStage.SCHEDULED, session__visit__stage__in=STANDING)
    return live.annotate(ends_on=Coalesce("session__until_day", "session__day"))


def ends_from(day: date) -> Q:
    """Live bookings whose session ends on the day or later."""
    return Q(("ends_on__gte", day))


class Claim(NamedTuple):
    """A live booking as plain values: the days, ends included, on which a visit has a piece."""

    pk: int
    piece: int
    visit: int
    session: int
    day: date
    ends_on: date


def claims(bookings: QuerySet[PieceBooking]) -> list[Claim]:
    """The live bookings as plain values; one query."""
    ends_on = Coalesce("session__until_day", "session__day")
    facts = ("pk", "piece_id", "session__visit_id", "session_id", "session__day", ends_on)
    rows = bookings.order_by().values_list(*facts)
    return [Claim(*row) for row in rows]


def contested(every: Iterable[Claim]) -> list[Claim]:
    """Those whose piece another visit has on one of the same days."""
    found: set[Claim] = set()
    still: list[Claim] = []
    # One walk through the days of each piece: a database would compare each booking with every other of its piece.
    for claim in sorted(every, key=lambda one: (one.piece, one.day)):
        still = [one for one in still if one.piece == claim.piece and one.ends_on >= claim.day]
        if others := [one for one in still if one.visit != claim.visit]:
            found.update(others, (claim,))
        still.append(claim)
    return sorted(found)


def booked_twice(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Sessions, from the day on, with a piece of equipment that another visit has on one of the same days."""
    theirs = live_bookings().filter(ends_from(on), session__in=sessions.order_by().values("pk"))
    twice = contested(claims(live_bookings().filter(piece__in=theirs.order_by().values("piece"))))
    return sessions.filter(pk__in={one.session for one in twice if one.ends_on >= on})


def pieces_taken(pieces: Iterable[int], session: Session) -> dict[int, list[Session]]:
    """For each of the pieces the sessions of other visits that have it on one of the session's days; one query."""
    bookings = (
        live_bookings()
        .filter(ends_from(session.day), piece__in=list(pieces), session__day__lte=session.last_day)
        .exclude(session__visit=session.visit_id)
        .select_related("session__visit__school", "session__type")
        .order_by("session__day", "session__starts", "session_id")
    )
    taken: defaultdict[int, list[Session]] = defaultdict(list)
    for booking in bookings:
        taken[booking.piece_id].append(booking.session)
    return dict(taken)


@dataclass(frozen=True)
class PieceChoice:
    """A piece that a session could have: whether it has it, and what stands against it."""

    piece: Piece
    is_chosen: bool
    elsewhere: tuple[Session, ...]
    is_lost: bool

    @property
    def is_free(self) -> bool:
        """Whether nothing stands against it."""
        return not (self.elsewhere or self.is_lost)


def pieces_for(session: Session, materials: Iterable[Material], *, area: int | None) -> dict[int, list[PieceChoice]]:
    """By material, the pieces that belong to stores of the area, and those that the session has; four queries."""
    chosen = set(PieceBooking.objects.filter(session=session).values_list("piece_id", flat=True))
    wanted = [material.pk for material in materials]
    pieces = Piece.objects.filter(material__in=wanted, home__area=area) | Piece.objects.filter(pk__in=chosen)
    found = list(pieces.select_related("material", "home").order_by("material__name", "label"))
    ids = [piece.pk for piece in found]
    taken, there = pieces_taken(ids, session), whereabouts(ids)
    choices: defaultdict[int, list[PieceChoice]] = defaultdict(list)
    for piece in found:
        choice = PieceChoice(piece, piece.pk in chosen, tuple(taken.get(piece.pk, ())), piece.pk not in there)
        choices[piece.material_id].append(choice)
    return dict(choices)


def fetched_from(store: Store, sessions: Iterable[int]) -> list[PieceBooking]:
    """Bookings of the sessions whose piece is fetched from the store, by label: it is there, and no other visit hands it over.

    Three queries.
    """
    bookings = PieceBooking.objects.filter(session__in=list(sessions)).select_related("piece", "session")
    found = list(bookings.order_by("piece__label", "pk"))
    there = whereabouts({booking.piece_id for booking in found})
    here = [booking for booking in found if there.get(booking.piece_id) == store.pk]
    if not here:
        return []
    first, last = min(booking.session.day for booking in here), max(booking.session.day for booking in here)
    others = live_bookings().filter(ends_from(first - HAND_OVER_WITHIN), session__day__lt=last)
    ends: defaultdict[int, list[tuple[int, date]]] = defaultdict(list)
    for booking in others.filter(piece__in=there).select_related("session"):
        ends[booking.piece_id].append((booking.session.visit_id, booking.session.last_day))

    def is_handed_over(session: Session, piece: int) -> bool:
        earliest = session.day - HAND_OVER_WITHIN
        return any(visit != session.visit_id and earliest <= ends_on < session.day for visit, ends_on in ends[piece])

    return [booking for booking in here if not is_handed_over(booking.session, booking.piece_id)]


@dataclass(frozen=True)
class HandOver:
    """Where a piece that a session has comes from and goes to: another visit within a week, else None: its store."""

    piece: Piece
    before: Session | None
    after: Session | None


def hand_overs(sessions: Iterable[Session]) -> list[HandOver]:
    """For each piece of the sessions (all of one visit) the visits before and after that have it within a week; two queries."""
    sessions = list(sessions)
    if not sessions:
        return []
    first, last = min(one.day for one in sessions), max(one.last_day for one in sessions)
    mine = PieceBooking.objects.filter(session__in=[one.pk for one in sessions])
    pieces = {booking.piece_id: booking.piece for booking in mine.select_related("piece__material", "piece__home")}
    others = (
        live_bookings()
        .filter(ends_from(first - HAND_OVER_WITHIN), piece__in=pieces, session__day__lte=last + HAND_OVER_WITHIN)
        .exclude(session__visit=sessions[0].visit_id)
        .select_related("session__visit__school", "session__type")
        .order_by("session__day", "session__starts", "session_id")
    )
    before: dict[int, Session] = {}
    after: dict[int, Session] = {}
    for booking in others:
        if booking.session.last_day < first:
            before[booking.piece_id] = booking.session
        elif booking.session.day > last:
            after.setdefault(booking.piece_id, booking.session)
    return [HandOver(piece, before.get(pk), after.get(pk)) for pk, piece in sorted(pieces.items())]
