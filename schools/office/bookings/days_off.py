"""Calling off a day: the visits that have something on it, which of them can be called off, and what became of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, QueryDict

from schools.accounts.models import User
from schools.core.row_ids import row_id
from schools.core.words import joined, long_day, time_range
from schools.directory.models import Area, Authority, School
from schools.office.frame import query_params
from schools.office.frame.visibility import today, visible_rows
from schools.visits.models import Cover, Session, SessionStage, Visit
from schools.visits.queries import by_visit_day
from schools.visits.queries.outstanding import not_rebooked
from schools.visits.rules import reasons_not_to_call_off

MOST_DAYS = 14
"""The most days that are called off at once; longer than that it is no weather, and whoever slips with a year sees it."""


@dataclass(frozen=True)
class ChosenDays:
    """What the address of the page asks for: from which day to which, and where."""

    first: date
    last: date
    areas: Sequence[Area]
    """Those that the user may choose from."""
    area: Area | None
    """None: all of them."""
    authorities: frozenset[Authority]
    """The authorities alone that are wanted; empty: all."""
    reasons: Sequence[str]
    """What is wrong with the days."""

    @classmethod
    def of(cls, query: QueryDict, user: User) -> "ChosenDays":
        """Read the address; what makes no sense counts as nothing. Raises Http404 for a place that is not the user's."""
        first, until = query_params.day(query.get("day")) or today(), query_params.day(query.get("until"))
        reasons = []
        if until is not None and not 0 <= (until - first).days < MOST_DAYS:
            reasons.append(f"Choose a last day from {long_day(first)} on, up to {MOST_DAYS} days in all.")
            until = None
        areas = list(Area.objects.for_user(user, on=today()))
        wanted = row_id(query.get("area"))
        area = next((area for area in areas if area.pk == wanted), None)
        ids = {pk for text in query.getlist("authority") if (pk := row_id(text)) is not None}
        authorities = frozenset(visible_rows(Authority.objects.filter(pk__in=ids), user, on=today()) if ids else ())
        if (wanted is not None and area is None) or len(authorities) < len(ids):
            raise Http404
        return cls(first, until or first, areas, area, authorities, reasons)

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        parts: list[tuple[str, object]] = [("day", self.first.isoformat())]
        parts += [("until", self.last.isoformat())] if self.last != self.first else []
        parts += [("area", self.area.pk)] if self.area else []
        return urlencode([*parts, *(("authority", pk) for pk in sorted(at.pk for at in self.authorities))])

    @property
    def is_narrow(self) -> bool:
        """Whether somebody said where."""
        return self.area is not None or bool(self.authorities)


@dataclass(frozen=True)
class DayOfVisit:
    """What one visit has on one day."""

    visit: Visit
    day: date
    sessions: Sequence[Session]
    people: Sequence[str]
    """The names of those who are on it or were asked, each once."""
    reasons: Sequence[str]
    """Why it cannot be called off; none: it can."""
    is_not_rebooked: bool
    """Whether home lists the visit as not made good yet."""

    @property
    def value(self) -> str:
        """The value of its tick box: the ids of what is scheduled, as the page shows it."""
        return "-".join(str(session.pk) for session in self.sessions if session.stage == SessionStage.SCHEDULED)

    @property
    def when(self) -> str:
        """From when to when it is."""
        return time_range(min(session.starts for session in self.sessions), max(session.ends for session in self.sessions))

    @property
    def names(self) -> str:
        """The names of the sessions, each once."""
        return joined(dict.fromkeys(session.name for session in self.sessions))

    @property
    def who(self) -> str:
        """Who goes, in words."""
        if self.people:
            return ", ".join(self.people)
        return "nobody yet" if any(session.type.presenters for session in self.sessions) else "the school by itself"

    @property
    def is_off(self) -> bool:
        """Whether all of it was called off, and not reported by those who were there."""
        return all(session.stage == SessionStage.CANCELLED and session.recorded_at is None for session in self.sessions)

    @property
    def is_for_good(self) -> bool:
        """Whether no other day is looked for."""
        return all(session.for_good for session in self.sessions)

    @property
    def is_to_rebook(self) -> bool:
        """Whether it was called off and waits to be booked again."""
        return self.is_off and not self.is_for_good and self.is_not_rebooked

    @property
    def why(self) -> str:
        """Why it was called off."""
        return joined(dict.fromkeys(session.get_cancelled_code_display() for session in self.sessions))


@dataclass(frozen=True)
class DaysOff:
    """Everything that the chosen days hold in the chosen places."""

    rows: Sequence[DayOfVisit]
    authorities: Sequence[Authority]
    """Those that have anything on these days, of which some can be chosen, and those that were: on another day they may have."""

    @cached_property
    def open(self) -> list[DayOfVisit]:
        """What can be called off."""
        return [row for row in self.rows if not row.reasons]

    @cached_property
    def off(self) -> list[DayOfVisit]:
        """What was called off already."""
        return [row for row in self.rows if row.is_off]

    @cached_property
    def left(self) -> list[DayOfVisit]:
        """What stays: it is under way, or was reported."""
        return [row for row in self.rows if row.reasons and not row.is_off]

    @property
    def to_rebook(self) -> int:
        """How many of the visits wait to be booked again."""
        return len({row.visit.pk for row in self.off if row.is_to_rebook})


def days_off(chosen: ChosenDays, user: User, *, now: datetime) -> DaysOff:
    """Return what the days hold at the user's own schools, by day and school, in a constant number of queries.

    An online window that is open on other days too is left alone: the school shows it on another one.
    """
    areas = Area.objects.filter(pk=chosen.area.pk) if chosen.area else None
    schools = School.objects.for_user(user, on=today())
    schools = schools if areas is None else schools.filter(pk__in=School.objects.in_areas(areas, on=today()).values("pk"))
    sessions = Session.objects.filter(
        Q(until_day=None) | Q(until_day__lte=chosen.last),
        day__range=(chosen.first, chosen.last),
        visit__school__in=schools.order_by().values("pk"),
    )
    known = list(sessions.select_related("type", "visit__school__authority", "visit__replaced_by"))
    places = {at for session in known if (at := session.visit.school.authority) is not None} | chosen.authorities
    if chosen.authorities:
        known = [session for session in known if session.visit.school.authority in chosen.authorities]
    people, waiting = _people(known), _not_rebooked(known)
    rows = [
        DayOfVisit(
            visit_day.visit,
            visit_day.day,
            of_day,
            list(dict.fromkeys(name for session in of_day for name in people.get(session.pk, ()))),
            reasons_not_to_call_off(of_day, now=now),
            is_not_rebooked=visit_day.visit.pk in waiting,
        )
        for visit_day, of_day in by_visit_day(known)
    ]
    rows.sort(key=lambda row: (row.day, str(row.visit.school), row.visit.pk))
    return DaysOff(rows, sorted(places, key=str))


def _not_rebooked(sessions: Sequence[Session]) -> set[int]:
    """Return the ids of those of the visits that home lists as not made good; one query, none where nothing was cancelled."""
    lost = {session.visit_id for session in sessions if session.stage == SessionStage.CANCELLED}
    return set(not_rebooked(Visit.objects.filter(pk__in=lost), on=today()).values_list("pk", flat=True)) if lost else set()


def _people(sessions: Sequence[Session]) -> dict[int, list[str]]:
    """Return the names of those who are on each session or were asked, by the session's id."""
    names: dict[int, list[str]] = {}
    covers = Cover.objects.live().filter(session__in=[session.pk for session in sessions]).select_related("volunteer")
    for cover in covers.order_by("volunteer__name", "pk"):
        names.setdefault(cover.session_id, []).append(str(cover.volunteer))
    return names
