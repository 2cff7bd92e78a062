"""What is known of the schools that stand on the report's day, whatever the places in which they are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Case, Exists, F, FilteredRelation, IntegerField, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from schools.charity.queries import current
from schools.core.batched_queries import AsRead, all_of
from schools.core.periods import AcademicYear
from schools.core.snapshot import once_each
from schools.core.year_groups import FIRST_OF_JUNIORS, YEAR_GROUPS, stages_of_ages, year_groups_of_ages
from schools.directory.models import School, SchoolAuthority, Sector
from schools.directory.queries import shares_of
from schools.reach import places
from schools.reach.arrays import Flags, Numbers, Table, flags, numbered, whole_numbers
from schools.reach.chains import UNKNOWN
from schools.reach.places import Scope
from schools.reach.queries.kin import CHUNK, first_known, stored_kin
from schools.reach.queries.rolls import newest_rolls
from schools.reach.rows import FIRST_DEFINITIONS, Cut
from schools.visits.models import Headcount, Session, SessionStage


class Where(NamedTuple):
    """Where a school stands on the day; None is unknown."""

    area: int | None
    authority: int | None
    region: int | None
    nation: str
    fifth: int | None


type _Register = tuple[int | None, int | None, int | None]
"""A register's total of pupils, lowest age and highest age."""

type _School = tuple[int, int, Where, int, _Register]
"""A school's id, chain, where it stands and years of its cycle, and what its register says of it."""


@dataclass(frozen=True)
class StandingFacts:
    """What is known of the standing schools, whatever the places in which they are counted; each list has a value for each.

    In arrays, because a page holds them until its last figure: rows of 25,000 schools take 4 MB more.
    """

    schools: Numbers
    """Their ids."""
    chains: Sequence[int]
    """A list of the very numbers that the sets of all places share."""
    where: Numbers
    """The place of each in `wheres`."""
    wheres: Sequence[Where]
    in_cycle: Flags
    whole_programme: Flags
    rolls: Table
    """Pupils by school and year group; UNKNOWN where nobody knows."""
    is_estimated: Flags
    """By school and year group, whether the number is a share of the register's total."""
    is_lacking: Flags
    """By school and year group, whether it is taught and its number not known, while that of another year group is."""

    def only(self, chosen: Flags) -> "StandingFacts":
        """Return the facts of the chosen schools alone."""
        chains = [chain for chain, is_chosen in zip(self.chains, chosen.tolist(), strict=True) if is_chosen]
        return StandingFacts(
            self.schools[chosen], chains, self.where[chosen], self.wheres, self.in_cycle[chosen], self.whole_programme[chosen],
            self.rolls[chosen], self.is_estimated[chosen], self.is_lacking[chosen],
        )  # fmt: skip


@dataclass(frozen=True)
class _LastYears:
    """The last academic year of the cycle in which something was so; what never was so is missing."""

    visited: dict[int, int] = field(default_factory=dict)
    """Of each chain: it had, or was guest in, a session that counts for the cycle."""
    counted: dict[tuple[int, int], int] = field(default_factory=dict)
    """Of each chain and stage: pupils were counted, more than none, series left out."""


def standing_facts(scope: Scope) -> StandingFacts:
    """Return the facts of the schools in the area: they are the same for every cut."""
    return facts_of_periods((scope,))[0]


def facts_of_periods(scopes: Sequence[Scope]) -> list[StandingFacts]:
    """Return the facts for each of the scopes, which differ in their periods alone; as many queries as for a single one."""
    return _facts([replace(scope, by=Cut.NATION, within=None) for scope in scopes])


@once_each
def _facts(scopes: Sequence[Scope]) -> list[StandingFacts]:
    schools = _standing(scopes)
    pairs = [[(school, chain) for school, chain, *_ in of_scope] for of_scope in schools]
    rolls = [newest.of(own) for newest, own in zip(newest_rolls(scopes, pairs), pairs, strict=True)]
    longest = [max((years for _, _, _, years, _ in of_scope), default=1) for of_scope in schools]
    last_years = _last_years(scopes, longest)
    return [_of_scope(*facts) for facts in zip(scopes, schools, rolls, last_years, strict=True)]


def _of_scope(
    scope: Scope, schools: Sequence[_School], rolls_known: tuple[Table, Flags], last_years: _LastYears
) -> StandingFacts:
    known, is_whole = rolls_known
    nothing = (UNKNOWN,) * len(YEAR_GROUPS)
    registers = zip((register for *_, register in schools), is_whole.tolist(), strict=True)
    rows = [nothing if whole else _shares(*register) for register, whole in registers]
    shares = np.array(rows, np.int32).reshape(known.shape)
    rolls, is_estimated = np.where(known == UNKNOWN, shares, known), (known == UNKNOWN) & (shares != UNKNOWN)
    # By the first definitions the roll of one year group was the roll of a school.
    is_typed = (known != UNKNOWN).any(axis=1) & ~is_whole & (scope.definitions != FIRST_DEFINITIONS)
    is_lacking = _lacking(rolls, is_typed, schools)
    year = scope.period.last_academic_year.start
    in_cycle = flags(last_years.visited.get(chain, 0) > year - years for _, chain, _, years, _ in schools)
    whole_programme = flags(
        all(last_years.counted.get((chain, stage), 0) > year - years for stage in stages_of_ages(*ages))
        for _, chain, _, years, (_, *ages) in schools
    )
    where, wheres = numbered(place for _, _, place, *_ in schools)
    ids, chains = whole_numbers([school for school, *_ in schools]), [chain for _, chain, *_ in schools]
    return StandingFacts(ids, chains, where, wheres, in_cycle, whole_programme, rolls, is_estimated, is_lacking)


def _lacking(rolls: Table, is_typed: Flags, schools: Sequence[_School]) -> Flags:
    """Return `is_lacking` of the rolls; `is_typed` are the schools of which somebody but the register gave a number."""
    is_lacking = np.zeros(rolls.shape, np.bool_)
    for at in np.flatnonzero(is_typed).tolist():
        _, *ages = schools[at][-1]
        groups = year_groups_of_ages(*ages)
        taught = slice(groups.start, groups.stop)
        is_lacking[at, taught] = rolls[at, taught] == UNKNOWN
    return is_lacking


@lru_cache(maxsize=20_000)
def _shares(pupils: int | None, low_age: int | None, high_age: int | None) -> tuple[int, ...]:
    shares = shares_of(pupils, low_age, high_age)
    return tuple(shares.get(group, UNKNOWN) for group in YEAR_GROUPS)


def _standing(scopes: Sequence[Scope]) -> list[list[_School]]:
    """Return the schools that stand in each of the scopes; one query."""
    schools: list[list[_School]] = [[] for _ in scopes]
    usual_cycle = current().cycle_years if scopes[0].has_cycle else 1  # of a school that lies in no area
    held = [places.areas_of_authorities(on=_day(scope)) for scope in scopes]
    known: list[dict[tuple[Any, ...], tuple[Where, int]]] = [{} for _ in scopes]
    rows: Any = all_of([_rows(scope, held[number], number) for number, scope in enumerate(scopes)])
    for number, school, chain, nation, fifth, authority, *register in rows.iterator(CHUNK):
        if (nation, fifth, authority) not in known[number]:
            area, region, years = held[number].get(authority, (None, None, usual_cycle))
            known[number][nation, fifth, authority] = Where(area, authority, region, nation, fifth), years
        schools[number].append((school, chain, *known[number][nation, fifth, authority], tuple(register)))
    return schools


def _day(scope: Scope) -> date:
    """Return the day on which the schools of the scope stand."""
    return min(scope.period.last_day, scope.as_of)


def _rows(scope: Scope, areas: Mapping[int | None, tuple[int, int, int]], number: int) -> QuerySet[Any, Any]:
    """Return the number of the scope and what is known of each of its schools; `areas` are those of authorities on its day."""
    day = _day(scope)
    on_day = (Q(authorities__from_day=None) | Q(authorities__from_day__lte=day)) & (
        Q(authorities__to_day=None) | Q(authorities__to_day__gte=day)
    )
    undated = ~Exists(SchoolAuthority.objects.filter(school=OuterRef("pk")))
    schools = (
        School.objects.filter(sector=Sector.MAINSTREAM)
        .teaching_our_year_groups()
        .open_on(day)
        .annotate(
            then=FilteredRelation("authorities", condition=on_day),
            authority_then=Coalesce("then__authority_id", Case(When(undated, then=F("authority_id")))),
        )
        .order_by()
    )
    if scope.filters.fifths:
        schools = schools.filter(fifth__in=scope.filters.fifths)
    if scope.areas is not None:
        schools = schools.filter(
            authority_then__in=[authority_id for authority_id, (area, *_) in areas.items() if area in scope.areas]
        )
    kin = schools.annotate(of_scope=Value(number, AsRead()), of_chain=first_known("chain", "pk"))
    return kin.values_list("of_scope", "pk", "of_chain", "nation", "fifth", "authority_then", "pupils", "low_age", "high_age")


def _last_years(scopes: Sequence[Scope], longest: Sequence[int]) -> list[_LastYears]:
    """Return the last years of all chains for each of the scopes; none where nobody asks for the cycle.

    `longest`: the academic years of the longest cycle of the schools of each.
    """
    last = [_LastYears() for _ in scopes]
    if not scopes[0].has_cycle:
        return last
    parts = [
        part
        for number, (scope, years) in enumerate(zip(scopes, longest, strict=True))
        for part in _last_parts(scope, years, number)
    ]
    rows: Any = list(all_of(parts))
    kin = stored_kin({school for _, school, *_ in rows})
    for number, school, visited, *counted in rows:
        years, (_, chain) = last[number], kin.get(school, (school, school))
        if visited is not None:
            years.visited[chain] = max(visited, years.visited.get(chain, 0))
        for stage, year in enumerate(counted):
            if year is not None:
                years.counted[chain, stage] = max(year, years.counted.get((chain, stage), 0))
    return last


def types_for_cycle(scope: Scope) -> list[int]:
    """Return the ids of the session types of which a session makes its host and its guests visited in their cycle."""
    return [session_type.pk for session_type in scope.types if session_type.is_for_cycle]


def _last_parts(scope: Scope, longest: int, number: int) -> tuple[QuerySet[Any, Any], ...]:
    """Return number of the scope, school, and the last year visited and counted at each stage: of headcounts, and of hosts."""
    for_cycle = types_for_cycle(scope)
    no_series = [session_type.pk for session_type in scope.types if session_type.is_for_pupils and not session_type.series]
    days = (AcademicYear(scope.period.last_academic_year.start - longest + 1).first_day, scope.period.last_day)
    held = Session.objects.delivered().filter(type__in=for_cycle, day__range=days).order_by()
    of_scope = Value(number, AsRead())
    # A host that has headcounts is among these too; that is quicker than to look at the visit of every headcount.
    hosts = held.values("visit__school_id", of_scope=of_scope).annotate(
        visited=Max("academic_year", output_field=AsRead()),
        infants=Value(None, output_field=IntegerField()),
        juniors=Value(None, output_field=IntegerField()),
    )
    is_counted = Q(session__type__in=no_series, pupils__gt=0)
    of_schools = (
        Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__day__range=days)
        .filter(session__type__in={*for_cycle, *no_series})
        .order_by()
        .values("school_id", of_scope=of_scope)
        .annotate(
            visited=_last_year(Q(session__type__in=for_cycle)),
            infants=_last_year(is_counted & Q(year_group__lt=FIRST_OF_JUNIORS)),
            juniors=_last_year(is_counted & Q(year_group__gte=FIRST_OF_JUNIORS)),
        )
    )
    columns = ("visited", "infants", "juniors")
    return (
        of_schools.values_list("of_scope", "school_id", *columns),
        hosts.values_list("of_scope", "visit__school_id", *columns),
    )


def _last_year(so: Q) -> Max:
    """Return the expression for the last academic year of the headcounts of which it is so."""
    return Max("session__academic_year", filter=so, output_field=AsRead())
