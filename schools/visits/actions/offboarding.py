"""Offboarding: ending a membership gives back everything that the volunteer is down for."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits.actions.cover import release
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.actions import write_step
from schools.volunteers.models import StepKind, Volunteer, VolunteerStatus
from schools.volunteers.rules import reasons_not_to_take_step


@transaction.atomic
def end_membership(volunteer: Volunteer, *, day: date, by: User, now: datetime) -> list[Cover]:
    """Store that the volunteer left on the day, and withdraw their covers from today on; return these covers.

    Both accepted and offered covers are withdrawn. Each visit's coordinator is told, the home page shows the sessions until
    others cover them, and the volunteer can no longer sign in. The office calls planning.actions.end_membership, which also asks
    the next person. Raises RuleBroken with every reason.
    """
    on = timezone.localdate(now)
    live = Cover.objects.filter(state__in=(CoverState.ACCEPTED, CoverState.OFFERED, CoverState.ASKED))
    live = live.filter(session__stage=SessionStage.SCHEDULED)
    live = live.filter(Q(session__day__gte=on) | Q(session__until_day__gte=on), volunteer=volunteer)
    people, _ = lock_people_and_sessions([volunteer.pk], live.values_list("session", flat=True))
    volunteer = people[volunteer.pk]
    if volunteer.status == VolunteerStatus.LEFT:
        raise RuleBroken([f"{volunteer} has left already."])
    if reasons := reasons_not_to_take_step(volunteer, StepKind.LEFT, day=day, on=on):
        raise RuleBroken(reasons)
    covers = release(live, by=by, now=now)
    write_step(volunteer, StepKind.LEFT, day=day, by=by)
    return covers
