"""The table of reach: the fold counts the headcounts; what stands beside the figures is counted here."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from heapq import merge
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import once, snapshot
from schools.directory.models import Area
from schools.programme.models import SessionType
from schools.reach import places
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.fold import Figures, Folded, fold
from schools.reach.fold_rows import Row
from schools.reach.places import Scope
from schools.reach.queries import counting, known
from schools.reach.queries.standing import Standing, StandingSchools, standing_schools
from schools.reach.rows import DEFINITIONS, FIRST_DEFINITIONS, Cut, ReachRow, ReachTable, one_decimal, percent

MINUTES_AROUND = 45
"""The time that a volunteer gives to a visit day besides its sessions: travel, setting up, clearing away."""


@dataclass
class _Tally:
    """Everything that is counted for one key, or for all keys together."""

    figures: Figures = field(default_factory=Figures)
    sessions: int = 0
    adults: int = 0
    outcomes_missing: int = 0
    counts_missing: int = 0
    people: set[int] = field(default_factory=set)
    visit_days: int = 0
    minutes: int = 0

    def add_visit(self, chain: int, *, online: bool) -> None:
        """Add a visit in which nobody counted."""
        figures = self.figures
        if chain not in figures.schools_online and chain not in figures.schools_in_person:
            figures.schools_uncounted.add(chain)
        (figures.schools_online if online else figures.schools_in_person).add(chain)


@dataclass
class _Tallies:
    """One tally for each key, and one for all keys together, which is counted afresh: never a sum of the others."""

    by_key: defaultdict[Hashable, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    total: _Tally = field(default_factory=_Tally)
    in_schools: dict[tuple[Hashable, Hashable], int] = field(default_factory=dict)
    in_schools_total: int = 0

    def of(self, key: Hashable) -> tuple[_Tally, ...]:
        """Return the tallies to which a fact of the key is added; what is outside the areas asked for is not in the total."""
        mine = self.by_key[key]
        return (mine,) if is_outside(key) else (mine, self.total)


def is_outside(key: Hashable) -> bool:
    """Return whether the key is that of something frozen outside the areas asked for."""
    return key is places.OUTSIDE or (isinstance(key, tuple) and key[0] is places.OUTSIDE)


def reach(
    period: Period,
    *,
    by: Cut,
    as_of: date,
    within: Cut | None = None,
    filters: Filters = EVERYTHING,
    areas: QuerySet[Area] | None = None,
    definitions: int = DEFINITIONS,
    volunteers: bool = True,
) -> ReachTable:
    """Return the table of reach of a period: a row for every place with schools or sessions, and the total (docs/figures.md).

    `by` may be a kind (session type, channel, language, year group, sector, month), alone or `within` a kind of place: then there
    is a row for every kind that had a session there, with the same figures as the table filtered to it. `as_of` decides which
    outcomes are overdue and, where it is before the period's last day, which schools are open. With `areas`, only what was frozen
    in these areas is counted; None counts everything. By FIRST_DEFINITIONS the figures that came later are None. Without
    `volunteers` these and their hours are not counted: both are 0. The number of queries is constant.

    Raises ValueError where `within` is no place, or where `by` is a place too.
    """
    with snapshot():
        scope = scope_of(period, by=by, within=within, filters=filters, as_of=as_of, areas=areas, definitions=definitions)
        table = _table(scope, volunteers=volunteers)
        if by == Cut.YEAR_GROUP:
            # A session is in the rows of all its year groups, so the total is counted separately.
            plain = replace(scope, by=Cut.NATION, within=None)
            total = replace(_table(plain).total, nation="", kind=table.total.kind, kind_name=table.total.kind_name)
            table = replace(table, total=total)
    return table


def reach_by_places(period: Period, cuts: Iterable[Cut], *, as_of: date) -> dict[Cut, ReachTable]:
    """Return the tables of everything by several kinds of places, without volunteers.

    They are those of `reach`; what is known of the schools in area is asked for only once.
    """
    with snapshot():
        scopes = [scope_of(period, by=cut, within=None, filters=EVERYTHING, as_of=as_of, areas=None) for cut in cuts]
        return {scope.by: _table(scope, volunteers=False) for scope in scopes}


def figures_alone(period: Period, *, by: Cut, as_of: date, areas: QuerySet[Area] | None = None) -> dict[str, Figures]:
    """Return the three figures of each row of `reach`, by the row's cell ("total" for the total), and nothing else of it."""
    with snapshot():
        scope = scope_of(period, by=by, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        folded = _folded(scope, None, ())
        inside = {key: figures for key, figures in folded.places.items() if not is_outside(key)}
        return {names.cell: inside[key] for key, names in places.in_order(scope, inside)} | {"total": folded.total}


@dataclass(frozen=True)
class ReachSoFar:
    """The few numbers of `reach`'s total that are read at a glance; each is the figure of ReachRow with the same name."""

    pupils_reached: int
    schools_visited: int
    sessions_delivered: int
    outcomes_missing: int
    counts_missing: int


def so_far(period: Period, *, as_of: date, areas: QuerySet[Area] | None = None) -> ReachSoFar:
    """Return the total of `reach` without its schools in area, rolls and volunteers, which are slow to count."""
    with snapshot():
        scope = scope_of(period, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        tallies = _Tallies()
        visits = counting.visits_without_headcounts(scope)
        _count_figures(tallies, _folded(scope, None, ()))
        _count_sessions(scope, tallies)
        _count_missing(scope, tallies, visits, Counter(key for _, key in counting.outcomes_missing(scope)))
    total = tallies.total
    return ReachSoFar(
        pupils_reached=total.figures.pupils_reached,
        schools_visited=len(total.figures.schools_in_person),
        sessions_delivered=total.sessions,
        outcomes_missing=total.outcomes_missing,
        counts_missing=total.counts_missing,
    )


def scope_of(
    period: Period,
    *,
    by: Cut,
    within: Cut | None,
    filters: Filters,
    as_of: date,
    areas: QuerySet[Area] | None,
    definitions: int = DEFINITIONS,
) -> Scope:
    """Return the scope of a question, with all session types. Raises ValueError where nothing can be cut in this way."""
    if within is not None and (by.is_place or not within.is_place):
        msg = f"Reach cannot be cut by {by.label.lower()} within {within.label.lower()}. Cut by a kind within a place."
        raise ValueError(msg)
    # The areas themselves, not their ids, so that a page that asks several questions of one QuerySet reads it once.
    ids = None if areas is None else frozenset(area.pk for area in areas)
    return Scope(period, by, as_of, ids, within, filters, session_types(), definitions)


@once
def session_types() -> tuple[SessionType, ...]:
    """Return all session types."""
    return tuple(SessionType.objects.all())


def a_year_before(period: Period, *, as_of: date) -> Period:
    """Return the period to compare with: as many academic years before, or the same days of the year before.

    Of a period that is not over by `as_of`, only the days that have passed are compared: a part is not compared with a whole
    year.
    """
    years = 1
    if "/" in period.name:
        years = period.last_day.year - period.first_day.year
    first = _years_earlier(period.first_day, years)
    if as_of in period:
        last = _years_earlier(as_of, years)
        return Period(first, last, f"{first}..{last}")
    last = _years_earlier(period.last_day + timedelta(days=1), years) - timedelta(days=1)
    if "/" in period.name:
        return Period.parse("..".join(dict.fromkeys((str(AcademicYear.of(first)), str(AcademicYear.of(last))))))
    return Period.parse(f"FY{first.year}" if period.name.startswith("FY") else f"{first}..{last}")


def _years_earlier(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _table(scope: Scope, *, volunteers: bool = True) -> ReachTable:
    standing = standing_schools(scope)
    tallies = _Tallies()
    visits, over = counting.visits_without_headcounts(scope), known.unreported(scope)
    _count_figures(tallies, _folded(scope, standing, known.uncounted(scope, visits, over)))
    _count_sessions(scope, tallies)
    _count_missing(scope, tallies, visits, over.outcomes)
    if volunteers:
        _count_covers(scope, tallies)
    return _as_table(scope, standing, tallies)


def pupils_alone(period: Period, *, by: Cut, as_of: date, areas: QuerySet[Area] | None = None) -> ReachTable:
    """Return the table of `reach` by a kind of place with the pupils reached, the schools in area and their coverage alone.

    What nobody counted, sessions and volunteers are left out: these figures are 0, and *at most* may be too low.
    """
    with snapshot():
        scope = scope_of(period, by=by, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        standing = standing_schools(scope)
        tallies = _Tallies()
        _count_figures(tallies, _folded(scope, standing, ()))
        return _as_table(scope, standing, tallies)


def _as_table(scope: Scope, standing: StandingSchools, tallies: _Tallies) -> ReachTable:
    """Return what was counted as rows, those of places where schools stand and nothing was counted too."""
    visited = _visited(scope, tallies)
    inside = {key: tally for key, tally in tallies.by_key.items() if not is_outside(key)}
    if not scope.by_kind:
        inside |= {place: _Tally() for place in standing.places - inside.keys()}
    rows = []
    for key, names in places.in_order(scope, inside):
        place, kind = scope.parts(key)
        beside = standing.of(place, kind, visited=visited.get(kind, set()))
        rows.append(_row(scope, names, inside[key], beside, tallies.in_schools.get((place, kind), 0)))
    everywhere = {chain for chains in visited.values() for chain in chains}
    beside = standing.all(visited=everywhere)
    total = _row(scope, places.total_names(scope), tallies.total, beside, tallies.in_schools_total)
    return ReachTable(scope.period, scope.by, scope.as_of, rows, total, scope.within)


def _visited(scope: Scope, tallies: _Tallies) -> dict[Hashable, set[int]]:
    """Return the chains with a counted in-person session, by kind, wherever it was: a school that moved stays visited."""
    visited: defaultdict[Hashable, set[int]] = defaultdict(set)
    for key, tally in tallies.by_key.items():
        kind = key[1] if scope.by_kind and isinstance(key, tuple) else None
        visited[kind] |= tally.figures.schools_in_person
    return visited


def _row(scope: Scope, names: places.Names, tally: _Tally, standing: Standing | None, in_schools: int) -> ReachRow:
    figures, period = tally.figures, scope.period
    is_first = scope.definitions == FIRST_DEFINITIONS
    covered = _is_covered_by_first(period) if is_first else len(period.academic_years) == 1
    return ReachRow(
        period=period.name,
        first_day=period.first_day,
        last_day=period.last_day,
        nation=names.nation,
        region=names.region,
        area=names.area,
        authority_gss=names.authority_gss,
        authority=names.authority,
        schools_in_area=standing.schools if standing else None,
        schools_visited=len(figures.schools_in_person),
        school_coverage_percent=standing.visited_percent if standing else None,
        schools_online_only=len(figures.schools_online - figures.schools_in_person),
        schools_visited_in_cycle=standing.in_cycle if standing else None,
        cycle_coverage_percent=standing.cycle_percent if standing else None,
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
        volunteer_hours=one_decimal(tally.minutes + MINUTES_AROUND * tally.visit_days, 60),
        pupils_on_roll=standing.pupils if standing else None,
        pupils_on_roll_estimated=standing.estimated if standing else None,
        coverage_percent=percent(in_schools, standing.pupils) if standing and covered else None,
        **({"definitions": FIRST_DEFINITIONS, **dict.fromkeys(LATER_FIGURES)} if is_first else _later(figures, standing)),
        kind=names.kind,
        kind_name=names.kind_name,
        cell=names.cell,
    )


LATER_FIGURES = (
    "pupils_reached_low", "pupils_reached_high", "high_is_open", "children_reached_low", "schools_visited_not_counted",
    "schools_whole_programme",
)  # fmt: skip
"""Figures that the first definitions did not have."""


def _later(figures: Figures, standing: Standing | None) -> dict[str, Any]:
    """Return those figures, and whether any exact roll is known."""
    return {
        "pupils_reached_low": figures.pupils_reached_low,
        "pupils_reached_high": figures.pupils_reached_high,
        "high_is_open": figures.high_is_open,
        "children_reached_low": figures.children_reached_low,
        "schools_visited_not_counted": len(figures.schools_uncounted & figures.schools_in_person),
        "schools_whole_programme": standing.whole_programme if standing else None,
        "has_rolls": figures.has_rolls,
    }


def _is_covered_by_first(period: Period) -> bool:
    """Return whether the first definitions had a coverage: of 12 months, wherever they begin."""
    return period.last_day - period.first_day < timedelta(days=366)


def _folded(scope: Scope, standing: StandingSchools | None, uncounted: Sequence[Row]) -> Folded:
    """Fold what was counted, and those whom nobody counted, who change *at most* alone.

    Without `standing`, children in standing schools are not counted.
    """
    stretches = known.stretches(scope)
    rows = counting.headcounts(scope, standing.chains if standing else frozenset(), stretches)
    counted: Iterable[Row] = merge(rows, uncounted, key=itemgetter(0)) if uncounted else rows
    chains = None
    if not scope.is_everywhere:
        counted = list(counted)
        chains = known.chains_in(counted)
    return fold(
        counted,
        known.known(scope, stretches, chains),
        standing=standing.places_of_chains if standing else {},
        kinds=scope.by_kind,
        outside=None if scope.is_everywhere else is_outside,
    )


def _count_figures(tallies: _Tallies, folded: Folded) -> None:
    for key, figures in folded.places.items():
        tallies.by_key[key].figures = figures
    tallies.total.figures = folded.total
    tallies.in_schools, tallies.in_schools_total = folded.in_schools, folded.in_schools_total


def _count_sessions(scope: Scope, tallies: _Tallies) -> None:
    """Count sessions delivered and their adults."""
    for sessions, adults, key in counting.sessions(scope):
        for tally in tallies.of(key):
            tally.sessions += sessions
            tally.adults += adults or 0


def _count_missing(scope: Scope, tallies: _Tallies, visits: Sequence[counting.Bare], outcomes: Mapping[Hashable, int]) -> None:
    """Count `outcomes` and counts that are missing; a session without any headcount was a visit to its host all the same."""
    for _, _, _, key in counting.hosts(scope, counting.partly_counted(scope)):
        for tally in tallies.of(key):
            tally.counts_missing += 1
    for visit in visits:
        for tally in tallies.of(visit.key):
            tally.counts_missing += 1
            tally.add_visit(visit.chain, online=visit.session_type in scope.online)
    for key, sessions in outcomes.items():
        for tally in tallies.of(key):
            tally.outcomes_missing += sessions


def _count_covers(scope: Scope, tallies: _Tallies) -> None:
    """Count active volunteers and their hours; their place is the session's."""
    days: dict[str, int] = {}
    # A person's visit day is kept as one number, with the key under which it was first met: half the memory of sets of triples.
    visit_days: dict[int, Hashable] = {}
    more: set[tuple[int, Hashable]] = set()
    for volunteer, visit, on, presents, key in counting.cover_days(scope):
        number = visit << 48 | volunteer << 20 | days.setdefault(on, len(days))
        met = visit_days.setdefault(number, key)
        if met is not key and met != key:
            more.add((number, key))
        if presents:
            tallies.by_key[key].people.add(volunteer)
    for starts, ends, covers, key in counting.cover_times(scope):
        for tally in tallies.of(key):
            tally.minutes += covers * minutes_between(starts, ends)
    for key in itertools.chain(visit_days.values(), (key for _, key in more)):
        tallies.by_key[key].visit_days += 1
    tallies.total.visit_days = len(visit_days)
    for tally in tallies.by_key.values():
        tallies.total.people |= tally.people


def minutes_between(starts: time, ends: time) -> int:
    """Return the whole minutes from start to end of a session."""
    return 60 * (ends.hour - starts.hour) + ends.minute - starts.minute
