"""The steps of a volunteer from enquirer to active, pauses included; their status follows from the latest step.

Leaving switches their sign-in off, and coming back switches it on again. No other step does either: whom a manager has switched
off meanwhile stays out.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.actions import change_role, switch_sign_in
from schools.accounts.models import Role, User
from schools.core.errors import RuleBroken
from schools.volunteers import rules
from schools.volunteers.models import STATUS_AFTER, StepKind, Volunteer, VolunteerStatus, VolunteerStep


@transaction.atomic
def take_step(volunteer: Volunteer, step: str, *, day: date, by: User, now: datetime) -> VolunteerStep:
    """Store that the volunteer took the step on the day, and set their status to that of their latest step.

    For leaving call visits.actions.end_membership, which also gives their sessions back. Raises RuleBroken with every reason.
    """
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    reasons = rules.reasons_not_to_take_step(volunteer, step, day=day, on=timezone.localdate(now))
    if step == StepKind.LEFT:
        reasons = ["Somebody leaves by ending their membership: that gives back what they are down for."]
    if reasons:
        raise RuleBroken(reasons)
    return write_step(volunteer, step, day=day, by=by)


def write_step(volunteer: Volunteer, step: str, *, day: date, by: User | None) -> VolunteerStep:
    """Store the step, and the status, days and sign-in that follow from it; the caller's transaction has locked the volunteer."""
    had_left = volunteer.status == VolunteerStatus.LEFT
    taken = VolunteerStep.objects.create(volunteer=volunteer, step=step, day=day, by=by)
    latest = volunteer.steps.order_by("-day", "-pk")[0]
    volunteer.status = STATUS_AFTER[latest.step]
    if step == StepKind.ACTIVE and volunteer.joined is None:
        volunteer.joined = day
    volunteer.left = latest.day if latest.step == StepKind.LEFT else None
    volunteer.save(update_fields=["status", "joined", "left"])
    has_left = volunteer.status == VolunteerStatus.LEFT
    if had_left != has_left:
        _allow_sign_in(volunteer, allowed=not has_left)
    return taken


def _allow_sign_in(volunteer: Volunteer, *, allowed: bool) -> None:
    """Switch the volunteer's sign-in on or off; somebody who also works in the office keeps theirs as it is."""
    user = volunteer.user
    if user is not None and user.is_active != allowed and not user.is_staff:
        switch_sign_in(user, may_sign_in=allowed)


@transaction.atomic
def give_role(user: User, role: Role, *, now: datetime, comes_back: bool = False) -> bool:
    """Put the user into the role, as `change_role` does, and return whether that switches their sign-in off.

    So it is where they leave the office and have left as a volunteer before: the office was all that they signed in for.
    """
    was_staff = user.is_staff
    change_role(user, role, now=now, comes_back=comes_back)
    has_left = Volunteer.objects.filter(user=user, status=VolunteerStatus.LEFT).exists()
    is_over = was_staff and not user.is_staff and user.is_active and has_left
    if is_over:
        switch_sign_in(user, may_sign_in=False)
    return is_over
