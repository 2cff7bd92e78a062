"""What a session used leaves the stock in the transaction that records its outcome; corrections are new lines of the ledger."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db.models import Sum
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import AreaAuthority
from schools.directory.models.areas import holds_on
from schools.materials.actions.ledger import locked_stores
from schools.materials.models import Material, MaterialUse, Movement, MovementKind, Packed, SessionKit, Store
from schools.materials.queries import Reservations, reservations_around, stock_in, was_counted_after
from schools.materials.reserving import Shelf, nearest
from schools.visits.models import Session, SessionStage

MORE_THAN_KNOWN = "More was used than the ledger knew of"
COUNTED_SINCE = "The store was counted after that day, and the count stands"


class Sources:
    """The store from which each material of a session is taken, as its pages showed before the outcome was recorded.

    Made before the session is stored as delivered, because a session that is over holds no stock any more.
    """

    def __init__(self, session: Session, *, on: date) -> None:
        self._session = session
        self._on = on
        # A session that was cancelled and took place after all was supplied from the box that stood ready for it.
        ticks = Packed.objects.all() if session.stage == SessionStage.CANCELLED else Packed.objects.still_in_the_box()
        packed = ticks.filter(session=session).values_list("material_id", "store_id")
        chosen = SessionKit.objects.filter(session=session, store__isnull=False).values_list("material_id", "store_id")
        reservations = reservations_around(session, on=on)
        reserved = self._reserved(reservations)
        self._stores = reserved | dict(chosen) | dict(packed)

    def _reserved(self, reservations: Reservations) -> dict[int, int]:
        of_session = reservations.by_session.get(self._session.pk, {})
        return {material: reserved.store for material, reserved in of_session.items() if reserved.store is not None}

    def store_of(self, material_id: int, quantity: int) -> int | None:
        """Return the store's id: the reserved one, else the area's nearest with enough, else its nearest; None: it has none."""
        if material_id in self._stores:
            return self._stores[material_id]
        near = self._near()
        enough = (pk for pk in near if stock_in(Store(pk=pk), [material_id])[material_id] >= quantity)
        return next(enough, near[0] if near else None)

    def _near(self) -> list[int]:
        area = self._session.area_id
        if area is None:
            holding = AreaAuthority.objects.filter(holds_on(self._on), authority=self._session.visit.school.authority_id)
            area = holding.values_list("area_id", flat=True).first()
        shelves = [Shelf(store.pk, store.area_id, store.place) for store in Store.objects.filter(area=area)]
        return nearest(shelves, self._session.where.place)


def record_use(
    session: Session,
    uses: Mapping[int, MaterialUse],
    *,
    untracked: Collection[int] = (),
    sources: Sources | None,
    by: User,
    now: datetime,
) -> None:
    """Write new lines until the ledger agrees with what the session used; called inside the outcome's transaction.

    Only what was used leaves the stock; what was left over never left it. Missing stock never refuses an outcome: where more was
    used than the store had, the difference is first written as found, so that no store goes below 0. When the outcome is
    corrected downwards, what was found that way is taken back first. Where the store was counted after the session's day, the
    count did without what was used: a line of the same size beside the use keeps the stock as it was counted. `untracked`
    materials were used before the area kept stock here; they stay out of the ledger.
    """
    consumables = Material.objects.filter(pk__in=uses.keys(), kind=Material.Kind.CONSUMABLE)
    used_by_material = {material.pk: uses[material.pk].used or 0 for material in consumables if material.pk not in untracked}
    before = _lines_of(session)
    changed = {pk: used + before.get((pk, MovementKind.USED), 0) for pk, used in used_by_material.items()}
    changed = {pk: more for pk, more in changed.items() if more}
    for pk in sorted(changed):
        if uses[pk].store_id is None and sources:
            uses[pk].store_id = sources.store_of(pk, used_by_material[pk])
            uses[pk].save()
    stores = locked_stores(store for pk in changed if (store := uses[pk].store_id) is not None)
    for pk, more in sorted(changed.items()):
        taken_from = stores.get(uses[pk].store_id or 0)
        if taken_from:
            already_found = before.get((pk, MovementKind.FOUND), 0)
            _write(session, taken_from, uses[pk], more, already_found=already_found, by=by, now=now)


def _lines_of(session: Session) -> dict[tuple[int, str], int]:
    """Return the sums of the session's lines, by material and kind."""
    sums = Movement.objects.filter(session=session).order_by().values_list("material_id", "kind")
    return {(material, kind): int(pieces) for material, kind, pieces in sums.annotate(pieces=Sum("quantity"))}


def _write(
    session: Session, store: Store, material_use: MaterialUse, more: int, *, already_found: int, by: User, now: datetime
) -> None:
    """Write that `more` pieces were used than the ledger says (negative: fewer)."""
    material, day = material_use.material_id, min(session.day, timezone.localdate(now))
    why = MORE_THAN_KNOWN
    if was_counted_after(store, material, day):
        correction, why = more, COUNTED_SINCE
    elif more > 0:
        correction = max(0, more - stock_in(store, [material])[material])
    else:
        correction = -max(0, min(already_found, -more))
    lines = [(MovementKind.FOUND, correction, why), (MovementKind.USED, -more, _in_words(material_use))]
    # Pieces must be found before they are used; the other way round, a use is taken back before the find.
    for kind, quantity, note in lines if correction > 0 else reversed(lines):
        if quantity:
            Movement.objects.create(
                material_id=material, store=store, quantity=quantity, kind=kind, session=session,
                day=day, written_at=now, by=by, note=note,
            )  # fmt: skip


def _in_words(material_use: MaterialUse) -> str:
    """Return text like “30 arrived, 25 used, 5 left over”; blank where one of the first two numbers is not known."""
    if material_use.arrived is None or material_use.used is None:
        return ""
    left = material_use.arrived - material_use.used
    return f"{material_use.arrived:,} arrived, {material_use.used:,} used" + (f", {left:,} left over" if left > 0 else "")
