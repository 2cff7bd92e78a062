"""Writing down a step of a volunteer so that it can be undone: a slip would make somebody active, or pause them."""

from datetime import date, datetime

from django.db import transaction

from schools.accounts.models import User
from schools.visits.actions.batches import Changes, field_values
from schools.visits.models import Batch, BatchKind
from schools.volunteers.actions import take_step
from schools.volunteers.models import Volunteer

FOLLOWS = ("status", "joined", "left")
"""The fields of a volunteer that follow from their steps."""


@transaction.atomic
def take_step_to_undo(volunteer: Volunteer, step: str, *, day: date, by: User, now: datetime) -> Batch:
    """Store that the volunteer took the step, as `take_step` does; the batch undoes it, unless another step follows.

    Nobody is told of a step. Raises RuleBroken with every reason.
    """
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    user, changes = volunteer.user, Changes()
    before, may_sign_in = field_values(volunteer, FOLLOWS), field_values(user, ("is_active",)) if user else {}
    taken = take_step(volunteer, step, day=day, by=by, now=now)
    changes.record_created(taken, ("step", "day"))
    volunteer.refresh_from_db(fields=FOLLOWS)
    changes.record_changed(volunteer, before)
    if user:
        user.refresh_from_db(fields=["is_active"])
        changes.record_changed(user, may_sign_in)
    # By the reference: the words of a batch stay when somebody is erased.
    return changes.keep(BatchKind.STEP, f"{volunteer.reference}: {taken.get_step_display()}", by=by, now=now)
