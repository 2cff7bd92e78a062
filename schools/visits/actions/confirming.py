"""Marking a visit as agreed so that it can be undone, as when many are confirmed at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import rules
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.booking import confirm
from schools.visits.models import Batch, BatchKind, Visit
from schools.visits.rules import Slot

WRITTEN = ("stage", "agreed_on", "agreed_with", "declined_on", "parents_told_on", "safeguarding_contact")
"""The fields of a visit that confirming writes."""


@transaction.atomic
def confirm_to_undo(visit: Visit, *, by: User, now: datetime, shown: Mapping[int, Slot] | None = None, **agreed: Any) -> Batch:
    """Mark the visit as agreed, or correct what was agreed, as `confirm` does; the batch undoes it.

    A batch without changes, which is not stored: it stood like this already. `shown` says, by id, when the scheduled sessions
    were, as somebody saw them. Raises RuleBroken with every reason.
    """
    locked = Visit.objects.select_for_update(of=("self",)).filter(pk=visit.pk).first()
    if locked is None:
        raise RuleBroken(["The booking of this visit was undone just now. Look at the school’s page."])
    if shown is not None:
        scheduled = locked.sessions.scheduled().select_related("type", "visit__school")
        if reasons := rules.reasons_changed_since(scheduled, shown):
            raise RuleBroken(reasons)
    before = field_values(locked, WRITTEN)
    done = confirm(visit, by=by, now=now, **agreed)
    changes = Changes()
    changes.record_changed(done, before)
    verb = "Corrected what was agreed of" if before["stage"] == done.stage else "Confirmed"
    return changes.keep_any(BatchKind.CONFIRM, f"{verb} visit {done.reference}, {done.school}", by=by, now=now)
