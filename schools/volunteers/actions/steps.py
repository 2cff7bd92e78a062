"""The steps of a volunteer from enquirer to active, pauses included; their status follows from the latest step.

Leaving switches their sign-in off, and coming back switches it on again. No other step does either: whom a manager has switched
off, before they left too, stays out.
"""

from collections.abc import Collection
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
    if had_left != has_left and volunteer.user is not None:
        _follow_with_sign_in(volunteer.user, latest, has_left=has_left)
    return taken


def switched_off_before_leaving(volunteers: Collection[int]) -> set[int]:
    """Return which of these volunteers, by id, could sign in no more already when they left last: a manager let them in no more.

    Those of whom nothing was noted, since they left before it was, are left out.
    """
    steps = VolunteerStep.objects.filter(volunteer__in=volunteers, step=StepKind.LEFT).order_by("day", "pk")
    latest = dict(steps.values_list("volunteer", "could_sign_in"))
    return {volunteer for volunteer, could_sign_in in latest.items() if could_sign_in is False}


def _follow_with_sign_in(user: User, latest: VolunteerStep, *, has_left: bool) -> None:
    """Switch the sign-in off with leaving, and on with coming back; that of somebody who also works in the office stays."""
    user.refresh_from_db(fields=["is_staff", "is_active"])  # a role can have been taken while the volunteer was waited for
    if has_left:
        latest.could_sign_in = user.is_active
        latest.save(update_fields=["could_sign_in"])
    stays_out = not has_left and latest.volunteer_id in switched_off_before_leaving([latest.volunteer_id])
    if user.is_active == has_left and not user.is_staff and not stays_out:
        switch_sign_in(user, may_sign_in=not has_left)


def lock_volunteer_of(user: int) -> None:
    """Hold the volunteer who signs in as the user, by id, until the transaction ends: before the user, as a step does."""
    list(Volunteer.objects.select_for_update(of=("self",)).filter(user=user).values_list("pk"))


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
