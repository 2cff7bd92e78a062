"""What the coordinator decides for one session: quantities, stores and pieces of equipment."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from schools.core.errors import RuleBroken
from schools.materials import rules
from schools.materials.models import Material, Piece, PieceBooking, SessionKit, Store
from schools.materials.queries import pieces_for, pieces_taken, whereabouts
from schools.visits.models import Session

type Decided = tuple[int | None, int | None]
"""How many of a material somebody decided on, and from which store (id); None: neither."""


def _locked(session: Session) -> Session:
    return Session.objects.select_for_update(of=("self",), no_key=True).select_related("visit__school").get(pk=session.pk)


@transaction.atomic
def decide(
    session: Session, material: Material, *, quantity: int | None, store: Store | None, shown: Decided | None = None
) -> None:
    """Set how many of the material the session gets (None: by its kit; 0: none) and its store (None: the nearest with enough).

    `shown` is what was decided before, as somebody saw it; None: nobody looked. Raises RuleBroken with every reason, and where
    somebody else has decided otherwise since.
    """
    session = _locked(session)
    row = SessionKit.objects.filter(session=session, material=material).select_related("store").first()
    before = (row.quantity, row.store_id) if row else (None, None)
    reasons = rules.reasons_not_to_decide(session, material, quantity, store)
    if shown is not None and before not in {shown, (quantity, store.pk if store else None)}:
        reasons.append(rules.decided_meanwhile(material, row))
    if reasons:
        raise RuleBroken(reasons)
    if quantity is None and store is None:
        SessionKit.objects.filter(session=session, material=material).delete()
        return
    SessionKit.objects.update_or_create(session=session, material=material, defaults={"quantity": quantity, "store": store})


@transaction.atomic
def choose_pieces(
    session: Session, material: Material, pieces: Sequence[Piece], *, shown: Collection[int] | None = None
) -> list[PieceBooking]:
    """Give the session exactly these pieces of the material and return the new bookings.

    `shown` are the pieces (ids) that it had when somebody looked; None: nobody looked. Raises RuleBroken where the session is
    over, a piece is lost, of another material, or at another visit that day, or somebody else has chosen others since.
    """
    session = _locked(session)
    has = PieceBooking.objects.filter(session=session, piece__material=material)
    kept = set(has.values_list("piece_id", flat=True))
    reasons = rules.reasons_not_to_change(session)
    if shown is not None and kept not in (set(shown), {piece.pk for piece in pieces}):
        reasons.append(rules.chosen_meanwhile(has.select_related("piece")))
    wrong = [reason for piece in pieces for reason in rules.reasons_of_kind(material, piece)]
    # Locking the pieces, by id, lets one choose at a time: who comes second sees what the first has taken.
    locked = Piece.objects.select_for_update(no_key=True, of=("self",)).select_related("material").order_by("pk")
    new = list(locked.filter(pk__in={piece.pk for piece in pieces} - kept))
    ids = [piece.pk for piece in new]
    taken, there = pieces_taken(ids, session), whereabouts(ids)
    for piece in new:
        reasons += rules.reasons_not_to_choose_piece(piece, taken.get(piece.pk, ()), is_lost=piece.pk not in there)
    if reasons or wrong:
        raise RuleBroken([*reasons, *wrong])
    has.exclude(piece__in=[piece.pk for piece in pieces]).delete()
    return PieceBooking.objects.bulk_create(PieceBooking(session=session, piece=piece) for piece in new)


def choose_free_pieces(session: Session, needed: Iterable[tuple[Material, int]], *, area: int | None) -> int:
    """Choose free pieces of the area until the session has what it needs or none is left; return how many were chosen.

    Pieces that the visit's other sessions have come first, because one box serves the whole morning.
    """
    needed = list(needed)
    choices = pieces_for(session, [material for material, _ in needed], area=area)
    of_visit = set(PieceBooking.objects.filter(session__visit=session.visit_id).values_list("piece_id", flat=True))
    chosen = 0
    for material, quantity in needed:
        of_material = choices.get(material.pk, [])
        has = [choice.piece for choice in of_material if choice.is_chosen]
        free = [choice.piece for choice in of_material if choice.is_free and not choice.is_chosen]
        free.sort(key=lambda piece: (piece.pk not in of_visit, piece.pk))
        more = free[: max(0, quantity - len(has))]
        if more:
            chosen += len(choose_pieces(session, material, [*has, *more]))
    return chosen
