"""Pieces of equipment: which session has which, where two visits have one on the same day, and which visit hands it on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from schools.core.batched_queries import Day
from schools.materials.models import Material, Movement, Piece, PieceBooking, Store
from schools.materials.queries.stock import whereabouts
from schools.visits.models import BOOKED_STAGES, Session, SessionQuerySet, SessionStage

HAND_OVER_WITHIN = timedelta(days=7)
"""The longest time in which a piece goes straight from one visit to the next; otherwise it goes back to its store."""


def live_bookings() -> QuerySet[PieceBooking]:
    """Return the bookings of scheduled sessions, also of past days; `ends_on` is the session's last day."""
    live = PieceBooking.objects.filter(session__stage=SessionStage.SCHEDULED, session__visit__stage__in=BOOKED_STAGES)
    return live.annotate(ends_on=Coalesce("session__until_day", "session__day"))


def bookings_on_the_way() -> QuerySet[PieceBooking]:
    """Return the bookings by which a piece goes on to the next visit: live ones, and those of visits that were reported.

    Left out are those after which the ledger has something of the piece: by then it lies somewhere, or is lost.
    """
    booked = Q(session__stage=SessionStage.SCHEDULED, session__visit__stage__in=BOOKED_STAGES)
    held = booked | Q(session__stage=SessionStage.DELIVERED)
    rows = PieceBooking.objects.filter(held).annotate(ends_on=Coalesce("session__until_day", "session__day"))
    since = Movement.objects.filter(piece=OuterRef("piece"), day__gt=OuterRef("ends_on"))
    return rows.filter(~Exists(since))


def ends_from(day: Day) -> Q:
    """Return the condition for live bookings whose session ends on the day or later."""
    return Q(("ends_on__gte", day))


class Claim(NamedTuple):
    """A live booking as plain values: a visit has a piece from `day` to `ends_on`, both included."""

    pk: int
    piece: int
    visit: int
    session: int
    day: date
    ends_on: date


def claims(bookings: QuerySet[PieceBooking]) -> list[Claim]:
    """Return the live bookings as plain values; one query."""
    ends_on = Coalesce("session__until_day", "session__day")
    facts = ("pk", "piece_id", "session__visit_id", "session_id", "session__day", ends_on)
    rows = bookings.order_by().values_list(*facts)
    return [Claim(*row) for row in rows]


def contested(every: Iterable[Claim]) -> list[Claim]:
    """Return the claims whose piece another visit has on one of the same days."""
    clashing: set[Claim] = set()
    still: list[Claim] = []
    # One pass over each piece, ordered by day; a database would compare each booking with all others of its piece.
    for claim in sorted(every, key=lambda other: (other.piece, other.day)):
        still = [other for other in still if other.piece == claim.piece and other.ends_on >= claim.day]
        if others := [other for other in still if other.visit != claim.visit]:
            clashing.update(others, (claim,))
        still.append(claim)
    return sorted(clashing)


def booked_twice(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Return the sessions, from the day on, that have a piece of equipment which another visit has on one of the same days."""
    theirs = live_bookings().filter(ends_from(on), session__in=sessions.order_by().values("pk"))
    twice = contested(claims(live_bookings().filter(piece__in=theirs.order_by().values("piece"))))
    return sessions.filter(pk__in={claim.session for claim in twice if claim.ends_on >= on})


def pieces_taken(pieces: Iterable[int], session: Session) -> dict[int, list[Session]]:
    """Return, by piece, the sessions of other visits that have it on one of the session's days; one query."""
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
    """A piece that a session could have: whether it was chosen, which sessions have it elsewhere, whether it is lost."""

    piece: Piece
    is_chosen: bool
    elsewhere: tuple[Session, ...]
    is_lost: bool

    @property
    def is_free(self) -> bool:
        """Whether no other session has it and it is not lost."""
        return not (self.elsewhere or self.is_lost)


def pieces_for(session: Session, materials: Iterable[Material], *, area: int | None) -> dict[int, list[PieceChoice]]:
    """Return, by material, the pieces of the area's stores, and those that the session has of any material.

    Four queries; one where there is none of them.
    """
    chosen = set(PieceBooking.objects.filter(session=session).values_list("piece_id", flat=True))
    wanted = [material.pk for material in materials]
    pieces = Piece.objects.filter(material__in=wanted, home__area=area) | Piece.objects.filter(pk__in=chosen)
    candidates = list(pieces.select_related("material", "home").order_by("material__name", "label"))
    ids = [piece.pk for piece in candidates]
    taken, there = pieces_taken(ids, session), whereabouts(ids)
    choices: defaultdict[int, list[PieceChoice]] = defaultdict(list)
    for piece in candidates:
        choice = PieceChoice(piece, piece.pk in chosen, tuple(taken.get(piece.pk, ())), piece.pk not in there)
        choices[piece.material_id].append(choice)
    return dict(choices)


def fetched_from(store: Store, sessions: Iterable[int]) -> list[PieceBooking]:
    """Return the sessions' bookings whose piece is fetched from the store: it lies there, and no other visit hands it on.

    Ordered by label; three queries.
    """
    bookings = PieceBooking.objects.filter(session__in=list(sessions)).select_related("piece", "session")
    booked = list(bookings.order_by("piece__label", "pk"))
    there = whereabouts({booking.piece_id for booking in booked})
    here = [booking for booking in booked if there.get(booking.piece_id) == store.pk]
    if not here:
        return []
    first, last = min(booking.session.day for booking in here), max(booking.session.day for booking in here)
    others = bookings_on_the_way().filter(ends_from(first - HAND_OVER_WITHIN), session__day__lt=last)
    ends: defaultdict[int, list[tuple[int, date]]] = defaultdict(list)
    for booking in others.filter(piece__in=there).select_related("session"):
        ends[booking.piece_id].append((booking.session.visit_id, booking.session.last_day))

    def is_handed_over(session: Session, piece: int) -> bool:
        earliest = session.day - HAND_OVER_WITHIN
        return any(visit != session.visit_id and earliest <= ends_on < session.day for visit, ends_on in ends[piece])

    return [booking for booking in here if not is_handed_over(booking.session, booking.piece_id)]


@dataclass(frozen=True)
class HandOver:
    """The visits between which a piece of a session travels, within a week before and after; None: its store."""

    piece: Piece
    before: Session | None
    after: Session | None


def hand_overs(sessions: Iterable[Session]) -> list[HandOver]:
    """Return, for each piece of one visit's sessions, which visits have it within a week before and after; two queries."""
    sessions = list(sessions)
    if not sessions:
        return []
    first, last = min(session.day for session in sessions), max(session.last_day for session in sessions)
    mine = PieceBooking.objects.filter(session__in=[session.pk for session in sessions])
    pieces = {booking.piece_id: booking.piece for booking in mine.select_related("piece__material", "piece__home")}
    others = (
        bookings_on_the_way()
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
