"""The calendar with a row for each volunteer: their sessions, what they were asked, when they are away.

The first row has the sessions that still need people.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import Area
from schools.office.calendar.days import Entries, entry_of, within
from schools.office.calendar.forms import Column, Span
from schools.office.calendar.naming import Named
from schools.office.frame.chips import chip, chip_of_cover, chip_of_day
from schools.office.frame.pages import addresses
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage
from schools.visits.queries import VisitDay, by_visit_day
from schools.volunteers.models import Away, Volunteer, VolunteerQuerySet

MOST_PEOPLE = 150
"""The most rows that are still readable; a nation has more."""


@dataclass(frozen=True)
class Row:
    """One volunteer with their entries; `volunteer` is None in the row of sessions that still need people."""

    volunteer: Volunteer | None
    is_own: bool
    """Whether the user may open the volunteer's page."""
    cells: list[tuple[Column, Entries]]


def volunteer_rows(
    sessions: SessionQuerySet, span: Span, *, user: User, area: Area | None, named: Named | None, on: date
) -> list[Row] | None:
    """Return a row for each active volunteer of the areas and for everybody else on one of the sessions; None: too many to read.

    A volunteer's row has everything that they are down for or were asked, also at schools of other areas, so that an empty cell
    means that they are free. The row of a guest from another area has only sessions that the user may see.
    `named` keeps these volunteers and the volunteers on a session at one of these schools; None keeps all.
    """
    shown = _shown(sessions, user=user, area=area, named=named, on=on)
    volunteers = list(shown.order_by("name", "pk")[: MOST_PEOPLE + 1])
    if len(volunteers) > MOST_PEOPLE:
        return None
    ids = [volunteer.pk for volunteer in volunteers]
    own = set(Volunteer.objects.for_user(user, on=on).filter(pk__in=ids).values_list("pk", flat=True))
    booked = _booked(volunteers, own, span, user=user, on=on)
    at_schools = named.at_schools(sessions) if named else sessions
    return [
        Row(None, is_own=False, cells=_in_columns(_uncovered(at_schools, span, on=on), span)),
        *(Row(volunteer, is_own=volunteer.pk in own, cells=_in_columns(booked[volunteer.pk], span)) for volunteer in volunteers),
    ]


def _shown(sessions: SessionQuerySet, *, user: User, area: Area | None, named: Named | None, on: date) -> VolunteerQuerySet:
    active = Volunteer.objects.for_user(user, on=on).active()
    if area:
        active = active.in_areas(Area.objects.filter(pk=area.pk))
    covers = Cover.objects.live().filter(session__in=sessions.order_by().values("pk")).order_by()
    shown = Volunteer.objects.filter(Q(pk__in=active.order_by().values("pk")) | Q(pk__in=covers.values("volunteer")))
    if named:
        at_schools = covers.filter(session__in=named.at_schools(sessions).order_by().values("pk"))
        shown = shown.filter(Q(pk__in=named.volunteers.order_by().values("pk")) | Q(pk__in=at_schools.values("volunteer")))
    return shown


type Dated = tuple[date, dict[str, Any]]
"""An entry with the day under which it stands."""


def _uncovered(sessions: SessionQuerySet, span: Span, *, on: date) -> list[Dated]:
    rows = sessions.filter(day__gte=max(on, span.first)).uncovered().select_related("type", "visit__school")
    address = addresses("admin:visit-day", 0, date.min)
    return [
        (visit_day.day, entry_of(visit_day, of_day, address) | {"chips": [chip_of_day(of_day, on=on)], "opens": True})
        for visit_day, of_day in by_visit_day(rows)
    ]


def _booked(volunteers: list[Volunteer], own: set[int], span: Span, *, user: User, on: date) -> defaultdict[int, list[Dated]]:
    """Return the entries of each volunteer, by id: visit days that they are down for or were asked about, and days away."""
    shown = Session.objects.filter(within(span.first, span.last)).order_by()
    covers = Cover.objects.live().filter(volunteer__in=volunteers, session__in=shown.values("pk"))
    lapsed = set(covers.lapsed(on=on).order_by().values_list("pk", flat=True))
    opens = set(Session.objects.for_user(user, on=on).filter(within(span.first, span.last)).values_list("pk", flat=True))
    covers = covers.select_related("session__type", "session__visit__school")
    covers = covers.order_by("volunteer", "session__day", "session__visit", "session__starts", "pk")
    booked: defaultdict[int, list[Dated]] = defaultdict(list)
    address = addresses("admin:visit-day", 0, date.min)
    for (volunteer_id, day, _), grouped in groupby(
        covers, key=lambda cover: (cover.volunteer_id, cover.session.day, cover.session.visit_id)
    ):
        of_day = list(grouped)
        opened = of_day[0].session_id in opens
        if opened or volunteer_id in own:
            sessions = [cover.session for cover in of_day]
            visit_day = VisitDay(sessions[0].visit, day)
            chips = list(dict.fromkeys(_chip(cover, has_lapsed=cover.pk in lapsed) for cover in of_day))
            entry = entry_of(visit_day, sessions, address) | {"chips": chips, "opens": opened}
            booked[volunteer_id].append((max(day, span.first), entry))
    for away in Away.objects.filter(volunteer__in=own, first_day__lte=span.last, last_day__gte=span.first):
        booked[away.volunteer_id].extend(_away(away, span))
    return booked


def _chip(cover: Cover, *, has_lapsed: bool) -> str:
    if cover.session.stage == SessionStage.CANCELLED:
        return chip("cancelled", "Cancelled")
    return chip_of_cover(cover, has_lapsed=has_lapsed)


def _away(away: Away, span: Span) -> Iterator[Dated]:
    """Yield an entry for each column in which the volunteer is away, with the first and the last day away in that column."""
    for column in span.columns:
        first, last = max(away.first_day, column.first), min(away.last_day, column.last)
        if first <= last:
            yield first, {"away": (first, last), "chips": [chip("quiet", "Away")]}


def _in_columns(dated: list[Dated], span: Span) -> list[tuple[Column, Entries]]:
    ordered = sorted(dated, key=lambda pair: pair[0])
    return [(column, [entry for day, entry in ordered if column.first <= day <= column.last]) for column in span.columns]
