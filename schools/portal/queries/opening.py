"""The mornings that are open to a volunteer: how far they are, with whom, how many places are free."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.charity.queries import current
from schools.core.distances import Unit, distance_in_words, in_kilometres
from schools.core.errors import RuleBroken
from schools.portal.queries.home import mine
from schools.portal.queries.mornings import Morning, Others, Sitting, mornings_of
from schools.visits.models import HOLDING_STATES, Cover, CoverRole, CoverState, Session, SessionQuerySet
from schools.visits.queries import CoverRecords
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.rules import (
    open_days,
    reasons_covered,
    reasons_day_passed,
    reasons_ended,
    reasons_not_to_claim,
    reasons_session_takes_nobody,
)
from schools.volunteers.models import Volunteer

WITHIN = {Unit.MILES: (3, 5, 15, 30), Unit.KILOMETRES: (5, 10, 25, 50)}
"""The distances by which the list can be filtered, in each unit."""


def distances_to_choose() -> list[tuple[float, str]]:
    """Return the distances by which the list can be filtered: in km, and in words in the charity's unit."""
    unit = Unit(current().distances_in)
    each = (in_kilometres(distance, unit) for distance in WITHIN[unit])
    return [(round(km, 1), distance_in_words(km, unit)) for km in each]


@dataclass(frozen=True)
class OpenFilter:
    """A filter for open mornings; None: no filter by that value."""

    weekday: int | None = None
    within_km: float | None = None

    def has(self, morning: Morning) -> bool:
        """Whether the morning passes the filter; a morning at an unknown distance passes every distance."""
        near = self.within_km is None or morning.kilometres is None or morning.kilometres <= self.within_km
        return near and self.weekday in {None, morning.day.weekday()}


def open_mornings(volunteer: Volunteer, *, now: datetime) -> list[Morning]:
    """Return the visit days that the volunteer may take, nearest first, each with the people on it."""
    days = open_days(volunteer, on=timezone.localdate(now))
    sessions = [session for day in days for session in day.open_sessions if not reasons_ended(session, now=now)]
    mornings = _with_company(volunteer, sessions)
    return sorted(mornings, key=_nearest_first)


def first_page(volunteer: Volunteer, *, now: datetime) -> str:
    """Return the name of the page on which an invitation leads: what is open, where nothing is theirs yet, else their own."""
    return "open-list" if mine(volunteer, now=now).is_empty and open_mornings(volunteer, now=now) else "home"


def _nearest_first(morning: Morning) -> tuple[bool, float, date]:
    unknown = morning.kilometres is None
    return unknown, round(morning.kilometres or 0), morning.day


def _with_company(volunteer: Volunteer, sessions: Sequence[Session]) -> list[Morning]:
    """Return the sessions as mornings with the people on them; one query.

    The sessions must come from `with_cover`, which counts their places.
    """
    on_them = Cover.objects.filter(session__in=[session.pk for session in sessions]).select_related("volunteer")
    others: Others = defaultdict(list)
    offered: dict[int, Cover] = {}
    for cover in on_them.filter(Q(state__in=HOLDING_STATES) | Q(volunteer=volunteer, state=CoverState.OFFERED)):
        if cover.volunteer_id != volunteer.pk:
            others[cover.session_id].append(cover.volunteer)
        elif cover.state == CoverState.OFFERED:
            offered[cover.session_id] = cover
    sittings = [
        Sitting(session, offered.get(session.pk), session.is_covered, max(session.type.presenters - session.places_taken, 0))
        for session in sessions
    ]
    return mornings_of(volunteer, sittings, others)


def furthest_in_words(volunteer: Volunteer) -> str:
    """Return how far the volunteer goes, in the charity's unit; "" where distance is no matter."""
    km = volunteer.furthest_km
    return "" if km is None else distance_in_words(km, current().distances_in)


def within_reach(volunteer: Volunteer, *, visit_id: int, day: date, on: date) -> list[Session]:
    """Return the scheduled sessions of a visit day that are in the volunteer's areas or offered to them, open or not.

    These are the sessions that their page may show.
    """
    in_areas = Session.objects.filter(visit=visit_id, day=day).in_areas(volunteer.areas.all(), on=on)
    offered = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state=CoverState.OFFERED)
    mine = Q(pk__in=in_areas.order_by().values("pk")) | Exists(offered)
    return list(_of_day(visit_id, day).scheduled().filter(mine))


def no_longer_theirs(volunteer: Volunteer, *, visit_id: int, day: date) -> list[Session]:
    """Return the sessions of a visit day that the volunteer was asked for, or had taken, and is not any more, at any stage.

    Somebody of another area reads of these why they are not open to them.
    """
    withdrawn = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state=CoverState.WITHDRAWN)
    return list(_of_day(visit_id, day).filter(Exists(withdrawn)))


def _of_day(visit_id: int, day: date) -> SessionQuerySet:
    # Passed as a mapping, because Session declares the attribute itself.
    called_off = {"is_called_off": alarms_called_off("visit", "day")}
    sessions = Session.objects.with_cover().filter(visit=visit_id, day=day).annotate(**called_off)
    return sessions.select_related("type", "visit__school", "site").order_by("starts", "pk")


def last_answer(volunteer: Volunteer, *, visit_id: int, day: date) -> str | None:
    """Return the state of the volunteer’s newest cover of the visit day; None: they have none."""
    covers = Cover.objects.filter(volunteer=volunteer, session__visit=visit_id, session__day=day).order_by("-pk")
    return covers.values_list("state", flat=True).first()


def claimable(volunteer: Volunteer, sessions: Iterable[Session], *, now: datetime) -> Morning | None:
    """Return those of one visit day's sessions that the volunteer can accept, offered or open; None where there are none.

    They come from `within_reach`. Where the school calls the day off, only what was offered to them before.
    """
    on = timezone.localdate(now)
    sessions = [
        session for session in sessions if session.day >= on and session.type.presenters and not reasons_ended(session, now=now)
    ]
    mornings = _with_company(volunteer, sessions)
    if not mornings:
        return None
    records = CoverRecords.of([volunteer], sessions)
    sittings = tuple(
        sitting
        for sitting in mornings[0].sittings
        if sitting.cover
        or not (
            sitting.is_covered
            or sitting.session.is_called_off
            or reasons_not_to_claim(volunteer, sitting.session, role=CoverRole.PRESENTER, on=on, records=records)
        )
    )
    if not sittings:
        return None
    return Morning(mornings[0].visit, mornings[0].day, sittings, mornings[0].partners, mornings[0].kilometres)


def why_not_open(volunteer: Volunteer, sessions: Sequence[Session], *, now: datetime) -> list[str] | None:
    """Return why the volunteer can take none of the sessions, worded for them; None where the time for all of them has passed.

    The same reasons as where they press the button, that it has everybody it needs, and that the school calls the day off. The
    sessions come from `within_reach` or `no_longer_theirs`.
    """
    on = timezone.localdate(now)
    left = [session for session in sessions if not (reasons_day_passed(session, on=on) or reasons_ended(session, now=now))]
    if sessions and not left:
        return None
    records = CoverRecords.of([volunteer], left)
    off = _("The school says that it must call off this day, so nobody else is looked for.")
    reasons = [off] if any(session.is_called_off for session in left) else []
    of_each = {
        session: reasons_session_takes_nobody(session)
        or [
            *reasons_covered(session),
            *reasons_not_to_claim(volunteer, session, role=CoverRole.PRESENTER, on=on, records=records),
        ]
        for session in left
    }
    reasons += chain.from_iterable(of_each.values())
    has_place = any(session.type.presenters and not (session.is_called_off or against) for session, against in of_each.items())
    if has_place or (left and not reasons):
        # A place is free again, in an area that is not theirs: that another session of the day is full does not matter then.
        reasons = [_("Only your coordinator can put you down for this now. Phone them if you can come.")]
    return RuleBroken(dict.fromkeys(reasons)).to_them.messages
