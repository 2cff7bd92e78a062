"""What is open to a volunteer: mornings that they may take, how far, with whom, how many places are free."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from schools.portal.queries.mornings import Morning, Others, Sitting, mornings_of
from schools.visits.models import HOLDING_STATES, Cover, CoverRole, CoverState, Session
from schools.visits.queries import CoverRecords
from schools.visits.rules import open_days, reasons_ended, reasons_not_to_claim
from schools.volunteers.models import Volunteer

WITHIN_KM = (5, 10, 25, 50)
"""The distances that the list can be held to."""


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see of what is open to them; None: everything."""

    weekday: int | None = None
    within_km: int | None = None

    def has(self, morning: Morning) -> bool:
        """Whether they want to see the morning; one whose distance nobody knows is not hidden."""
        near = self.within_km is None or morning.kilometres is None or morning.kilometres <= self.within_km
        return near and self.weekday in {None, morning.day.weekday()}


def open_mornings(volunteer: Volunteer, *, now: datetime) -> list[Morning]:
    """The visit days that the volunteer may take, nearest first, with who is there already."""
    days = open_days(volunteer, on=timezone.localdate(now))
    sessions = [one for day in days for one in day.open_sessions if not reasons_ended(one, now=now)]
    mornings = _with_company(volunteer, sessions)
    return sorted(mornings, key=_nearest_first)


def _nearest_first(morning: Morning) -> tuple[bool, float, date]:
    unknown = morning.kilometres is None
    return unknown, round(morning.kilometres or 0), morning.day


def _with_company(volunteer: Volunteer, sessions: Sequence[Session]) -> list[Morning]:
    """The sessions, which know their places, as mornings with who is there; one query."""
    on_them = Cover.objects.filter(session__in=[session.pk for session in sessions]).select_related("volunteer")
    others: Others = defaultdict(list)
    offered: dict[int, Cover] = {}
    for cover in on_them.filter(Q(state__in=HOLDING_STATES) | Q(volunteer=volunteer, state=CoverState.OFFERED)):
        if cover.volunteer_id == volunteer.pk:
            offered[cover.session_id] = cover
        else:
            others[cover.session_id].append(cover.volunteer)
    sittings = [
        Sitting(one, offered.get(one.pk), one.is_covered, max(one.type.presenters - one.places_taken, 0)) for one in sessions
    ]
    return mornings_of(volunteer, sittings, others)


def within_reach(volunteer: Volunteer, *, visit_id: int, day: date, on: date) -> list[Session]:
    """The scheduled sessions of a visit day in the volunteer's areas or offered to them, open or not: whose page they may try."""
    sessions = Session.objects.scheduled().with_cover().filter(visit=visit_id, day=day).select_related("type", "visit__school")
    in_areas = Session.objects.filter(visit=visit_id, day=day).in_areas(volunteer.areas.all(), on=on)
    offered = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state=CoverState.OFFERED)
    return list(sessions.filter(Q(pk__in=in_areas.order_by().values("pk")) | Exists(offered)).order_by("starts", "pk"))


def takeable(volunteer: Volunteer, sessions: Iterable[Session], *, now: datetime) -> Morning | None:
    """Those of the sessions within reach of one visit day to which the volunteer can say yes: offered, or open; None for none."""
    on = timezone.localdate(now)
    sessions = [one for one in sessions if one.day >= on and one.type.presenters and not reasons_ended(one, now=now)]
    mornings = _with_company(volunteer, sessions)
    if not mornings:
        return None
    records = CoverRecords.of([volunteer], sessions)
    sittings = tuple(
        one
        for one in mornings[0].sittings
        if one.cover
        or not (one.is_covered or reasons_not_to_claim(volunteer, one.session, role=CoverRole.PRESENTER, on=on, records=records))
    )
    if not sittings:
        return None
    return Morning(mornings[0].visit, mornings[0].day, sittings, mornings[0].partners, mornings[0].kilometres)
