"""The calendar with a cell for each day: it lists the visit days with their state, or only their number where there are many."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db.models import Count, F, Q

from schools.core.batched_queries import GivenIds
from schools.core.ids import IsAmong
from schools.core.prepared import GivenRows, Prepared
from schools.core.words import joined, short_time
from schools.office.calendar.forms import Span
from schools.office.frame.chips import chip, chip_of_day
from schools.office.frame.pages import addresses
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage
from schools.visits.queries import VisitDay, by_visit_day, standing

type Entries = list[dict[str, Any]]
"""What a cell of the calendar lists; templates/office/calendar/_calendar_entry.html shows one entry."""
WITH_COVER = Prepared(
    lambda: Session.objects.filter(IsAmong(F("pk"), GivenRows("sessions"))).with_cover().select_related("type", "visit__school")
)
"""The sessions of a calendar, and how they are covered."""
_NAMES = Prepared(
    lambda: (
        Cover.objects.holding()
        .filter(session__in=GivenIds("sessions"))
        .order_by("role", "pk")
        .values_list("session_id", "volunteer__name")
    )
)


def within(first: date, last: date) -> Q:
    """Return the condition that a session's day, or a day of its online window, lies from `first` to `last`."""
    return Q(day__range=(first, last)) | Q(until_day__gte=first, day__lt=first)


def entries_by_day(sessions: SessionQuerySet, span: Span, *, on: date) -> defaultdict[date, Entries]:
    """Return the entries of each day, one for each visit day; an online window stands on the first of its days that is shown."""
    rows = WITH_COVER.run(sessions=sessions)
    people = names_by_session(rows)
    address = addresses("admin:visit-day", 0, date.min)
    days: defaultdict[date, Entries] = defaultdict(list)
    for visit_day, of_day in by_visit_day(rows):
        left = standing(of_day)
        names = list(dict.fromkeys(name for session in left for name in people[session.pk]))
        nobody = "nobody yet" if any(session.type.presenters for session in left) else "the school by itself"
        days[max(visit_day.day, span.first)].append(
            entry_of(visit_day, of_day, address) | {"beside": joined(names) or nobody, "chips": [chip_of_day(of_day, on=on)]}
        )
    return days


def entry_of(visit_day: VisitDay, sessions: list[Session], address: Callable[..., str]) -> dict[str, Any]:
    """Return what every entry says about these sessions of the visit day: when, where, what, and the end of an online window.

    Cancelled ones are left out unless all are. People come for the first that is not online; a window says when it ends where all
    are online. `address` gives the day's page by the visit's id and the day.
    """
    left = standing(sessions)
    there = [session.starts for session in left if not session.type.is_online]
    return {
        "visit_day": visit_day,
        "address": address(visit_day.visit.pk, visit_day.day),
        "time": short_time(min(there)) if there else "",
        "types": joined(dict.fromkeys(session.name for session in left)),
        "until": max(session.last_day for session in left) if not there else None,
    }


def names_by_session(sessions: Iterable[Session]) -> defaultdict[int, list[str]]:
    """Return the names of the volunteers who hold a place on each session, by the session's id."""
    people: defaultdict[int, list[str]] = defaultdict(list)
    ids = [session.pk for session in sessions]
    for session_id, name in _NAMES.run(sessions=ids) if ids else ():
        people[session_id].append(name)
    return people


def totals_by_day(sessions: SessionQuerySet, span: Span, *, on: date) -> defaultdict[date, Entries]:
    """Return one entry for each day: how many visits it has and how many sessions need people.

    For a page with more visit days than anybody reads.
    """
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
        state = (
            chip("needs", f"{count:,} {'needs' if count == 1 else 'need'} people")
            if count
            else chip("covered" if day >= on else "quiet", "None open")
        )
        entries[day].append({"number": f"{visits:,} {'visit' if visits == 1 else 'visits'}", "chip": state})
    return entries
