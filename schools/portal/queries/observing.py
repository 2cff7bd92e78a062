"""The mornings that somebody who learns could watch, and those that they asked to watch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from schools.portal.queries.mornings import Morning, Others, Sitting, mornings_of
from schools.visits.models import HOLDING_STATES, PRESENTING_ROLES, Cover, CoverRole, CoverState, Session
from schools.visits.queries import CoverRecords, to_observe
from schools.visits.rules import reasons_ended, reasons_not_to_claim
from schools.volunteers.models import Volunteer

MOST_SHOWN = 20
"""How many mornings the page lists: the soonest, so that a phone is not sent half a year of them."""


@dataclass(frozen=True)
class ToObserve:
    """What the page shows: what the volunteer asked to watch and nobody has answered, and what they could ask for."""

    asked: list[Morning]
    open: list[Morning]


def mornings_to_observe(volunteer: Volunteer, *, now: datetime) -> ToObserve:
    """Return both kinds, soonest first; only mornings to which somebody else goes, and on which the volunteer could be there.

    The queries are as many for one morning as for many.
    """
    on = timezone.localdate(now)
    sessions = [session for session in to_observe(volunteer, on=on) if not reasons_ended(session, now=now)]
    others, wanted = _company(volunteer, sessions)
    records = CoverRecords.of([volunteer], sessions)
    by_day: dict[tuple[int, object], list[Session]] = defaultdict(list)
    for session in sessions:
        by_day[session.visit_id, session.day].append(session)
    waiting: list[Sitting] = []
    possible: list[Sitting] = []
    for rows in by_day.values():
        sittings = [Sitting(session) for session in rows]
        if any(session.pk in wanted for session in rows):
            waiting += [sitting for sitting in sittings if sitting.session.pk in wanted]
        elif any(others.get(session.pk) for session in rows) and not _reasons(volunteer, rows, records, now=now):
            possible += sittings
    return ToObserve(mornings_of(volunteer, waiting, others), mornings_of(volunteer, possible, others)[:MOST_SHOWN])


def _company(volunteer: Volunteer, sessions: Sequence[Session]) -> tuple[Others, set[int]]:
    """Return the people who lead or present each session, and the ids of those that the volunteer asked to watch; one query."""
    covers = Cover.objects.filter(session__in=[session.pk for session in sessions]).select_related("volunteer")
    others: Others = defaultdict(list)
    wanted = set()
    presenting = Q(state__in=HOLDING_STATES, role__in=PRESENTING_ROLES)
    for cover in covers.filter(presenting | Q(volunteer=volunteer, state=CoverState.ASKED)):
        if cover.volunteer_id == volunteer.pk:
            wanted.add(cover.session_id)
        else:
            others[cover.session_id].append(cover.volunteer)
    return others, wanted


def _reasons(volunteer: Volunteer, sessions: Sequence[Session], records: CoverRecords, *, now: datetime) -> list[str]:
    on, role = timezone.localdate(now), CoverRole.OBSERVER
    return [
        reason for session in sessions for reason in reasons_not_to_claim(volunteer, session, role=role, on=on, records=records)
    ]
