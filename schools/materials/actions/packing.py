"""Ticks of the picking list, and parcels sent ahead."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.materials import rules
from schools.materials.models import Packed, Parcel, Store
from schools.visits.models import Session, Visit, VisitStage

type Ticks = Mapping[tuple[int, int], int]
"""How many of a material, by the ids of session and material, lie in the box."""


@transaction.atomic
def pack(store: Store, shown: set[tuple[int, int]], ticked: Ticks, *, by: User, now: datetime) -> None:
    """Of the lines shown on the store's picking list those ticked are packed, the others are not; a second time changes nothing.

    A tick that stands stays as it is, with who packed it and when, unless the number is another now.
    """
    # Sessions by id, as everybody locks them: two who tick the same line at once write it once.
    sessions = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in={session for session, _ in shown})
    live = set(sessions.scheduled().order_by("pk").values_list("pk", flat=True))
    stands = {(tick.session_id, tick.material_id): tick for tick in Packed.objects.filter(session__in=live)}
    for key in sorted(shown):
        if key[0] not in live:
            continue
        quantity, tick = ticked.get(key), stands.get(key)
        if tick and (tick.quantity, tick.store_id) != (quantity, store.pk):
            tick.delete()
            tick = None
        if quantity and tick is None:
            Packed.objects.create(session_id=key[0], material_id=key[1], store=store, quantity=quantity, packed_at=now, by=by)


@transaction.atomic
def send_parcel(visit: Visit, store: Store, *, sent_on: date, tracking: str, by: User, now: datetime) -> Parcel:
    """A parcel went to the visit's school. Raises RuleBroken with every reason."""
    reasons = rules.reasons_of_day(sent_on, on=timezone.localdate(now))
    if visit.stage in {VisitStage.CANCELLED, VisitStage.DECLINED}:
        reasons.append("This visit does not take place. Nothing is sent to it.")
    if reasons:
        raise RuleBroken(reasons)
    return Parcel.objects.create(visit=visit, store=store, sent_on=sent_on, tracking=tracking.strip(), by=by)


@transaction.atomic
def parcel_arrived(parcel: Parcel, *, arrived_on: date, now: datetime) -> None:
    """The school has it since that day; said again, the day is corrected. Raises RuleBroken with every reason."""
    reasons = rules.reasons_of_day(arrived_on, on=timezone.localdate(now))
    if arrived_on < parcel.sent_on:
        reasons.append(f"It was sent on {long_day(parcel.sent_on)} and cannot have arrived before. Give the day it arrived.")
    if reasons:
        raise RuleBroken(reasons)
    Parcel.objects.filter(pk=parcel.pk).update(arrived_on=arrived_on)
