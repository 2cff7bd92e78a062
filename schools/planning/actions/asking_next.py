"""What happens when somebody cannot come, and who is asked next (rule 24).

Where the area switched `auto_offers` on, a morning that was given back is offered to one person after the other. The next person
is asked when one declines or has not answered within SPEAKOUT_OFFER_HOURS; the old offer stays open, and the first to accept gets
the place. The covers say which mornings these are and who was asked already, so nothing is sent twice or forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.planning.queries import candidates_for
from schools.visits.actions import decline, offer, withdraw
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.keeping import kept_back
from schools.visits.models import BOOKED_STAGES, Cover, CoverRole, CoverState, Session
from schools.visits.queries import VisitDay, by_visit_day
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.rules import Slot
from schools.volunteers.models import Volunteer


def withdraw_and_ask_next(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    why: str = "",
    shown: Mapping[int, Slot] | None = None,
) -> list[Cover]:
    """Give back the visit day (or its sessions `only`) as visits.actions.withdraw does, then offer it to the next person."""
    covers = withdraw(visit_day, volunteer, by=by, now=now, only=only, why=why, shown=shown)
    offer_next(visit_day, now=now)
    return covers


def decline_and_ask_next(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    shown: Mapping[int, Slot] | None = None,
) -> list[Cover]:
    """Decline what was offered as visits.actions.decline does, then offer it to the next person."""
    covers = decline(visit_day, volunteer, by=by, now=now, only=only, shown=shown)
    offer_next(visit_day, now=now)
    return covers


def offer_next(visit_day: VisitDay, *, now: datetime) -> list[Cover]:
    """Offer what was given back of the visit day to the next person and return the new offers.

    Does nothing and returns an empty list where the area did not switch this on, an answer is still awaited, or nobody is left
    to ask; then the office's home shows the morning. Nor while what freed it can be undone unheard: offer_due asks later.

    The offer is a transaction of its own, after the one that gave the morning back, because people are locked before sessions
    and whom to ask is known only afterwards.
    """
    on = timezone.localdate(now)
    area = area_of(visit_day.visit.school, on=on)
    if area is None or not area.auto_offers or kept_back({visit_day.visit.pk}, since=now):
        return []
    sessions = list(_given_back(visit_day.sessions(), on=on))
    if not sessions or _is_awaited(sessions, now=now):
        return []
    # Ask somebody for the whole day where possible, else for one session of it.
    for wanted in [sessions] if len(sessions) == 1 else [sessions, *([session] for session in sessions)]:
        if covers := _offer_to_the_best(visit_day, wanted, now=now):
            return covers
    return []


def _given_back(sessions: Iterable[Session], *, on: date) -> Iterable[Session]:
    """Return those of the sessions, still to come, that somebody gave back and that still need people.

    None of a day that its school calls off: nobody is looked for until it takes that back.
    """
    return (
        Session.objects.filter(pk__in=[session.pk for session in sessions])
        .given_back(on=on)
        .filter(~alarms_called_off("visit", "day"), visit__stage__in=BOOKED_STAGES)
        .select_related("type", "visit__school")
        .order_by("starts", "pk")
    )


def _is_awaited(sessions: Sequence[Session], *, now: datetime) -> bool:
    """Whether somebody was asked for one of the sessions within SPEAKOUT_OFFER_HOURS, so that their answer is awaited."""
    since = now - timedelta(hours=settings.SPEAKOUT_OFFER_HOURS)
    return Cover.objects.filter(session__in=sessions, state=CoverState.OFFERED, offered_at__gt=since).exists()


def _offer_to_the_best(visit_day: VisitDay, sessions: Sequence[Session], *, now: datetime) -> list[Cover]:
    on = timezone.localdate(now)
    asked_before = set(Cover.objects.filter(session__in=sessions).values_list("volunteer_id", flat=True))
    for candidate in candidates_for(*sessions, on=on, role=CoverRole.PRESENTER):
        volunteer = candidate.volunteer
        # Somebody who does not sign in cannot answer here; the coordinator phones them.
        if candidate.why or volunteer.pk in asked_before or volunteer.user_id is None:
            continue
        wanted = [session.pk for session in sessions]
        with transaction.atomic():
            lock_people_and_sessions([volunteer.pk], wanted)
            if _is_awaited(sessions, now=now):
                return []
            try:
                return offer(visit_day, volunteer, role=CoverRole.PRESENTER, by=None, now=now, only=wanted)
            except RuleBroken:  # it was taken, moved or cancelled meanwhile; the next run sees that
                return []
    return []


def offer_due(*, now: datetime) -> int:
    """Send the next offer for every visit day that needs one and return how many were sent.

    Two runs at once ask nobody twice.
    """
    on = timezone.localdate(now)
    wanting = Session.objects.in_areas(Area.objects.filter(auto_offers=True), on=on).given_back(on=on)
    awaited = Cover.objects.filter(
        session=OuterRef("pk"),
        state=CoverState.OFFERED,
        offered_at__gt=now - timedelta(hours=settings.SPEAKOUT_OFFER_HOURS),
    )
    days = by_visit_day(wanting.filter(~Exists(awaited)).select_related("visit__school"))
    return sum(1 for visit_day, _ in days if offer_next(visit_day, now=now))
