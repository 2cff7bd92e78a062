"""The table of reach: the fold counts the headcounts; what stands beside the figures is counted here."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import QuerySet

from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import once, snapshot
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Area
from schools.programme.models import SessionType
from schools.reach import places
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.fold import Figures, Folded, fold
from schools.reach.fold_rows import CHAIN, Known, Row, Stretches
from schools.reach.places import Scope
from schools.reach.queries import counting, known
from schools.reach.queries.beside import beside
from schools.reach.queries.kept import kept_each
from schools.reach.queries.standing import Standing, StandingSchools, in_places
from schools.reach.queries.standing_facts import StandingFacts, facts_of_periods, standing_facts
from schools.reach.queries.tallies import MINUTES_AROUND, Tallies, Tally, count_figures, is_outside, tallies_of
from schools.reach.rows import DEFINITIONS, FIRST_DEFINITIONS, Cut, ReachRow, ReachTable, one_decimal, percent


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
        return _tables([scope], volunteers=volunteers)[0]


def reach_of_periods(
    periods: Sequence[Period],
    *,
    by: Cut,
    as_of: date,
    within: Cut | None = None,
    filters: Filters = EVERYTHING,
    areas: QuerySet[Area] | None = None,
    volunteers: bool = True,
    may_be_kept: bool = False,
) -> list[ReachTable]:
    """Return the table of `reach` of each of the periods, for a page that compares them.

    What is asked for each period alike is one statement; the headcounts of everything are read and folded period by period.
    With `may_be_kept` it may have been counted before, if nothing has changed since.
    """
    with snapshot():
        scopes = [scope_of(period, by=by, within=within, filters=filters, as_of=as_of, areas=areas) for period in periods]
        count = partial(_tables, volunteers=volunteers)
        if not may_be_kept:
            return count(scopes)
        return kept_each("tables-and-volunteers" if volunteers else "tables", scopes, attrgetter("period"), count)


def reach_by_places(period: Period, cuts: Iterable[Cut], *, as_of: date) -> dict[Cut, ReachTable]:
    """Return the tables of everything by several kinds of places, without volunteers.

    They are those of `reach`; what is known of the schools in area is asked for only once.
    """
    with snapshot():
        scopes = [scope_of(period, by=cut, within=None, filters=EVERYTHING, as_of=as_of, areas=None) for cut in cuts]
        return {scope.by: _tables([scope], volunteers=False)[0] for scope in scopes}


def figures_alone(period: Period, *, by: Cut, as_of: date, areas: QuerySet[Area] | None = None) -> dict[str, Figures]:
    """Return the three figures of each row of `reach`, by the row's cell ("total" for the total), and nothing else of it."""
    with snapshot():
        scope = scope_of(period, by=by, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        return by_cell(scope, _folded(scope))


def figures_by_key(scope: Scope) -> dict[Hashable, Figures]:
    """Return the same of a scope of everything, by the key of the row and without the total."""
    return _folded(scope).places


def by_cell(scope: Scope, folded: Folded) -> dict[str, Figures]:
    """Return the figures of each row by the row's cell, and those of the total."""
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
        [others] = beside([scope], volunteers=False)
        total = tallies_of(scope, _folded(scope), others, volunteers=False).total
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
    # Not read from their names: what is compared with may lie before the years in which somebody may ask.
    if "/" in period.name:
        return Period(first, last, "..".join(dict.fromkeys((str(AcademicYear.of(first)), str(AcademicYear.of(last))))))
    return Period(first, last, f"FY{first.year}" if period.name.startswith("FY") else f"{first}..{last}")


def _years_earlier(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _tables(scopes: Sequence[Scope], *, volunteers: bool) -> list[ReachTable]:
    """Return the tables of the scopes, which differ in their periods alone."""
    facts = facts_of_periods(scopes)
    if scopes[0].by_year_group:
        return _by_year_group(scopes, facts, volunteers=volunteers)
    return [_as_table(*counted) for counted in _tallied(scopes, facts, volunteers=volunteers)]


def _by_year_group(scopes: Sequence[Scope], facts: Sequence[StandingFacts], *, volunteers: bool) -> list[ReachTable]:
    """Return the tables by year group: the rows of each are those of the table that is filtered to it.

    A session is in the rows of all its year groups, so the total is counted separately.
    """
    plain = [replace(scope, by=Cut.NATION, within=None) for scope in scopes]
    totals = [_as_table(*counted).total for counted in _tallied(plain, facts, volunteers=volunteers)]
    groups = sorted(scopes[0].filters.year_groups or YEAR_GROUPS)
    alone = [scope.of_year_group(group) for scope in scopes for group in groups]
    counted_alone = _tallied(alone, [own for own in facts for _ in groups], volunteers=volunteers)
    tables = []
    for scope, own, total in zip(scopes, facts, totals, strict=True):
        tallies = Tallies()
        # The next so many: those of this period.
        for group, (_, _, of_group) in zip(groups, counted_alone, strict=False):
            tallies.add_kind(group, of_group, within_places=scope.within is not None)
        table = _as_table(scope, in_places(scope, own), tallies)
        names = replace(total, nation="", kind=table.total.kind, kind_name=table.total.kind_name)
        tables.append(replace(table, total=names))
    return tables


def _tallied(
    scopes: Sequence[Scope], facts: Sequence[StandingFacts], *, volunteers: bool
) -> Iterator[tuple[Scope, StandingSchools, Tallies]]:
    """Yield each of the scopes with the schools that stand in its places and with what is counted for each of its keys."""
    others = beside(scopes, volunteers=volunteers)
    uncounted = [known.uncounted(scope, own.visits, own.unreported) for scope, own in zip(scopes, others, strict=True)]
    rows_of_all = rows_for_fold(scopes, [own.stretches for own in others], facts, uncounted)
    for scope, of_schools, own, rows in zip(scopes, facts, others, rows_of_all, strict=True):
        standing = in_places(scope, of_schools)
        yield scope, standing, tallies_of(scope, fold_of(scope, *rows, standing), own, volunteers=volunteers)


def pupils_alone(period: Period, *, by: Cut, as_of: date, areas: QuerySet[Area] | None = None) -> ReachTable:
    """Return the table of `reach` by a kind of place with the pupils reached, the schools in area and their coverage alone.

    What nobody counted, sessions and volunteers are left out: these figures are 0, and *at most* may be too low.
    """
    with snapshot():
        scope = scope_of(period, by=by, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        facts = standing_facts(scope)
        standing = in_places(scope, facts)
        return of_pupils(scope, standing, _folded(scope, facts, standing))


def of_pupils(scope: Scope, standing: StandingSchools, folded: Folded) -> ReachTable:
    """Return the table of `pupils_alone` of what was folded."""
    tallies = Tallies()
    count_figures(tallies, folded)
    return _as_table(scope, standing, tallies)


def _as_table(scope: Scope, standing: StandingSchools, tallies: Tallies) -> ReachTable:
    """Return what was counted as rows, those of places where schools stand and nothing was counted too."""
    visited = _visited(scope, tallies)
    inside = {key: tally for key, tally in tallies.by_key.items() if not is_outside(key)}
    if not scope.by_kind:
        inside |= {place: Tally() for place in standing.places - inside.keys()}
    rows = []
    for key, names in places.in_order(scope, inside):
        place, kind = scope.parts(key)
        beside = standing.of(place, kind, visited=visited.get(kind, set()))
        rows.append(_row(scope, names, inside[key], beside, tallies.in_schools.get((place, kind), 0)))
    everywhere = {chain for chains in visited.values() for chain in chains}
    beside = standing.all(visited=everywhere)
    total = _row(scope, places.total_names(scope), tallies.total, beside, tallies.in_schools_total)
    return ReachTable(scope.period, scope.by, scope.as_of, rows, total, scope.within)


def _visited(scope: Scope, tallies: Tallies) -> dict[Hashable, set[int]]:
    """Return the chains with a counted in-person session, by kind, wherever it was: a school that moved stays visited."""
    visited: defaultdict[Hashable, set[int]] = defaultdict(set)
    for key, tally in tallies.by_key.items():
        kind = key[1] if scope.by_kind and isinstance(key, tuple) else None
        visited[kind] |= tally.figures.schools_in_person
    return visited


def _row(scope: Scope, names: places.Names, tally: Tally, standing: Standing | None, in_schools: int) -> ReachRow:
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


def _folded(scope: Scope, facts: StandingFacts | None = None, standing: StandingSchools | None = None) -> Folded:
    """Fold what was counted, without those whom nobody counted; without facts, children in standing schools are not counted."""
    [rows] = rows_for_fold([scope], known.stretches_of_periods([scope]), [facts])
    return fold_of(scope, *rows, standing)


def fold_of(scope: Scope, counted: Callable[[], Iterable[Row]], own: Known, standing: StandingSchools | None) -> Folded:
    """Fold the rows of the scope that `rows_for_fold` reads, with what is known besides."""
    return fold(
        counted(),
        own,
        standing=standing.covered_places if standing else None,
        kinds=scope.by_kind,
        outside=None if scope.is_everywhere else is_outside,
    )


def rows_for_fold(
    scopes: Sequence[Scope],
    stretches: Sequence[Stretches],
    facts: Sequence[StandingFacts | None],
    uncounted: Sequence[Sequence[Row]] | None = None,
) -> list[tuple[Callable[[], Iterable[Row]], Known]]:
    """Return for each of the scopes what reads its rows for the fold, and what the fold has to know besides.

    The scopes differ in their periods alone. The rows are what was counted, here or in the standing schools of the facts, and
    those whom nobody counted, who change *at most* alone.
    """
    more: Sequence[Sequence[Row]] = uncounted or [()] * len(scopes)
    is_everywhere = scopes[0].is_everywhere  # then no headcounts come from elsewhere
    chains = [frozenset() if is_everywhere or own is None else frozenset(own.chains) for own in facts]
    if scopes[0].areas is None:
        # Everything is read period by period, because it is much: what is folded makes room for what comes next.
        counted = [partial(_counted, *own) for own in zip(scopes, chains, stretches, more, strict=True)]
        return list(zip(counted, known.known_of_periods(scopes, stretches), strict=True))
    # Of some areas there is little: it is read together, and held until the exact rolls of its chains are asked for by name.
    read = counting.headcounts_of_periods(scopes, chains, stretches)
    held = [list(merge(rows, own, key=itemgetter(0))) for rows, own in zip(read, more, strict=True)]
    of_scopes = known.known_of_periods(scopes, stretches, {row[CHAIN] for rows in held for row in rows})
    return [(rows.__iter__, own) for rows, own in zip(held, of_scopes, strict=True)]


def _counted(scope: Scope, standing: Collection[int], stretches: Stretches, uncounted: Sequence[Row]) -> Iterable[Row]:
    """Read what was counted, and add those whom nobody counted."""
    rows = counting.headcounts(scope, standing, stretches)
    return merge(rows, uncounted, key=itemgetter(0)) if uncounted else rows
