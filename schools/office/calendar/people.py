"""The calendar with a row for each volunteer: what they are down for, what they were asked, when they are away; first, what
nobody has yet.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import Area, School
from schools.office.calendar.days import Entries, chip_of_day, entry_of, within
from schools.office.calendar.forms import Column, Span
from schools.office.frame.chips import chip, chip_of_cover
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage
from schools.visits.queries import VisitDay, by_visit_day
from schools.volunteers.models import Away, Volunteer, VolunteerQuerySet

MOST_PEOPLE = 150
"""Rows that somebody still reads; a nation has more."""


@dataclass(frozen=True)
class Row:
    """One volunteer, or what nobody has yet (`volunteer` is None)."""

    volunteer: Volunteer | None
    is_own: bool
    """Whether the user may open the volunteer's page."""
    cells: list[tuple[Column, Entries]]


def people_of(sessions: SessionQuerySet, span: Span, *, user: User, area: Area | None, named: str, on: date) -> list[Row] | None:
    """A row for each active volunteer of the areas, and for everybody else on one of the sessions; None: more than are read.

    A volunteer's row has whatever they are down for or were asked, at schools of other areas too, so that an empty cell means
    free; of a guest from another area it has the user's own sessions alone. `named` leaves those of that name, and those on a
    session at a school of that name.
    """
    shown = _shown(sessions, user=user, area=area, named=named, on=on)
    volunteers = list(shown.order_by("name", "pk")[: MOST_PEOPLE + 1])
    if len(volunteers) > MOST_PEOPLE:
        return None
    own = set(Volunteer.objects.for_user(user, on=on).filter(pk__in=[one.pk for one in volunteers]).values_list("pk", flat=True))
    booked = _booked(volunteers, own, span, user=user, on=on)
    nobody = sessions.filter(visit__school__in=School.objects.named(named)) if named else sessions
    return [
        Row(None, is_own=False, cells=_in_columns(_uncovered(nobody, span, on=on), span)),
        *(Row(one, is_own=one.pk in own, cells=_in_columns(booked[one.pk], span)) for one in volunteers),
    ]


def _shown(sessions: SessionQuerySet, *, user: User, area: Area | None, named: str, on: date) -> VolunteerQuerySet:
    helping = Volunteer.objects.for_user(user, on=on).active()
    if area:
        helping = helping.in_areas(Area.objects.filter(pk=area.pk))
    on_them = Cover.objects.live().filter(session__in=sessions.order_by().values("pk")).order_by()
    shown = Volunteer.objects.filter(Q(pk__in=helping.order_by().values("pk")) | Q(pk__in=on_them.values("volunteer")))
    if named:
        there = on_them.filter(session__visit__school__in=School.objects.named(named))
        shown = shown.filter(Q(name__icontains=named) | Q(pk__in=there.values("volunteer")))
    return shown


type Dated = tuple[date, dict[str, Any]]


def _uncovered(sessions: SessionQuerySet, span: Span, *, on: date) -> list[Dated]:
    rows = sessions.filter(day__gte=max(on, span.first)).uncovered().select_related("type", "visit__school")
    return [
        (visit_day.day, entry_of(visit_day, of_day) | {"chips": [chip_of_day(of_day, on=on)], "opens": True})
        for visit_day, of_day in by_visit_day(rows)
    ]


def _booked(volunteers: list[Volunteer], own: set[int], span: Span, *, user: User, on: date) -> defaultdict[int, list[Dated]]:
    """What each volunteer is down for or was asked, by visit day, and when they are away."""
    shown = Session.objects.filter(within(span.first, span.last)).order_by()
    covers = Cover.objects.live().filter(volunteer__in=volunteers, session__in=shown.values("pk"))
    lapsed = set(covers.lapsed(on=on).order_by().values_list("pk", flat=True))
    opens = set(Session.objects.for_user(user, on=on).filter(within(span.first, span.last)).values_list("pk", flat=True))
    covers = covers.select_related("session__type", "session__visit__school")
    covers = covers.order_by("volunteer", "session__day", "session__visit", "session__starts", "pk")
    booked: defaultdict[int, list[Dated]] = defaultdict(list)
    for (volunteer_id, day, _), grouped in groupby(
        covers, key=lambda one: (one.volunteer_id, one.session.day, one.session.visit_id)
    ):
        of_day = list(grouped)
        seen = of_day[0].session_id in opens
        if seen or volunteer_id in own:
            sessions = [cover.session for cover in of_day]
            visit_day = VisitDay(sessions[0].visit, day)
            chips = list(dict.fromkeys(_chip(cover, has_lapsed=cover.pk in lapsed) for cover in of_day))
            booked[volunteer_id].append((max(day, span.first), entry_of(visit_day, sessions) | {"chips": chips, "opens": seen}))
    for away in Away.objects.filter(volunteer__in=own, first_day__lte=span.last, last_day__gte=span.first):
        booked[away.volunteer_id].extend(_away(away, span))
    return booked


def _chip(cover: Cover, *, has_lapsed: bool) -> str:
    if cover.session.stage == SessionStage.CANCELLED:
        return chip("cancelled", "Cancelled")
    return chip_of_cover(cover, has_lapsed=has_lapsed)


def _away(away: Away, span: Span) -> Iterator[Dated]:
    """An entry in each column in which the volunteer is away, with the days of it where a column has several."""
    for column in span.columns:
        first, last = max(away.first_day, column.first), min(away.last_day, column.last)
        if first <= last:
            yield first, {"away": (first, last), "chips": [chip("quiet", "Away")]}


def _in_columns(dated: list[Dated], span: Span) -> list[tuple[Column, Entries]]:
    ordered = sorted(dated, key=lambda pair: pair[0])
    return [(column, [entry for day, entry in ordered if column.first <= day <= column.last]) for column in span.columns]
