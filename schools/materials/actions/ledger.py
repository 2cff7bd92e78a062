"""What happens to stock, one line of the ledger for each: nothing is ever changed, what was wrong is corrected by another line.

Every verb locks the stores it touches, by id, before it looks at what is in them, so that no two take the same pieces.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.materials import rules
from schools.materials.models import Material, Movement, MovementKind, Piece, Store
from schools.materials.queries import stock_in, where_is


def locked_stores(ids: Iterable[int]) -> dict[int, Store]:
    """The stores, locked by id until the transaction ends."""
    rows = Store.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {store.pk: store for store in rows}


@transaction.atomic
def receive(store: Store, material: Material, quantity: int, *, day: date, by: User, now: datetime, note: str = "") -> Movement:
    """So many of something used up came to the store. Raises RuleBroken with every reason."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, None)
    _check(reasons or rules.reasons_not_to_add(store, material, quantity))
    return _line(store, material, quantity, MovementKind.RECEIVED, day=day, by=by, now=now, note=note)


@transaction.atomic
def receive_pieces(
    store: Store, material: Material, labels: Sequence[str], *, day: date, by: User, now: datetime, note: str = ""
) -> list[Piece]:
    """New pieces of equipment, each by its label, came to the store, where they belong from now on. Raises RuleBroken."""
    labels = [label.strip() for label in labels if label.strip()]
    locked_stores([store.pk])
    # Two stores may receive a piece of the same label at once; the material's row lets one pass at a time.
    material = Material.objects.select_for_update(no_key=True).get(pk=material.pk)
    known = Piece.objects.filter(material=material).values_list("label", flat=True)
    reasons = rules.reasons_of_labels(material, labels, known=known)
    _check(reasons + rules.reasons_of_day(day, on=timezone.localdate(now)))
    pieces = [Piece.objects.create(material=material, label=label, home=store) for label in labels]
    for piece in pieces:
        _line(store, material, 1, MovementKind.RECEIVED, piece=piece, day=day, by=by, now=now, note=note)
    return pieces


@transaction.atomic
def transfer(
    origin: Store,
    target: Store,
    material: Material,
    quantity: int,
    *,
    day: date,
    by: User,
    now: datetime,
    piece: Piece | None = None,
    note: str = "",
) -> tuple[Movement, Movement]:
    """Move so many, or the piece, from one store to another: two lines that add up to nothing. Raises RuleBroken."""
    locked_stores([origin.pk, target.pk])
    reasons = ["Choose another store to move it to."] if origin.pk == target.pk else []
    reasons += rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece)
    reasons += _reasons_not_to_take(origin, material, quantity, piece)
    _check(reasons or rules.reasons_not_to_add(target, material, quantity))
    number = uuid4()
    away = _line(
        origin, material, -quantity, MovementKind.MOVED, piece=piece, transfer=number, day=day, by=by, now=now, note=note
    )
    there = _line(
        target, material, quantity, MovementKind.MOVED, piece=piece, transfer=number, day=day, by=by, now=now, note=note
    )
    return away, there


@transaction.atomic
def lose(
    store: Store,
    material: Material,
    quantity: int,
    *,
    day: date,
    by: User,
    now: datetime,
    piece: Piece | None = None,
    note: str = "",
) -> Movement:
    """So many, or the piece, were lost or spoilt in the store. Raises RuleBroken."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece)
    _check(reasons + _reasons_not_to_take(store, material, quantity, piece))
    return _line(store, material, -quantity, MovementKind.LOST, piece=piece, day=day, by=by, now=now, note=note)


@transaction.atomic
def find(
    store: Store,
    material: Material,
    quantity: int,
    *,
    day: date,
    by: User,
    now: datetime,
    piece: Piece | None = None,
    note: str = "",
) -> Movement:
    """So many, or a piece that was lost, were found in the store. Raises RuleBroken."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece)
    if piece is not None:
        # A piece may be found in two stores at once; its row lets one pass at a time.
        Piece.objects.select_for_update(no_key=True).get(pk=piece.pk)
        if where_is(piece) is not None:
            reasons.append(f"{piece} is not lost. Open its page to see where it is, and move it from there.")
    _check(reasons or rules.reasons_not_to_add(store, material, quantity))
    return _line(store, material, quantity, MovementKind.FOUND, piece=piece, day=day, by=by, now=now, note=note)


@transaction.atomic
def count(
    store: Store,
    counted: Mapping[Material, int],
    *,
    day: date,
    by: User,
    now: datetime,
    seen: Mapping[int, int] | None = None,
    note: str = "",
) -> list[Movement]:
    """Somebody counted these materials in the store: each writes the difference to what the ledger said, be it nothing.

    `seen` is what the ledger said, by material, when the counting began: where it has changed since, nobody knows which of the
    two was counted, and it is counted again. Raises RuleBroken with every reason; then nothing is written.
    """
    locked_stores([store.pk])
    there = stock_in(store, [material.pk for material in counted])
    reasons = rules.reasons_of_day(day, on=timezone.localdate(now))
    for material, pieces in counted.items():
        before = seen.get(material.pk, 0) if seen is not None else None
        reasons += rules.reasons_not_to_count(store, material, pieces, there=there[material.pk], seen=before)
    _check(reasons)
    return [
        _line(store, material, pieces - there[material.pk], MovementKind.COUNTED, day=day, by=by, now=now, note=note)
        for material, pieces in sorted(counted.items(), key=lambda pair: pair[0].pk)
    ]


def _reasons_not_to_take(store: Store, material: Material, quantity: int, piece: Piece | None) -> list[str]:
    if piece is not None:
        return rules.reasons_not_to_take_piece(store, piece)
    return rules.reasons_not_to_take(store, material, quantity)


def _check(reasons: list[str]) -> None:
    if reasons:
        raise RuleBroken(reasons)


def _line(
    store: Store, material: Material, quantity: int, kind: MovementKind, *, day: date, by: User, now: datetime, **more: object
) -> Movement:
    return Movement.objects.create(
        store=store, material=material, quantity=quantity, kind=kind, day=day, by=by, written_at=now, **more
    )
