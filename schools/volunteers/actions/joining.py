"""Adding a volunteer with all that is known of them at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.models import Area
from schools.programme.models import SessionType
from schools.volunteers.actions.clearances import record_clearance
from schools.volunteers.actions.homes import place_home
from schools.volunteers.actions.locks import lock_newcomers
from schools.volunteers.actions.onboarding import invite
from schools.volunteers.actions.steps import take_step
from schools.volunteers.models import Clearance, SignOff, Volunteer
from schools.volunteers.queries import new_reference
from schools.volunteers.rules import reasons_not_to_add


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """What is known of a new volunteer."""

    volunteer: Volunteer
    """Not stored yet; without a reference it gets one."""
    areas: Collection[Area]
    step: str
    """How far they have come: a StepKind."""
    step_day: date
    clearance: Clearance | None
    """Not stored yet, checked by a form; None: nothing is known."""
    sign_offs: Sequence[SessionType]
    """What they are signed off for since `signed_off_on`."""
    signed_off_on: date
    sign_offs_end_on: date | None
    """The day from which the sign-offs no longer hold, after `signed_off_on`; None: they stay."""
    is_invited: bool
    """Whether they are mailed an invitation to sign in."""


@transaction.atomic
def add_volunteer(newcomer: Newcomer, *, by: User, now: datetime) -> Volunteer:
    """Store the volunteer with areas, clearance, sign-offs and first step, and invite them if asked; all of it or nothing.

    Raises RuleBroken with every reason.
    """
    # Two people who add somebody at the same moment wait here, so that one address is not stored twice.
    lock_newcomers()
    volunteer = newcomer.volunteer
    if reasons := reasons_not_to_add(volunteer):
        raise RuleBroken(reasons)
    volunteer.reference = volunteer.reference or new_reference()
    volunteer.save()
    volunteer.areas.set(newcomer.areas)
    if volunteer.home_postcode:
        place_home(volunteer)
    if newcomer.clearance is not None:
        newcomer.clearance.volunteer = volunteer
        record_clearance(newcomer.clearance, decided=True, by=by, on=timezone.localdate(now))
    SignOff.objects.bulk_create(
        SignOff(
            volunteer=volunteer,
            session_type=kind,
            stage=SignOff.Stage.SIGNED_OFF,
            day=newcomer.signed_off_on,
            recheck_on=newcomer.sign_offs_end_on,
            by=by,
        )
        for kind in newcomer.sign_offs
    )
    take_step(volunteer, newcomer.step, day=newcomer.step_day, by=by, now=now)
    if newcomer.is_invited:
        invite(volunteer, by=by, now=now)
    return Volunteer.objects.get(pk=volunteer.pk)
