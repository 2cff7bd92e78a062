"""The reasons against writing a line of the ledger or choosing equipment; each is a sentence that says what to do next."""

from collections.abc import Iterable, Sequence
from datetime import date

from schools.core.words import joined, long_day
from schools.materials.models import MOST_MOVED, MOST_PIECES, Material, Piece, PieceBooking, SessionKit, Store
from schools.materials.queries import stock_in, was_counted_after, where_is
from schools.visits.models import Session, SessionStage

OLDEST = date(2000, 1, 1)
"""The earliest believable day of a line of the ledger."""


def reasons_of_quantity(quantity: int) -> list[str]:
    """Check that one line moves a believable number of pieces, at least 1."""
    if 1 <= quantity <= MOST_MOVED:
        return []
    return [f"{quantity:,} cannot be right. Give a whole number from 1 to {MOST_MOVED:,}."]


def reasons_not_to_add(store: Store, material: Material, quantity: int) -> list[str]:
    """Check that the store would still hold a believable number of the material."""
    there = stock_in(store, [material.pk])[material.pk]
    if there + quantity <= MOST_MOVED:
        return []
    return [f"{store} would have {there + quantity:,} of “{material}”, which cannot be right. Count the store first."]


def reasons_of_day(day: date, *, on: date) -> list[str]:
    """Check that the day is not in the future and not unbelievably early."""
    if day > on:
        return [f"{long_day(day)} is still to come. Give the day on which it happened."]
    return [f"{long_day(day)} cannot be right. Give the day on which it happened."] if day < OLDEST else []


def reasons_counted_since(store: Store, material: Material, day: date) -> list[str]:
    """Check that nobody has counted the material in the store after the day: what happened before a count is in it."""
    if material.is_equipment or not was_counted_after(store, material.pk, day):
        return []
    since = f"“{material}” was counted in {store} after {long_day(day)}, so the count has it already."
    return [f"{since} If it happened after the count, give the day of the count or a later one."]


def reasons_of_kind(material: Material, piece: Piece | None) -> list[str]:
    """Check that a piece is given for equipment and is one of this material; everything else goes by number."""
    if material.is_equipment and piece is None:
        return [f"“{material}” is equipment. Choose which piece, by its label."]
    if piece is not None and piece.material_id != material.pk:
        return [f"{piece} is another thing than “{material}”. Choose it again."]
    return []


def reasons_not_to_take(store: Store, material: Material, quantity: int) -> list[str]:
    """Check that the store has the quantity; only a count may say that there is less than the ledger says."""
    there = stock_in(store, [material.pk])[material.pk]
    if quantity <= there:
        return []
    has = f"has {there:,}" if there > 0 else "has none"
    return [f"{store} {has} of “{material}”, so {quantity:,} cannot leave it. Take fewer, or count the store first."]


def reasons_not_to_take_piece(store: Store, piece: Piece) -> list[str]:
    """Check that the piece is in the store."""
    there = where_is(piece)
    if there == store.pk:
        return []
    if there is None:
        return [f"{piece} is lost. Write down first where it turned up."]
    return [f"{piece} is not in {store}. Open its page to see where it is."]


def reasons_not_to_count(
    store: Store, material: Material, counted: int, *, there: int, goes_on: date | None, seen: int | None
) -> list[str]:
    """Check that the counted number is believable and that the stock did not change since it was counted.

    `there`: the stock now; `goes_on`: the day of the last line after the day of the count, None: there is none; `seen`: the stock
    when the page was opened, None: not known.
    """
    if not 0 <= counted <= MOST_MOVED:
        return [f"{counted:,} of “{material}” cannot be right. Give 0 to {MOST_MOVED:,}, or leave the box empty."]
    if abs(counted - there) > MOST_MOVED:
        return [f"The ledger of {store} says {there:,} of “{material}”, which no count can mend. Write some off first."]
    if material.is_equipment:
        return [f"“{material}” is equipment. Say of each piece whether it is lost or found."]
    if goes_on is not None:
        since = long_day(goes_on)
        return [f"The ledger of {store} goes on for “{material}” until {since}. Count it again, and give that day."]
    if seen is not None and seen != there:
        return [f"The ledger of {store} changed while you counted “{material}”: it says {there:,} now. Count it again."]
    return []


def reasons_not_to_decide(session: Session, material: Material, quantity: int | None, store: Store | None) -> list[str]:
    """Check what the coordinator decides about a material of the session."""
    reasons = []
    if quantity is not None and not 0 <= quantity <= MOST_PIECES:
        reasons.append(f"{quantity:,} of “{material}” cannot be right. Give 0 to {MOST_PIECES:,}, or leave the box empty.")
    if store is not None and material.is_equipment:
        reasons.append(f"“{material}” is equipment. Choose its pieces instead of a store.")
    return reasons + reasons_not_to_change(session)


def decided_meanwhile(material: Material, row: SessionKit | None) -> str:
    """Return that somebody else has decided otherwise about the material since the page was opened."""
    number = "as many as the kit says" if row is None or row.quantity is None else f"{row.quantity:,}"
    place = f" from {row.store}" if row is not None and row.store else ""
    return f"Somebody else decided about “{material}” meanwhile: {number}{place}. Look at it again, then decide."


def chosen_meanwhile(has: Iterable[PieceBooking]) -> str:
    """Return that somebody else has chosen other pieces since the page was opened."""
    labels = joined(sorted(booking.piece.label for booking in has)) or "none"
    return f"Somebody else chose pieces meanwhile: {labels}. Look at it again, then choose."


def reasons_not_to_change(session: Session) -> list[str]:
    """Check that the session is still to come; what it is to have is decided before it."""
    if session.stage == SessionStage.SCHEDULED:
        return []
    return ["This session is over or cancelled. What was used is part of how it went: correct that."]


def reasons_not_to_choose_piece(piece: Piece, elsewhere: Sequence[Session], *, is_lost: bool) -> list[str]:
    """Check that the piece is not lost and that no other visit has it on one of the session's days (`elsewhere`)."""
    reasons = [f"{piece} is lost. Choose another one, or write down where it was found."] if is_lost else []
    of_visits = {other.visit_id: other for other in elsewhere}.values()
    return reasons + [
        f"{piece} is at {session.visit.school} on {long_day(session.day)}. Choose another one." for session in of_visits
    ]


def reasons_not_to_pack(quantity: int) -> list[str]:
    """Check that the box holds a believable number of the material."""
    if 1 <= quantity <= MOST_PIECES:
        return []
    return [f"{quantity:,} cannot lie in one box. Look at the kit and at how many are expected there, then pack it."]


def reasons_of_labels(material: Material, labels: Sequence[str], *, known: Iterable[str]) -> list[str]:
    """Check that the material is equipment and that each piece has a label of its own, not too long; `known`: labels in use."""
    reasons = []
    if not material.is_equipment:
        return [f"“{material}” is used up and has no labels. Say how many came."]
    if not labels:
        reasons.append("Give the label of each piece, one to a line.")
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        reasons.append(f"{joined(twice)} stands there twice. Give each piece a label of its own.")
    if there := sorted(set(labels) & set(known)):
        reasons.append(f"There is a piece {joined(there)} already. Give another label.")
    if long := [label for label in labels if len(label) > 40]:
        reasons.append(f"“{long[0][:20]}…” is too long for a label. Give at most 40 letters.")
    return reasons
