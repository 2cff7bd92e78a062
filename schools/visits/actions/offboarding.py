"""Ending a membership: what somebody who leaves is down for is given back."""

from datetime import date, datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import emails
from schools.visits.actions.storing import lock, news_to_phone, with_session
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.actions import write_step
from schools.volunteers.models import StepKind, Volunteer, VolunteerStatus
from schools.volunteers.rules import reasons_not_to_take_step


@transaction.atomic
def end_membership(volunteer: Volunteer, *, day: date, by: User, now: datetime) -> list[Cover]:
    """The volunteer left on the day: whatever they are down for or asked for from today on is given back; the covers released.

    Who coordinates each visit is told, home shows the mornings until others come, and the volunteer signs in no more. Office
    calls planning.actions.end_membership, which also asks the next person. Raises RuleBroken with every reason.
    """
    on = timezone.localdate(now)
    live = Cover.objects.filter(state__in=(CoverState.ACCEPTED, CoverState.OFFERED), session__stage=SessionStage.SCHEDULED)
    live = live.filter(Q(session__day__gte=on) | Q(session__until_day__gte=on), volunteer=volunteer)
    people, _ = lock([volunteer.pk], live.values_list("session", flat=True))
    volunteer = people[volunteer.pk]
    if volunteer.status == VolunteerStatus.LEFT:
        raise RuleBroken([f"{volunteer} has left already."])
    if reasons := reasons_not_to_take_step(volunteer, StepKind.LEFT, day=day, on=on):
        raise RuleBroken(reasons)
    covers = list(with_session(live).order_by("session__day", "session__visit_id", "session__starts"))
    for cover in covers:
        cover.gave_back = cover.state == CoverState.ACCEPTED
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.news, cover.news_why, cover.told_at = news_to_phone(cover), "", None
        cover.save()
    given_back = (cover for cover in covers if cover.gave_back)
    for _, of_day in groupby(given_back, key=lambda cover: (cover.session.day, cover.session.visit_id)):
        emails.tell_given_back(list(of_day), by=by, on=on)
    write_step(volunteer, StepKind.LEFT, day=day, by=by)
    return covers
