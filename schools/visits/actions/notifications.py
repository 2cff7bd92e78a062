"""Ticking that volunteers and schools were told their news; the tick can be undone."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.visits.actions.batches import Changes
from schools.visits.actions.waking import (
    about_to_change,
    guests_know,
    hosts_know,
    hosts_know_the_rest,
    schools_about_to_change,
    they_know,
)
from schools.visits.guests_to_tell import as_it_is_told
from schools.visits.models import Batch, BatchKind, Cover, Session, Visit
from schools.visits.queries.notifications import as_read, guests_by_session
from schools.visits.queries.standings import Pair
from schools.visits.queries.to_phone import ToPhone, who_to_phone
from schools.visits.rules import visits as rules

type Read = Mapping[int, str]
"""What the user read about rows, by their ids (queries.notifications.as_read)."""


@transaction.atomic
def tick_told(
    *,
    covers: Read | None = None,
    sessions: Read | None = None,
    guests: Mapping[Pair, str] | None = None,
    by: User,
    now: datetime,
) -> Batch | None:
    """Tick as `mark_told` does, and return the batch that undoes it; None: nothing was ticked, as it has changed since."""
    changes = Changes()
    number = mark_told(covers=covers, sessions=sessions, guests=guests, by=by, now=now, changes=changes)
    if not number:
        return None
    return changes.keep(BatchKind.TELL, "Ticked that they know now", by=by, now=now)


@transaction.atomic
def mark_told(
    *,
    covers: Read | None = None,
    sessions: Read | None = None,
    guests: Mapping[Pair, str] | None = None,
    by: User,
    now: datetime,
    changes: Changes | None = None,
) -> int:
    """Tick that the covers' volunteers, the sessions' schools and the guests were told; return how many are newly ticked.

    The first two map ids to what the user read about the row, `guests` a visit and a school, which may be its host, to that
    (guests_to_tell.as_it_is_told). A row is ticked only if that is still current: newer news, such as another day, stays to
    be told; and a guest only of a visit that is still in their areas. No message tells them once more, and nobody has to phone
    them. `changes` records what was written.
    """
    written = changes if changes is not None else Changes()
    of_covers, of_sessions, of_guests = dict(covers or {}), dict(sessions or {}), _of_their_visits(guests or {}, by=by, now=now)
    # Sessions are locked first, as everywhere: a cover is changed under its session's lock.
    wanted = {*of_sessions, *Cover.objects.filter(pk__in=of_covers).values_list("session", flat=True)}
    wanted |= set(Session.objects.filter(visit__in={visit for visit, _ in of_guests}).values_list("pk", flat=True))
    locked = Session.objects.select_for_update(of=("self",)).filter(pk__in=wanted).select_related("visit").order_by("pk")
    there = {session.pk: session for session in locked}
    guests_of = guests_by_session(of_sessions)
    phoned = who_to_phone({session.visit_id for session in there.values()}, on=timezone.localdate(now))
    # Of a visit that nobody has changed nothing is written, and a tick is written beside what its people knew.
    about_to_change(phoned.visits_in_vain)
    schools_about_to_change(phoned.visits_in_vain)
    read = {there[pk] for pk, shown in of_sessions.items() if pk in there and shown == as_read(there[pk], guests_of[pk])}
    ticked = _mark_hosts(read, phoned, written, now=now)
    ticked += _mark_volunteers(of_covers, phoned, written, now=now)
    return ticked + _mark_guests(of_guests, written, now=now)


def _of_their_visits(guests: Mapping[Pair, str], *, by: User, now: datetime) -> dict[Pair, str]:
    """Return the guests of visits that are the user's to change: they see those, too, that were theirs in the past."""
    hosts = dict(Visit.objects.filter(pk__in={visit for visit, _ in guests}).values_list("pk", "school"))
    elsewhere = rules.schools_elsewhere(set(hosts.values()), by=by, on=timezone.localdate(now))
    return {pair: read for pair, read in guests.items() if pair[0] in hosts and hosts[pair[0]] not in elsewhere}


def _mark_hosts(read: Collection[Session], phoned: ToPhone, changes: Changes, *, now: datetime) -> int:
    ticked: set[int] = set()
    for session in sorted(read, key=lambda each: each.pk):
        pk = session.pk
        if session.school_news and session.school_told_at is None:
            changes.write(session, school_told_at=now)
            ticked.add(pk)
        elif pk in phoned.sessions_of_hosts([(session.visit_id, session.visit.school_id)]):
            ticked.add(pk)
    if ticked:
        hosts_know(ticked, now=now, changes=changes)
    return len(ticked)


def _mark_volunteers(read: Read, phoned: ToPhone, changes: Changes, *, now: datetime) -> int:
    ticked, known, to_phone_too = 0, dict[int, set[int]](), phoned.covers()
    for cover in Cover.objects.filter(pk__in=read).select_related("session").order_by("pk"):
        if read[cover.pk] != as_read(cover):
            continue
        is_news = cover.told_at is None
        if is_news:
            changes.write(cover, told_at=now)
        if is_news or cover.pk in to_phone_too:
            theirs = phoned.known_anyway((cover.session.visit_id, cover.volunteer_id))
            known.setdefault(cover.volunteer_id, set()).update({cover.session_id, *theirs})
            ticked += 1
    for person, of_person in known.items():
        they_know([person], sessions=of_person, now=now, changes=changes)
    return ticked


def _mark_guests(guests: Mapping[Pair, str], changes: Changes, *, now: datetime) -> int:
    """Write down which guests, and hosts, know how they stand; the sessions of their visits are locked."""
    current = as_it_is_told({visit for visit, _ in guests}, on=timezone.localdate(now))
    ticked = {pair for pair, facts in guests.items() if current.get(pair) == facts}
    if ticked:
        hosts = ticked & set(Visit.objects.filter(pk__in={visit for visit, _ in ticked}).values_list("pk", "school"))
        guests_know(ticked - hosts, now=now, changes=changes)
        hosts_know_the_rest(hosts, now=now, changes=changes)
    return len(ticked)
