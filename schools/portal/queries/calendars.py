"""A volunteer's mornings as their phone's calendar shows them: one entry for each visit day."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from schools.core.words import time_range
from schools.portal.queries.directions import place_of
from schools.portal.queries.mornings import Morning, Sitting
from schools.visits.calendars import ARRIVE_BEFORE, CalendarMorning, status_of
from schools.visits.models import Cover, CoverState, Session, Visit
from schools.volunteers.models import Volunteer

FEED_LOOKS_BACK = timedelta(days=92)
"""How far back the calendar goes; phones delete mornings that its address no longer lists."""

type History = dict[int, tuple[int, datetime]]
"""By a visit's id, how many states its rows have had, and when the last of them began."""


def my_calendar(volunteer: Volunteer, *, on: date, now: datetime, link: Callable[[int, date], str]) -> list[CalendarMorning]:
    """Return the mornings that the volunteer said yes to, soonest first; cancelled ones too, which say so. Five queries.

    `link` gives the whole address of a morning's page. `now` is used only where nothing is known of the history.
    """
    mine = Cover.objects.filter(volunteer=volunteer, state__in=(CoverState.ACCEPTED, CoverState.ATTENDED)).values("session")
    sessions = Session.objects.filter(pk__in=mine, day__gte=on - FEED_LOOKS_BACK)
    sessions = sessions.select_related("type", "visit__school", "visit__contact", "site").order_by("day", "starts", "pk")
    days: dict[tuple[int, date], list[Session]] = defaultdict(list)
    for session in sessions:
        days[session.visit_id, session.day].append(session)
    visits = {visit for visit, _day in days}
    named, changes = _names(visits), _changes(visits, volunteer)
    return [_entry(rows, named[key], *changes.get(key[0], (0, now)), link=link(*key)) for key, rows in days.items()]


def _names(visits: Collection[int]) -> dict[tuple[int, date], int]:
    """Return, by visit and day, the number in the entry's name: the lowest id of all the day's sessions.

    So the name stays when somebody gives one of the sessions back, and when the whole day moves.
    """
    lowest = Session.objects.filter(visit__in=visits).order_by().values_list("visit", "day").annotate(Min("pk"))
    return {(visit, day): pk for visit, day, pk in lowest}


def _changes(visits: Collection[int], volunteer: Volunteer) -> History:
    """Return how often each visit, any of its sessions or the volunteer's place on one was changed, and when last.

    All sessions of a visit count for each of its days: when one of them moves to another day, the number of neither day falls.
    """
    of_visits = Visit.history.filter(id__in=visits).order_by().values_list("id")
    of_sessions = Session.history.filter(visit_id__in=visits).order_by().values_list("visit_id")
    on_them = Session.objects.filter(visit__in=visits).order_by().values("pk")
    of_places = Cover.history.filter(volunteer_id=volunteer.pk, session_id__in=on_them).order_by()
    of_places = of_places.values_list("session__visit_id")
    states: dict[int, tuple[int, datetime]] = {}
    for rows in (of_visits, of_sessions, of_places):
        for visit, number, at in _counted(rows):
            before = states.get(visit)
            states[visit] = (before[0] + number, max(before[1], at)) if before else (number, at)
    return states


def _counted(rows: Any) -> Iterable[tuple[int, int, datetime]]:
    counted: Iterable[tuple[int, int, datetime]] = rows.annotate(Count("history_id"), Max("history_date"))
    return counted


def _entry(sessions: list[Session], name: int, sequence: int, changed: datetime, *, link: str) -> CalendarMorning:
    visit, day = sessions[0].visit, sessions[0].day
    morning = Morning(visit, day, tuple(Sitting(session) for session in sessions))
    going = [session for session in sessions if status_of(session) != "CANCELLED"] or sessions
    title = _("Your morning at %(school)s") if morning.is_morning else _("Your afternoon at %(school)s")
    title %= {"school": visit.school}
    status = status_of(going[0])
    if status == "CANCELLED":
        title = _("Cancelled: %(what)s") % {"what": title}
    return CalendarMorning(
        uid=f"{visit.reference}-{name}@speakout",
        sequence=sequence,
        changed=changed,
        starts=datetime.combine(day, going[0].starts) - ARRIVE_BEFORE,  # of the clock on the school's wall
        ends=datetime.combine(day, max(session.ends for session in going)),  # likewise
        title=title,
        description=_description(morning, going, link=link),
        where=morning.where,
        status=status,
        place=place_of(morning.where),
        link=link,
    )


def _description(morning: Morning, going: list[Session], *, link: str) -> str:
    """Return the running order, what the school said about arriving, and the page's address; no phone number and no person."""
    be_there = _("Be there at %(time)s.") % {"time": morning.arrive}
    order = [", ".join(filter(None, (time_range(session.starts, session.ends), session.name, session.room))) for session in going]
    lines = (be_there, *order, morning.visit.arrival_notes, morning.visit.parking, link)
    return "\n".join(line for line in lines if line)
