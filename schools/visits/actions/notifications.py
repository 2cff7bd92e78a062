"""Ticking that volunteers and schools were told their news."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.visits.actions.waking import guests_know, hosts_know, they_know
from schools.visits.guests_to_tell import as_it_is_told
from schools.visits.models import Cover, Session
from schools.visits.queries.notifications import as_read
from schools.visits.queries.standings import Pair


@transaction.atomic
def mark_told(
    *,
    covers: Mapping[int, str] | None = None,
    sessions: Mapping[int, str] | None = None,
    guests: Mapping[Pair, str] | None = None,
    by: User,
    now: datetime,
) -> int:
    """Tick that the covers' volunteers, the sessions' schools and the guests were told; return how many are newly ticked.

    The first two map ids to what the user read about the row (queries.notifications.as_read), `guests` a visit and a school to
    that (guests_to_tell.as_it_is_told). A row is ticked only if that is still current: newer news, such as another day, stays to
    be told. No message tells them once more.
    """
    ticked = 0
    told_schools: set[int] = set()
    of_covers, of_sessions, of_guests = dict(covers or {}), dict(sessions or {}), dict(guests or {})
    # Sessions are locked first, as everywhere: a cover is changed under its session's lock.
    wanted = {*of_sessions, *Cover.objects.filter(pk__in=of_covers).values_list("session", flat=True)}
    wanted |= set(Session.objects.filter(visit__in={visit for visit, _ in of_guests}).values_list("pk", flat=True))
    for session in Session.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"):
        if session.school_told_at is None and of_sessions.get(session.pk) == as_read(session):
            session.school_told_at = now
            session.save()
            told_schools.add(session.pk)
            ticked += 1
    known: dict[int, set[int]] = {}
    for cover in Cover.objects.filter(pk__in=of_covers).select_related("session").order_by("pk"):
        if cover.told_at is None and of_covers[cover.pk] == as_read(cover):
            cover.told_at = now
            cover.save()
            known.setdefault(cover.volunteer_id, set()).add(cover.session_id)
            ticked += 1
    if told_schools:
        hosts_know(told_schools, now=now)
    for person, theirs in known.items():
        they_know([person], sessions=theirs, now=now)
    return ticked + _mark_guests(of_guests, now=now)


def _mark_guests(guests: Mapping[Pair, str], *, now: datetime) -> int:
    """Write down which guests know how they stand; the sessions of their visits are locked."""
    current = as_it_is_told({visit for visit, _ in guests}, on=timezone.localdate(now))
    ticked = {pair for pair, facts in guests.items() if current.get(pair) == facts}
    if ticked:
        guests_know(ticked, now=now)
    return len(ticked)
