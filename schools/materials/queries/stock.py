"""Stock: how much there is, as the sums of the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Max, QuerySet, Sum

from schools.materials.models import Kind, Material, Movement, MovementKind, Packed, Piece, Store
from schools.materials.reserving import OnShelf
from schools.visits.models import SessionStage


def stock_of(*, stores: QuerySet[Store] | None = None, materials: Iterable[int] | None = None) -> dict[OnShelf, int]:
    """Return the stock by store and material (None: of all); one query, answered from an index alone."""
    return {(store, material): pieces for store, material, pieces in sums_of(stores=stores, materials=materials)}


def sums_of(
    *, stores: QuerySet[Store] | None = None, materials: Iterable[int] | None = None
) -> QuerySet[Movement, tuple[int, int, int]]:
    """Return the stock as rows of store, material and pieces, for callers that add it up in another way."""
    lines = Movement.objects.order_by()
    if materials is not None:
        lines = lines.filter(material__in=list(materials))
    if stores is not None:
        lines = lines.filter(store__in=stores.order_by().values("pk"))
    return lines.values_list("store_id", "material_id").annotate(pieces=Sum("quantity"))


def stock_in(store: Store, materials: Iterable[int]) -> dict[int, int]:
    """Return the stock of these materials in one store; 0 where the ledger has no line."""
    wanted = list(materials)
    lines = Movement.objects.filter(store=store, material__in=wanted).order_by()
    pieces_of = dict(lines.values_list("material_id").annotate(pieces=Sum("quantity")))
    return {material: int(pieces_of.get(material, 0)) for material in wanted}


def goes_on_until(store: Store, materials: Iterable[int], *, after: date) -> dict[int, date]:
    """Return the day of the store's last line about each of these materials that has one after the day; one query."""
    lines = Movement.objects.filter(store=store, material__in=list(materials), day__gt=after).order_by()
    return dict(lines.values_list("material_id").annotate(last=Max("day")))


def was_counted_after(store: Store, material_id: int, day: date) -> bool:
    """Return whether there is a count of the material in the store of a later day than this; one query, from an index."""
    return Movement.objects.filter(store=store, material=material_id, kind=MovementKind.COUNTED, day__gt=day).exists()


def totals(*, stores: QuerySet[Store] | None = None) -> dict[int, int]:
    """Return the stock of each material in these stores together (None: in all stores); one query."""
    lines = Movement.objects.order_by()
    if stores is not None:
        lines = lines.filter(store__in=stores.order_by().values("pk"))
    return {material: int(pieces) for material, pieces in lines.values_list("material_id").annotate(pieces=Sum("quantity"))}


@dataclass(frozen=True)
class ShelfLine:
    """One material in one store: its pieces, how many of them are packed for sessions to come, when it was counted last."""

    material: Material
    pieces: int
    packed: int
    counted_on: date | None


def shelf_of(store: Store) -> list[ShelfLine]:
    """Return every consumable that was ever in the store, by name; four queries."""
    lines = Movement.objects.filter(store=store).order_by()
    pieces_of = dict(lines.values_list("material_id").annotate(pieces=Sum("quantity")))
    # A query of its own, because an index answers it; in the query of the sums it would read every line of the store.
    counted = dict(lines.filter(kind=MovementKind.COUNTED).values_list("material_id").annotate(last=Max("day")))
    ticks = Packed.objects.still_in_the_box().filter(store=store, session__stage=SessionStage.SCHEDULED).order_by()
    packed = dict(ticks.values_list("material_id").annotate(pieces=Sum("quantity")))
    materials = Material.objects.filter(kind=Kind.CONSUMABLE).order_by("name", "language", "version")
    return [
        ShelfLine(material, int(pieces_of[material.pk]), packed.get(material.pk, 0), counted.get(material.pk))
        for material in materials
        if material.pk in pieces_of
    ]


def whereabouts(pieces: Iterable[int] | None = None) -> dict[int, int]:
    """Return the id of the store in which each piece of equipment is (None: all pieces), without lost ones; one query."""
    lines = Movement.objects.filter(piece__isnull=False) if pieces is None else Movement.objects.filter(piece__in=list(pieces))
    sums = lines.order_by().values_list("piece_id", "store_id").annotate(pieces=Sum("quantity"))
    return {piece: store for piece, store, there in sums if there}


def where_is(piece: Piece) -> int | None:
    """Return the id of the store in which the piece is; None where it is lost."""
    sums = Movement.objects.filter(piece=piece).order_by().values_list("store_id").annotate(pieces=Sum("quantity"))
    return next((store for store, pieces in sums if pieces), None)


class LedgerLine(NamedTuple):
    """A line of the ledger, as a material's page shows it; `session` and `piece` None where it is not about one."""

    day: date
    kind: str
    quantity: int
    piece: str | None
    store: str
    session: int | None
    session_day: date | None
    school: str | None
    by: str
    note: str

    @property
    def what(self) -> str:
        """Why the stock changed, as people read it."""
        return MovementKind(self.kind).label


def lines_about(material: Material, *, stores: QuerySet[Store] | None = None) -> QuerySet[Movement]:
    """Return every line of the ledger about the material, in these stores (None: in all), the latest first."""
    lines = Movement.objects.filter(material=material)
    return lines if stores is None else lines.filter(store__in=stores.order_by().values("pk"))


def ledger_rows(lines: QuerySet[Movement]) -> QuerySet[Movement, tuple[Any, ...]]:
    """Return the lines as the fields of LedgerLine."""
    return lines.values_list(
        "day", "kind", "quantity", "piece__label", "store__name",
        "session_id", "session__day", "session__visit__school__name", "by__name", "note",
    )  # fmt: skip


SHORT_WITHIN = timedelta(days=14)
"""How far ahead the office's home shows what sessions lack: two weeks."""
