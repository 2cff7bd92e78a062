"""What a session used leaves the stock in the transaction that records its outcome; corrections are new lines."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db.models import Sum
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import AreaAuthority
from schools.directory.models.areas import holds_on
from schools.materials.actions.ledger import locked_stores
from schools.materials.models import Material, MaterialUse, Movement, MovementKind, Packed, SessionKit, Store
from schools.materials.queries import Reservations, reservations_around, stock_in
from schools.materials.reserving import Shelf, nearest
from schools.visits.models import Session, SessionStage

MORE_THAN_KNOWN = "More was used than the ledger knew of"


class Sources:
    """From which store each material of a session is taken, as its pages said before the outcome was recorded.

    Read before the session is stored as delivered, because what is over holds nothing any more.
    """

    def __init__(self, session: Session, *, on: date) -> None:
        self._session = session
        self._on = on
        # One that was cancelled and took place after all was supplied from the box that stood ready for it.
        ticks = Packed.objects.all() if session.stage == SessionStage.CANCELLED else Packed.objects.still_in_the_box()
        packed = ticks.filter(session=session).values_list("material_id", "store_id")
        chosen = SessionKit.objects.filter(session=session, store__isnull=False).values_list("material_id", "store_id")
        reservations = reservations_around(session, on=on)
        reserved = self._reserved(reservations)
        self._stores = reserved | dict(chosen) | dict(packed)

    def _reserved(self, reservations: Reservations) -> dict[int, int]:
        of_session = reservations.by_session.get(self._session.pk, {})
        return {material: one.store for material, one in of_session.items() if one.store is not None}

    def store_of(self, material_id: int, quantity: int) -> int | None:
        """The store; where nothing was reserved the area's nearest with enough, else its nearest; None where it has no store."""
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
        return nearest(shelves, self._session.visit.school.place)


def use(
    session: Session,
    uses: Mapping[int, MaterialUse],
    *,
    untracked: Collection[int] = (),
    sources: Sources | None,
    by: User,
    now: datetime,
) -> None:
    """Bring the ledger's lines of the session to what its uses say, by new lines; called inside the outcome's transaction.

    What was left over never left the stock: only what was used does. An outcome is never refused for the stock's sake: where more
    was used than the store had, the difference is written down as found first, so that no store goes below nothing; when the
    outcome is corrected downwards, what was found that way goes first. `untracked` materials were said to be used before the area
    kept stock here; they stay out of the ledger.
    """
    consumables = Material.objects.filter(pk__in=uses.keys(), kind=Material.Kind.CONSUMABLE)
    said = {material.pk: uses[material.pk].used or 0 for material in consumables if material.pk not in untracked}
    before = _lines_of(session)
    changed = {pk: used + before.get((pk, MovementKind.USED), 0) for pk, used in said.items()}
    changed = {pk: more for pk, more in changed.items() if more}
    for pk in sorted(changed):
        if uses[pk].store_id is None and sources:
            uses[pk].store_id = sources.store_of(pk, said[pk])
            uses[pk].save()
    stores = locked_stores(store for pk in changed if (store := uses[pk].store_id) is not None)
    for pk, more in sorted(changed.items()):
        taken_from = stores.get(uses[pk].store_id or 0)
        if taken_from:
            found = before.get((pk, MovementKind.FOUND), 0)
            _write(session, taken_from, uses[pk], more, found=found, by=by, now=now)


def _lines_of(session: Session) -> dict[tuple[int, str], int]:
    """What the session's lines add up to, by material and kind."""
    sums = Movement.objects.filter(session=session).order_by().values_list("material_id", "kind")
    return {(material, kind): int(pieces) for material, kind, pieces in sums.annotate(pieces=Sum("quantity"))}


def _write(session: Session, store: Store, said: MaterialUse, more: int, *, found: int, by: User, now: datetime) -> None:
    """`more` pieces were used than the ledger says (negative: fewer)."""
    there = stock_in(store, [said.material_id])[said.material_id]
    correction = max(0, more - there) if more > 0 else -min(found, -more)
    lines = [(MovementKind.FOUND, correction, MORE_THAN_KNOWN), (MovementKind.USED, -more, _in_words(said))]
    # What was found comes before what it allows to be used; taken back, after what is given back.
    for kind, quantity, note in lines if correction > 0 else reversed(lines):
        if quantity:
            Movement.objects.create(
                material_id=said.material_id, store=store, quantity=quantity, kind=kind, session=session,
                day=min(session.day, timezone.localdate(now)), written_at=now, by=by, note=note,
            )  # fmt: skip


def _in_words(said: MaterialUse) -> str:
    """Like “30 arrived, 25 used, 5 left over”, as far as it was said."""
    if said.arrived is None or said.used is None:
        return ""
    left = said.arrived - said.used
    return f"{said.arrived:,} arrived, {said.used:,} used" + (f", {left:,} left over" if left > 0 else "")
