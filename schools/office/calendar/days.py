"""The calendar with a cell for each day: its visit days with their state, or, where they are too many, how many there are."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Q

from schools.core.words import joined, short_time
from schools.office.calendar.forms import Span
from schools.office.frame.chips import chip, chip_of_session
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage
from schools.visits.queries import VisitDay, by_visit_day

type Entries = list[dict[str, Any]]
"""What a cell of the calendar lists; templates/office/calendar/_calendar_entry.html writes one."""


def within(first: date, last: date) -> Q:
    """Sessions with a day, or a day of their window, from `first` to `last`."""
    return Q(day__range=(first, last)) | Q(until_day__gte=first, day__lt=first)


def days_of(sessions: SessionQuerySet, span: Span, *, on: date) -> defaultdict[date, Entries]:
    """What each day says of its visit days; an online window stands on the first of its days that is shown."""
    rows = list(sessions.with_cover().select_related("type", "visit__school"))
    people = people_on(rows)
    days: defaultdict[date, Entries] = defaultdict(list)
    for visit_day, of_day in by_visit_day(rows):
        names = list(dict.fromkeys(name for session in of_day for name in people[session.pk]))
        nobody = "nobody yet" if any(session.type.presenters for session in of_day) else "the school by itself"
        days[max(visit_day.day, span.first)].append(
            entry_of(visit_day, of_day) | {"beside": joined(names) or nobody, "chips": [chip_of_day(of_day, on=on)]}
        )
    return days


def entry_of(visit_day: VisitDay, sessions: list[Session]) -> dict[str, Any]:
    """What every entry says of these sessions of the visit day: when, where, what, and how long a window is open."""
    is_online = sessions[0].type.is_online
    return {
        "visit_day": visit_day,
        "time": "" if is_online else short_time(sessions[0].starts),
        "types": joined(dict.fromkeys(session.name for session in sessions)),
        "until": max(session.last_day for session in sessions) if is_online else None,
    }


def chip_of_day(sessions: list[Session], *, on: date) -> str:
    """A day is as well covered as the worst session of it that still stands."""
    standing = [session for session in sessions if session.stage != SessionStage.CANCELLED]
    if not standing:
        return chip_of_session(sessions[0], on=on)
    open_ones = [one for one in standing if one.stage == SessionStage.SCHEDULED and (one.last_day < on or not one.is_covered)]
    return chip_of_session((open_ones or standing)[0], on=on)


def people_on(sessions: Iterable[Session]) -> defaultdict[int, list[str]]:
    """Who holds a place on each of the sessions, by its id."""
    people: defaultdict[int, list[str]] = defaultdict(list)
    covers = Cover.objects.holding().filter(session__in=[session.pk for session in sessions]).order_by("role", "pk")
    for session_id, name in covers.values_list("session_id", "volunteer__name"):
        people[session_id].append(name)
    return people


def numbers_of(sessions: SessionQuerySet, span: Span, *, on: date) -> defaultdict[date, Entries]:
    """Of more visit days than anybody reads: how many each day has, and how many sessions need people."""
    days = (
        sessions.exclude(stage=SessionStage.CANCELLED)
        .filter(day__gte=span.first)
        .order_by()
        .values("day")
        .annotate(visits=Count("visit", distinct=True))
    )
    uncovered = sessions.filter(day__gte=max(span.first, on)).uncovered().order_by().values("day").annotate(open=Count("pk"))
    needing = dict(uncovered.values_list("day", "open"))
    entries: defaultdict[date, Entries] = defaultdict(list)
    for day, visits in days.values_list("day", "visits"):
        count = needing.get(day, 0)
        said = chip("needs", f"{count:,} need people") if count else chip("covered" if day >= on else "quiet", "None open")
        entries[day].append({"number": f"{visits:,} {'visit' if visits == 1 else 'visits'}", "chip": said, "day": day})
    return entries
