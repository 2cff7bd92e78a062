"""Offboarding: ending a membership gives back everything that the volunteer is down for."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.cover import release
from schools.visits.actions.cover.written import record_cover
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.actions.waking import they_heard
from schools.visits.models import Batch, BatchKind, Cover, CoverQuerySet, CoverState, MessageAbout, SessionStage
from schools.visits.queries.standings import VOLUNTEER
from schools.volunteers.actions import write_step
from schools.volunteers.models import StepKind, Volunteer, VolunteerStatus
from schools.volunteers.rules import reasons_not_to_take_step

RELEASED = ("state", "answered_at", "gave_back", "ended_by", "news", "news_why", "told_at")
"""The fields of a cover that giving it back writes."""


@transaction.atomic
def end_membership(volunteer: Volunteer, *, day: date, by: User | None, now: datetime) -> Batch:
    """Store that the volunteer left on the day, and withdraw their covers that are to come; it can be undone (Batch).

    Which covers that are: `given_back_by_leaving`. Each visit's coordinator is told, the home page shows the sessions until
    others cover them, and the volunteer can no longer sign in, unless they work in the office as well. Where an area asks the
    next person by itself, it does so once nothing is kept back any more (planning.actions.offer_next). Raises RuleBroken with
    every reason.
    """
    on = timezone.localdate(now)
    live = given_back_by_leaving(volunteer, now=now)
    people, _ = lock_people_and_sessions([volunteer.pk], live.values_list("session", flat=True))
    volunteer = people[volunteer.pk]
    if volunteer.status == VolunteerStatus.LEFT:
        raise RuleBroken([f"{volunteer} has left already."])
    if reasons := reasons_not_to_take_step(volunteer, StepKind.LEFT, day=day, on=on):
        raise RuleBroken(reasons)
    changes = Changes()
    covers = {cover.pk: field_values(cover, RELEASED) for cover in live}
    for cover in release(live, by=by, now=now):
        record_cover(changes, cover, covers[cover.pk])
    # Who has left is phoned no more about what they were mailed of a morning that is theirs no longer.
    mailed = MessageAbout.objects.filter(volunteer=volunteer, phone_until__gte=on).values_list("visit", flat=True)
    they_heard(VOLUNTEER, {(visit, volunteer.pk): None for visit in mailed}, changes=changes)
    before = [(row, field_values(row, names)) for row, names in _written_by_leaving(volunteer)]
    changes.record_created(write_step(volunteer, StepKind.LEFT, day=day, by=by), ("step", "day"))
    for row, values in before:
        changes.record_changed(row, values)
    # By the reference: the words of a batch stay when somebody is erased.
    return changes.keep(BatchKind.LEAVE, f"{volunteer.reference} has left", by=by, now=now)


def given_back_by_leaving(volunteer: Volunteer, *, now: datetime) -> CoverQuerySet:
    """Return the covers that go back if the volunteer leaves now: what they accepted, were offered or asked for, and is to come.

    Where they are on a session of today that has begun, that is theirs: they may be there, or were, and nobody reported it yet.
    """
    local = timezone.localtime(now)
    live = Cover.objects.filter(state__in=(CoverState.ACCEPTED, CoverState.OFFERED, CoverState.ASKED), volunteer=volunteer)
    live = live.filter(Q(session__day__gte=local.date()) | Q(session__until_day__gte=local.date()))
    live = live.exclude(state=CoverState.ACCEPTED, session__day=local.date(), session__starts__lte=local.time())
    return live.filter(session__stage=SessionStage.SCHEDULED)


def _written_by_leaving(volunteer: Volunteer) -> list[tuple[Volunteer | User, tuple[str, ...]]]:
    """Return the rows that the step of leaving writes, each with its fields."""
    of_user: list[tuple[Volunteer | User, tuple[str, ...]]] = [(volunteer.user, ("is_active",))] if volunteer.user else []
    return [*of_user, (volunteer, ("status", "left"))]
