"""What happens to stock, each written as a line of the ledger; lines never change, so a mistake is corrected by a new line.

Every action locks the stores that it touches, by id, before it reads their stock, so that no two take the same pieces.
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
from schools.materials.queries import goes_on_until, stock_in, where_is


def locked_stores(ids: Iterable[int]) -> dict[int, Store]:
    """Return the stores by id, locked in the order of their ids until the transaction ends."""
    rows = Store.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {store.pk: store for store in rows}


@transaction.atomic
def receive(store: Store, material: Material, quantity: int, *, day: date, by: User, now: datetime, note: str = "") -> Movement:
    """Write that this many of a consumable came to the store. Raises RuleBroken with every reason."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, None)
    reasons += rules.reasons_counted_since(store, material, day)
    _check(reasons or rules.reasons_not_to_add(store, material, quantity))
    return _line(store, material, quantity, MovementKind.RECEIVED, day=day, by=by, now=now, note=note)


@transaction.atomic
def receive_pieces(
    store: Store, material: Material, labels: Sequence[str], *, day: date, by: User, now: datetime, note: str = ""
) -> list[Piece]:
    """Add new pieces of equipment, one for each label, to the store, which becomes their home. Raises RuleBroken."""
    labels = [label.strip() for label in labels if label.strip()]
    locked_stores([store.pk])
    # Two stores may receive a piece of the same label at once; locking the material lets one pass at a time.
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
    """Move the quantity, or the piece, from one store to another by two lines that add up to 0. Raises RuleBroken."""
    locked_stores([origin.pk, target.pk])
    reasons = ["Choose another store to move it to."] if origin.pk == target.pk else []
    reasons += rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece)
    reasons += [each for store in (origin, target) for each in rules.reasons_counted_since(store, material, day)]
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
    """Write that the quantity, or the piece, was lost or spoilt in the store. Raises RuleBroken."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece) + rules.reasons_counted_since(store, material, day)
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
    """Write that the quantity, or a lost piece, was found in the store. Raises RuleBroken."""
    locked_stores([store.pk])
    reasons = rules.reasons_of_quantity(quantity) + rules.reasons_of_day(day, on=timezone.localdate(now))
    reasons += rules.reasons_of_kind(material, piece) + rules.reasons_counted_since(store, material, day)
    if piece is not None:
        # A piece may be found in two stores at once; locking it lets one pass at a time.
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
    """Write a count of these materials in the store: for each the difference to the ledger, also where it is 0.

    A count knows nothing of what came and went after its day, so it is refused where the ledger goes on. `seen` is the ledger's
    stock, by material, when the count began. Where it has changed since, nobody knows which stock was counted, so it must be
    counted again. Raises RuleBroken with every reason; then nothing is written.
    """
    locked_stores([store.pk])
    ids = [material.pk for material in counted]
    there, later = stock_in(store, ids), goes_on_until(store, ids, after=day)
    reasons = rules.reasons_of_day(day, on=timezone.localdate(now))
    for material, pieces in counted.items():
        before = seen.get(material.pk, 0) if seen is not None else None
        goes_on = later.get(material.pk)
        reasons += rules.reasons_not_to_count(store, material, pieces, there=there[material.pk], goes_on=goes_on, seen=before)
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
