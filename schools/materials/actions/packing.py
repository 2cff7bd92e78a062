"""Ticks of the picking list, and parcels sent ahead."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.materials import rules
from schools.materials.models import Packed, Parcel, Store
from schools.visits.models import CALLED_OFF_STAGES, Session, Visit

type Line = tuple[int, int]
"""A line of a picking list: the ids of a session and of a material."""
type Ticks = Mapping[Line, int]
"""How many pieces of each line lie in the box."""


@transaction.atomic
def pack(store: Store, ticked: Ticks, unticked: Collection[Line], *, by: User, now: datetime) -> None:
    """Store what was ticked as packed in the store, in the list's quantities, and take away what was unticked.

    Lines that nobody touched stay as they are, so that two who tick different lines of one list both keep theirs. A tick that
    stays keeps its author and its time, unless its quantity or store changed. What another store has packed of the same equipment
    stays, too. Raises RuleBroken with every reason.
    """
    if reasons := [reason for quantity in ticked.values() for reason in rules.reasons_not_to_pack(quantity)]:
        raise RuleBroken(dict.fromkeys(reasons))
    touched = {session for session, _ in {*ticked, *unticked}}
    # Lock sessions by id, as every action does: two who tick the same line at once write it once.
    sessions = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=touched)
    live = set(sessions.scheduled().order_by("pk").values_list("pk", flat=True))
    standing = set(Packed.objects.still_in_the_box().filter(session__in=live).values_list("pk", flat=True))
    of_lines = Packed.objects.on_list_of(store).filter(session__in=live)
    ticks = {(tick.session_id, tick.material_id): tick for tick in of_lines}
    for key in sorted({*ticked, *unticked}):
        if key[0] not in live:
            continue
        quantity, tick = ticked.get(key), ticks.get(key)
        if tick and (tick.pk not in standing or (tick.quantity, tick.store_id) != (quantity, store.pk)):
            tick.delete()
            tick = None
        if quantity and tick is None:
            Packed.objects.create(session_id=key[0], material_id=key[1], store=store, quantity=quantity, packed_at=now, by=by)


@transaction.atomic
def send_parcel(visit: Visit, store: Store, *, sent_on: date, tracking: str, by: User, now: datetime) -> Parcel:
    """Store that a parcel was sent to the visit's school. Raises RuleBroken with every reason."""
    reasons = rules.reasons_of_day(sent_on, on=timezone.localdate(now))
    if visit.stage in CALLED_OFF_STAGES:
        reasons.append("This visit does not take place. Nothing is sent to it.")
    if reasons:
        raise RuleBroken(reasons)
    return Parcel.objects.create(visit=visit, store=store, sent_on=sent_on, tracking=tracking.strip(), by=by)


@transaction.atomic
def record_parcel_arrival(parcel: Parcel, *, arrived_on: date, now: datetime) -> None:
    """Store the day on which the parcel arrived; a second call corrects it. Raises RuleBroken with every reason."""
    reasons = rules.reasons_of_day(arrived_on, on=timezone.localdate(now))
    if arrived_on < parcel.sent_on:
        reasons.append(f"It was sent on {long_day(parcel.sent_on)} and cannot have arrived before. Give the day it arrived.")
    if reasons:
        raise RuleBroken(reasons)
    Parcel.objects.filter(pk=parcel.pk).update(arrived_on=arrived_on)
