"""Verbs of planning: what happens when somebody can't come, and whom the program asks next.

Where the area switched `auto_offers` on, a morning that was given back is offered to one person after the other: to the next
when one says no, or has not answered within SPEAKOUT_OFFER_HOURS (their offer stays open; the first to accept has it). Which
mornings these are and who was asked already stands in the covers, so nothing can be sent twice or forgotten.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.planning.queries import who_could
from schools.visits.actions import decline, offer, withdraw
from schools.visits.actions import end_membership as leave
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.models import Cover, CoverRole, CoverState, Session, VisitStage
from schools.visits.queries import VisitDay, by_visit_day
from schools.volunteers.models import Volunteer


def cannot_make_it(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None, why: str = ""
) -> list[Cover]:
    """Give the visit day (or the sessions `only` names) back, as visits.actions.withdraw, and ask the next if it is so set."""
    covers = withdraw(visit_day, volunteer, by=by, now=now, only=only, why=why)
    offer_next(visit_day, now=now)
    return covers


def say_no(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Say no to what was offered, as visits.actions.decline, and ask the next person if it is so set."""
    covers = decline(visit_day, volunteer, by=by, now=now, only=only)
    offer_next(visit_day, now=now)
    return covers


def end_membership(volunteer: Volunteer, *, day: date, by: User, now: datetime) -> list[Cover]:
    """The volunteer leaves: as visits.actions.end_membership, and the next person is asked for each morning if it is so set."""
    covers = leave(volunteer, day=day, by=by, now=now)
    for visit_day, _ in by_visit_day(dict.fromkeys(cover.session for cover in covers)):
        offer_next(visit_day, now=now)
    return covers


def offer_next(visit_day: VisitDay, *, now: datetime) -> list[Cover]:
    """Offer what was given back of the visit day to the next person, where the area wants that and nobody's answer is awaited.

    Empty where there is nothing to ask, or nobody left to be asked: then the office's home is where it shows. A transaction of
    its own, after the one that gave back: people are locked before sessions, and whom to ask is known only afterwards.
    """
    on = timezone.localdate(now)
    area = area_of(visit_day.visit.school, on=on)
    if area is None or not area.auto_offers:
        return []
    sessions = list(_given_back(visit_day.sessions(), on=on))
    if not sessions or _is_awaited(sessions, now=now):
        return []
    # Somebody for the whole day if there is one, else for one session of it.
    for wanted in [sessions] if len(sessions) == 1 else [sessions, *([one] for one in sessions)]:
        if covers := _offer_to_the_best(visit_day, wanted, now=now):
            return covers
    return []


def _given_back(sessions: Iterable[Session], *, on: date) -> Iterable[Session]:
    """Those of the sessions to come that somebody gave back and that still need people."""
    return (
        Session.objects.filter(pk__in=[session.pk for session in sessions])
        .given_back(on=on)
        .filter(visit__stage__in=(VisitStage.PLANNED, VisitStage.CONFIRMED))
        .select_related("type", "visit__school")
        .order_by("starts", "pk")
    )


def _is_awaited(sessions: Sequence[Session], *, now: datetime) -> bool:
    """Whether somebody was asked for one of the sessions so lately that their answer is waited for."""
    since = now - timedelta(hours=settings.SPEAKOUT_OFFER_HOURS)
    return Cover.objects.filter(session__in=sessions, state=CoverState.OFFERED, offered_at__gt=since).exists()


def _offer_to_the_best(visit_day: VisitDay, sessions: Sequence[Session], *, now: datetime) -> list[Cover]:
    on = timezone.localdate(now)
    asked = set(Cover.objects.filter(session__in=sessions).values_list("volunteer_id", flat=True))
    for candidate in who_could(*sessions, on=on, role=CoverRole.PRESENTER):
        volunteer = candidate.volunteer
        # Who does not sign in cannot answer by themselves; their coordinator phones them.
        if candidate.why or volunteer.pk in asked or volunteer.user_id is None:
            continue
        wanted = [session.pk for session in sessions]
        with transaction.atomic():
            lock_people_and_sessions([volunteer.pk], wanted)
            if _is_awaited(sessions, now=now):
                return []
            try:
                return offer(visit_day, volunteer, role=CoverRole.PRESENTER, by=None, now=now, only=wanted)
            except RuleBroken:  # taken, moved or cancelled since; the next look sees it
                return []
    return []


def offer_due(*, now: datetime) -> int:
    """Send the next offer of every visit day that waits for one; how many people were asked. Twice at once asks nobody twice."""
    on = timezone.localdate(now)
    wanting = Session.objects.in_areas(Area.objects.filter(auto_offers=True), on=on).given_back(on=on)
    awaited = Cover.objects.filter(
        session=OuterRef("pk"),
        state=CoverState.OFFERED,
        offered_at__gt=now - timedelta(hours=settings.SPEAKOUT_OFFER_HOURS),
    )
    days = by_visit_day(wanting.filter(~Exists(awaited)).select_related("visit__school"))
    return sum(1 for visit_day, _ in days if offer_next(visit_day, now=now))
