"""Asking for reach: the counted headcounts are streamed to the fold, what stands beside the figures is counted here."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from schools.core.periods import Period
from schools.directory.models import Area, School, SchoolAuthority
from schools.directory.queries import places_on
from schools.programme.models import Audience, Channel, SessionType
from schools.reach import places
from schools.reach.figures import Figures, fold
from schools.reach.places import Scope
from schools.reach.rows import Cut, ReachRow, ReachTable, one_decimal, percent
from schools.reach.sentences import sentence
from schools.visits.models import CountBasis, Cover, CoverState, Headcount, PupilsAre, Session, SessionStage
from schools.visits.models.covers import PRESENTING_ROLES

__all__ = ["reach", "sentence"]

CHUNK = 5_000
"""Rows held at a time."""

MINUTES_AROUND = 45
"""What a volunteer gives to a visit day besides its sessions: the way, setting up, clearing away."""


@dataclass
class _Tally:
    """Everything that is counted for one place, or for all together."""

    figures: Figures = field(default_factory=Figures)
    sessions: int = 0
    adults: int = 0
    outcomes_missing: int = 0
    counts_missing: int = 0
    schools_in_area: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    visit_days: set[tuple[int, int, str]] = field(default_factory=set)
    minutes: int = 0

    def visited_by(self, online: bool) -> set[int]:  # noqa: FBT001  # the channel is all that is asked
        """The schools visited through the channel."""
        return self.figures.schools_online if online else self.figures.schools_in_person


@dataclass
class _Tallies:
    """One tally for each place, and one of all, to which everything is told as well: never a sum of the others."""

    by_place: defaultdict[Hashable, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    total: _Tally = field(default_factory=_Tally)

    def of(self, place: Hashable) -> tuple[_Tally, _Tally]:
        """The two tallies to which a fact of the place is told."""
        return self.by_place[place], self.total


def reach(period: Period, *, by: Cut, as_of: date, areas: QuerySet[Area] | None = None) -> ReachTable:
    """The table of reach of a period: a row for every place with schools or sessions, and the total (REACH.md).

    `as_of` decides which outcomes are overdue and, where it is before the period's last day, which schools are open.
    `areas` leaves only what was frozen in these areas, None leaves everything. The number of queries is constant.
    """
    scope = Scope(period, by, as_of, None if areas is None else frozenset(areas.values_list("pk", flat=True)))
    types = list(SessionType.objects.all())
    tallies = _Tallies()
    _tell_figures(scope, types, tallies)
    _tell_sessions(scope, types, tallies)
    _tell_missing(scope, types, tallies)
    _tell_covers(scope, tallies)
    visited = tallies.total.figures.schools_in_person
    if areas is not None:
        # A school of the area is covered by a visit that it had when it belonged to another.
        visited = visited | _schools_visited_anywhere(scope, types)
    _tell_schools(scope, tallies)
    rows = [_row(period, names, tallies.by_place[place], visited) for place, names in places.in_order(by, tallies.by_place)]
    return ReachTable(period, by, as_of, rows, _row(period, places.total_names(by), tallies.total, visited))


def _row(period: Period, names: places.Names, tally: _Tally, visited: set[int]) -> ReachRow:
    figures = tally.figures
    return ReachRow(
        period=period.name,
        first_day=period.first_day,
        last_day=period.last_day,
        nation=names.nation,
        region=names.region,
        area=names.area,
        authority_gss=names.authority_gss,
        authority=names.authority,
        schools_in_area=len(tally.schools_in_area),
        schools_visited=len(figures.schools_in_person),
        school_coverage_percent=percent(len(tally.schools_in_area & visited), len(tally.schools_in_area)),
        schools_online_only=len(figures.schools_online - figures.schools_in_person),
        sessions_delivered=tally.sessions,
        outcomes_missing=tally.outcomes_missing,
        counts_missing=tally.counts_missing,
        attendances=figures.attendances,
        attendances_estimated=figures.attendances_estimated,
        pupils_reached=figures.pupils_reached,
        pupils_in_person=figures.pupils_in_person,
        pupils_online=figures.pupils_online,
        children_reached=figures.children_reached,
        adults=tally.adults,
        volunteers_active=len(tally.people),
        volunteer_hours=one_decimal(tally.minutes + MINUTES_AROUND * len(tally.visit_days), 60),
    )


def _tell_figures(scope: Scope, types: Iterable[SessionType], tallies: _Tallies) -> None:
    """The three figures and the schools visited."""
    by_place, total = fold(_headcounts(scope, types), online=_online(types))
    for place, figures in by_place.items():
        tallies.by_place[place].figures = figures
    tallies.total.figures = total


def _first_known(key: str, school: str) -> Coalesce:
    """The chain or lineage; a school without links is one by itself."""
    return Coalesce(key, school, output_field=BigIntegerField())


def _for_pupils(types: Iterable[SessionType]) -> list[int]:
    return [session_type.pk for session_type in types if session_type.audience == Audience.PUPILS]


def _online(types: Iterable[SessionType]) -> frozenset[int]:
    return frozenset(session_type.pk for session_type in types if session_type.channel == Channel.ONLINE)


def _delivered_headcounts(scope: Scope, types: Iterable[SessionType]) -> QuerySet[Headcount]:
    """Headcounts of the delivered sessions for pupils in the period, counted or not."""
    return scope.within_areas(Headcount.objects.all()).filter(
        session__stage=SessionStage.DELIVERED,
        session__day__range=(scope.period.first_day, scope.period.last_day),
        session__type__in=_for_pupils(types),
    )


def _headcounts(scope: Scope, types: Iterable[SessionType]) -> Iterator[Any]:
    """The stream that the fold takes, ordered by lineage."""
    series = [session_type.pk for session_type in types if session_type.series]
    again = Case(When(Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series), then=F("session_id")))
    # An integer: SQLite's booleans are converted one by one in Python.
    estimated = Case(When(session__count_basis=CountBasis.COUNTED, then=Value(0)), default=Value(1), output_field=IntegerField())
    lineage = _first_known("school__lineage", "school_id")
    rows = (
        _delivered_headcounts(scope, types)
        .order_by(lineage)
        .values_list(
            lineage,
            _first_known("school__chain", "school_id"),
            "session__academic_year",
            "year_group",
            "session__type_id",
            again,
            estimated,
            # What was not counted adds nothing to any figure; the school was visited all the same.
            Coalesce("pupils", 0),
            *scope.columns(school="school__"),
        )
    )
    return scope.with_place(rows.iterator(CHUNK))


def _hosts(scope: Scope, sessions: QuerySet[Session]) -> Iterator[Any]:
    """Host's chain, session type and place of each of the sessions that lies in the period."""
    rows = (
        scope.within_areas(sessions.filter(day__range=(scope.period.first_day, scope.period.last_day)))
        .order_by()
        .values_list(
            _first_known("visit__school__chain", "visit__school_id"), "type_id", *scope.columns(school="visit__school__")
        )
    )
    return scope.with_place(rows.iterator(CHUNK))


def _schools_visited_anywhere(scope: Scope, types: Iterable[SessionType]) -> set[int]:
    """The chains with a counted in-person session in the period, whatever its place."""
    online = _online(types)
    everywhere = Scope(scope.period, Cut.NATION, scope.as_of, None)
    rows = (
        _delivered_headcounts(everywhere, types)
        .order_by()
        .values_list(_first_known("school__chain", "school_id"), "session__type_id")
        .distinct()
    )
    bare = ((chain, session_type) for chain, session_type, _ in _hosts(everywhere, Session.objects.without_headcounts()))
    return {chain for chain, session_type in [*rows, *bare] if session_type not in online}


def _tell_sessions(scope: Scope, types: Iterable[SessionType], tallies: _Tallies) -> None:
    """Sessions delivered and their adults."""
    for_adults = {session_type.pk for session_type in types if session_type.audience == Audience.ADULTS}
    columns = scope.columns(school="visit__school__")
    delivered = scope.within_areas(Session.objects.delivered().in_period(scope.period)).order_by()
    rows = delivered.values("type_id", *columns).annotate(
        sessions=Count("pk"),
        all_adults=Sum("adults"),
    )
    rows = rows.values_list("sessions", "all_adults", "type_id", *columns)
    for sessions, adults, session_type, place in scope.with_place(rows):
        for tally in tallies.of(place):
            tally.sessions += sessions
            tally.adults += (adults or 0) if session_type in for_adults else 0


def _tell_missing(scope: Scope, types: Iterable[SessionType], tallies: _Tallies) -> None:
    """Outcomes and counts missing; a session without any headcount was a visit to its host all the same."""
    for _, _, place in _hosts(scope, Session.objects.partly_counted()):
        for tally in tallies.of(place):
            tally.counts_missing += 1
    online = _online(types)
    for chain, session_type, place in _hosts(scope, Session.objects.without_headcounts()):
        for tally in tallies.of(place):
            tally.counts_missing += 1
            tally.visited_by(session_type in online).add(chain)
    for place in _outcomes_missing(scope):
        for tally in tallies.of(place):
            tally.outcomes_missing += 1


def _outcomes_missing(scope: Scope) -> Iterator[Hashable]:
    """The place of each pupil session that is still scheduled although its day has passed.

    Nothing is frozen on it yet: it belongs to the place of its host as of its day.
    """
    sessions = Session.objects.outcome_missing(on=scope.as_of).for_pupils().in_period(scope.period).order_by()
    facts = list(sessions.values_list("visit__school_id", "day", "visit__school__nation"))
    found = places_on((school, day) for school, day, _ in facts)
    for school, day, nation in facts:
        place = found[school, day]
        if scope.areas is None or place.area_id in scope.areas:
            yield scope.place(area=place.area_id, authority=place.authority_id, region=place.region_id, nation=nation)


def _tell_covers(scope: Scope, tallies: _Tallies) -> None:
    """Volunteers active and their hours; the place is the session's."""
    # As text: SQLite's days and times are made from text one by one in Python, and only few of them differ.
    day, starts, ends = (Cast(f"session__{name}", CharField()) for name in ("day", "starts", "ends"))
    rows = (
        scope.within_areas(Cover.objects.filter(state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED), at="session__")
        .filter(session__day__range=(scope.period.first_day, scope.period.last_day))
        .order_by()
        .values_list(
            "volunteer_id",
            "role",
            "session__visit_id",
            day,
            starts,
            ends,
            *scope.columns(at="session__", school="session__visit__school__"),
        )
    )
    minutes: defaultdict[tuple[Hashable, str, str], int] = defaultdict(int)
    for volunteer, role, visit, on, first, last, place in scope.with_place(rows.iterator(CHUNK)):
        tally = tallies.by_place[place]
        tally.visit_days.add((volunteer, visit, on))
        minutes[place, first, last] += 1
        if role in PRESENTING_ROLES:
            tally.people.add(volunteer)
    for (place, first, last), covers in minutes.items():
        for tally in tallies.of(place):
            tally.minutes += covers * _minutes(time.fromisoformat(first), time.fromisoformat(last))
    for tally in tallies.by_place.values():
        tallies.total.people |= tally.people
        tallies.total.visit_days |= tally.visit_days


def _minutes(starts: time, ends: time) -> int:
    return 60 * (ends.hour - starts.hour) + ends.minute - starts.minute


def _tell_schools(scope: Scope, tallies: _Tallies) -> None:
    """The schools in the area, as chains: mainstream, bookable by their ages, open on the day by their dates.

    A school without dates is taken at its status; one without any dated authority belongs to today's (as in places_on).
    """
    day = min(scope.period.last_day, scope.as_of)
    on_day = (Q(authorities__from_day=None) | Q(authorities__from_day__lte=day)) & (
        Q(authorities__to_day=None) | Q(authorities__to_day__gte=day)
    )
    undated = ~Exists(SchoolAuthority.objects.filter(school=OuterRef("pk")))
    schools = (
        School.objects.filter(sector=School.Sector.MAINSTREAM)
        .teaching_our_year_groups()
        .open_on(day)
        .annotate(
            then=FilteredRelation("authorities", condition=on_day),
            authority_then=Coalesce("then__authority_id", Case(When(undated, then=F("authority_id")))),
        )
        .order_by()
        .values_list(_first_known("chain", "pk"), "nation", "authority_then")
    )
    areas = places.areas_of_authorities(on=day)
    for chain, nation, authority in schools.iterator(CHUNK):
        area, region = areas.get(authority, (None, None))
        if scope.areas is None or area in scope.areas:
            for tally in tallies.of(scope.place(area=area, authority=authority, region=region, nation=nation)):
                tally.schools_in_area.add(chain)
