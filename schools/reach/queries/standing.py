"""The schools that stand in a place on the report's day: their number, their pupils on roll, which were visited in the cycle."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db.models import BigIntegerField, Case, Exists, F, FilteredRelation, IntegerField, Max, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from schools.charity.queries import current
from schools.core.periods import AcademicYear
from schools.core.snapshot import once
from schools.core.year_groups import FIRST_OF_JUNIORS, YEAR_GROUPS, stages_of_ages
from schools.directory.models import School, SchoolAuthority, Sector
from schools.directory.queries import shares_of
from schools.programme.models import Audience
from schools.reach import places
from schools.reach.arrays import Flags, Numbers, Table, flags, groups, numbered, whole_numbers
from schools.reach.chains import UNKNOWN
from schools.reach.places import Scope
from schools.reach.queries.kin import stored_kin
from schools.reach.queries.rolls import newest_rolls
from schools.reach.rows import Cut, percent
from schools.visits.models import Headcount, Session, SessionStage

CHUNK = 5_000
"""Rows read from the database at a time."""


def first_known(key: str, school: str) -> Coalesce:
    """Return the chain or lineage; a school without links is one by itself."""
    return Coalesce(key, school, output_field=BigIntegerField())


@dataclass(frozen=True)
class Standing:
    """The schools and pupils beside the figures of one row; None means not known."""

    schools: int
    visited: int
    in_cycle: int | None
    whole_programme: int | None
    pupils: int | None
    estimated: bool | None

    @property
    def visited_percent(self) -> Decimal | None:
        """The share of schools visited; None where there are no schools."""
        return percent(self.visited, self.schools)

    @property
    def cycle_percent(self) -> Decimal | None:
        """The share of schools visited in the cycle; None where nobody asks for it or there are no schools."""
        return None if self.in_cycle is None else percent(self.in_cycle, self.schools)


@dataclass
class _Place:
    """The schools of one place, or of all together."""

    chains: set[int] = field(default_factory=set)
    in_cycle: int = 0
    """The number of chains, and not a set, which a page would hold for all places and once more for the total."""
    whole_programme: int = 0
    pupils: Sequence[int] = (0,) * len(YEAR_GROUPS)
    estimated: Sequence[int] = (0,) * len(YEAR_GROUPS)
    """The number of schools, by year group, whose roll is a share of the register's total."""
    schools_known: int = 0
    schools_unknown: int = 0

    def standing(self, *, groups: frozenset[int], visited: set[int], with_cycle: bool) -> Standing:
        """Return what stands beside a row of these year groups and chains visited."""
        nobody_knows = not groups or (self.schools_unknown and not self.schools_known)
        return Standing(
            schools=len(self.chains),
            visited=len(self.chains & visited),
            in_cycle=self.in_cycle if with_cycle else None,
            whole_programme=self.whole_programme if with_cycle else None,
            pupils=None if nobody_knows else sum(self.pupils[group] for group in groups),
            estimated=bool(self.schools_unknown) or any(self.estimated[group] for group in groups) if groups else None,
        )


@dataclass(frozen=True, slots=True)
class StandingSchool:
    """One of the schools that stand in a place."""

    school: int
    chain: int
    place: Hashable
    in_cycle: bool
    whole_programme: bool
    roll: dict[int, int]
    """Pupils by year group; empty means not known."""
    estimated: frozenset[int]
    """The year groups whose number is a share of the register's total."""


@dataclass
class StandingSchools:
    """The standing schools of every place."""

    scope: Scope
    by_place: dict[Hashable, _Place]
    total: _Place
    places_of_chains: dict[int, tuple[Hashable, ...]] = field(default_factory=dict)
    """Where each chain with a known roll stands: children of the others are in no coverage, as their schools' pupils are not."""
    schools: list["StandingSchool"] = field(default_factory=list)
    """The schools one by one, where `one_by_one` asked for them; else empty."""

    @property
    def places(self) -> set[Hashable]:
        """The places where schools stand."""
        return set(self.by_place)

    @property
    def chains(self) -> set[int]:
        """The chains of all standing schools."""
        return self.total.chains

    def of(self, place: Hashable, kind: Hashable, *, visited: set[int]) -> Standing | None:
        """Return what stands beside the row; None where its sector is not counted among the schools in area."""
        if not self.scope.counts_schools(kind):
            return None
        place_standing = self.by_place.get(place, _Place())
        with_cycle = self.scope.has_cycle and not self.scope.by_kind
        return place_standing.standing(groups=self.scope.groups_of(kind), visited=visited, with_cycle=with_cycle)

    def all(self, *, visited: set[int]) -> Standing | None:
        """Return what stands beside the total; None where its sectors are not counted among the schools in area."""
        scope = self.scope
        if not scope.counts_schools():
            return None
        return self.total.standing(groups=scope.groups, visited=visited, with_cycle=scope.has_cycle)


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
    wheres: Sequence["_Where"]
    in_cycle: Flags
    whole_programme: Flags
    rolls: Table
    """Pupils by school and year group; UNKNOWN where nobody knows."""
    is_estimated: Flags
    """By school and year group, whether the number is a share of the register's total."""


def standing_facts(scope: Scope) -> StandingFacts:
    """Return the facts of the schools in the area: they are the same for every cut."""
    return _facts(replace(scope, by=Cut.NATION, within=None))


@once
def _facts(scope: Scope) -> StandingFacts:
    schools = list(_standing(scope))
    pairs = [(school, chain) for school, chain, *_ in schools]
    known, is_whole = newest_rolls(scope, pairs).of(pairs)
    nothing = (UNKNOWN,) * len(YEAR_GROUPS)
    registers = zip((register for *_, register in schools), is_whole.tolist(), strict=True)
    rows = [nothing if whole else _shares(*register) for register, whole in registers]
    shares = np.array(rows, np.int32).reshape(known.shape)
    rolls, is_estimated = np.where(known == UNKNOWN, shares, known), (known == UNKNOWN) & (shares != UNKNOWN)
    last_years = _last_years(scope, longest=max((years for _, _, _, years, _ in schools), default=1))
    year = scope.period.last_academic_year.start
    in_cycle = flags(last_years.visited.get(chain, 0) > year - years for _, chain, _, years, _ in schools)
    whole_programme = flags(
        all(last_years.counted.get((chain, stage), 0) > year - years for stage in stages_of_ages(*ages))
        for _, chain, _, years, (_, *ages) in schools
    )
    where, wheres = numbered(place for _, _, place, *_ in schools)
    ids, chains = whole_numbers([school for school, *_ in schools]), [chain for _, chain, *_ in schools]
    return StandingFacts(ids, chains, where, wheres, in_cycle, whole_programme, rolls, is_estimated)


@lru_cache(maxsize=20_000)
def _shares(pupils: int | None, low_age: int | None, high_age: int | None) -> tuple[int, ...]:
    shares = shares_of(pupils, low_age, high_age)
    return tuple(shares.get(group, UNKNOWN) for group in YEAR_GROUPS)


def standing_schools(scope: Scope, *, one_by_one: bool = False) -> StandingSchools:
    """Return the schools in the area as chains: mainstream, bookable by their ages, open on the day according to their dates.

    A school without dates is judged by its status. A school without any dated authority belongs to today's authority (as in
    places_on).
    """
    facts = standing_facts(scope)
    of_wheres, places = numbered(scope.place(**where._asdict()) for where in facts.wheres)
    number = of_wheres[facts.where]
    has_roll = (facts.rolls != UNKNOWN).any(axis=1)
    in_places = _places(facts, number, has_roll, len(places))
    [everywhere] = _places(facts, np.zeros_like(number), has_roll, 1)
    standing = StandingSchools(scope, dict(zip(places, in_places, strict=True)), everywhere)
    alone = [(place,) for place in places]
    for at, chain, is_known in zip(number.tolist(), facts.chains, has_roll.tolist(), strict=True):
        if is_known:
            # Nearly every chain stands in one place only: the chains of a place share one tuple.
            known_places = standing.places_of_chains.setdefault(chain, alone[at])
            if places[at] not in known_places:
                standing.places_of_chains[chain] = (*known_places, places[at])
    if one_by_one:
        standing.schools += _one_by_one(facts, [places[at] for at in number.tolist()])
    return standing


def _places(facts: StandingFacts, number: Numbers, has_roll: Flags, places: int) -> list[_Place]:
    """Return the schools of each of so many places; `number` is that of each school's place."""
    known, unknown = (np.bincount(number[chosen], minlength=places).tolist() for chosen in (has_roll, ~has_roll))
    pupils, estimated = (np.zeros((places, len(YEAR_GROUPS)), np.int64) for _ in range(2))
    np.add.at(pupils, number, np.where(facts.rolls == UNKNOWN, 0, facts.rolls))
    np.add.at(estimated, number, facts.is_estimated)
    in_cycle, whole_programme = (_chains_of(facts, number, chosen, places) for chosen in (facts.in_cycle, facts.whole_programme))
    sums = zip(in_cycle, whole_programme, pupils.tolist(), estimated.tolist(), known, unknown, strict=True)
    in_places = [_Place(set(), *of_place) for of_place in sums]
    for at, chain in zip(number.tolist(), facts.chains, strict=True):
        in_places[at].chains.add(chain)
    return in_places


def _chains_of(facts: StandingFacts, number: Numbers, chosen: Flags, places: int) -> list[int]:
    """Return how many chains the chosen schools of each place are."""
    at = number[chosen]
    firsts, _ = groups(at, whole_numbers(facts.chains)[chosen])
    of_places: list[int] = np.bincount(at[firsts], minlength=places).tolist()
    return of_places


def _one_by_one(facts: StandingFacts, places: Iterable[Hashable]) -> Iterator[StandingSchool]:
    rolls, estimated = facts.rolls.tolist(), facts.is_estimated.tolist()
    kin, ever = (facts.schools.tolist(), facts.chains), (facts.in_cycle.tolist(), facts.whole_programme.tolist())
    for school, chain, place, in_cycle, whole_programme, of_school, of_shares in zip(
        *kin, places, *ever, rolls, estimated, strict=True
    ):
        roll = {group: pupils for group, pupils in enumerate(of_school) if pupils != UNKNOWN}
        shares = frozenset(group for group, is_share in enumerate(of_shares) if is_share)
        yield StandingSchool(school, chain, place, in_cycle, whole_programme, roll, shares)


class _Where(NamedTuple):
    """Where a school stands on the day; None is unknown."""

    area: int | None
    authority: int | None
    region: int | None
    nation: str
    fifth: int | None


type _Register = tuple[int | None, int | None, int | None]
"""A register's total of pupils, lowest age and highest age."""

type _School = tuple[int, int, _Where, int, _Register]
"""A school's id, chain, where it stands and years of its cycle, and what its register says of it."""


def _standing(scope: Scope) -> Iterator[_School]:
    day = min(scope.period.last_day, scope.as_of)
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
    areas = places.areas_of_authorities(on=day)
    usual_cycle = current().cycle_years if scope.has_cycle else 1  # of a school that lies in no area
    if scope.filters.fifths:
        schools = schools.filter(fifth__in=scope.filters.fifths)
    if scope.areas is not None:
        schools = schools.filter(
            authority_then__in=[authority_id for authority_id, (area, *_) in areas.items() if area in scope.areas]
        )
    rows = schools.values_list(
        "pk", first_known("chain", "pk"), "nation", "fifth", "authority_then", "pupils", "low_age", "high_age"
    )
    known: dict[tuple[Any, ...], tuple[_Where, int]] = {}
    for school, chain, nation, fifth, authority, *register in rows.iterator(CHUNK):
        if (nation, fifth, authority) not in known:
            area, region, years = areas.get(authority, (None, None, usual_cycle))
            known[nation, fifth, authority] = _Where(area, authority, region, nation, fifth), years
        yield school, chain, *known[nation, fifth, authority], tuple(register)


@dataclass(frozen=True)
class _LastYears:
    """The last academic year of the cycle in which something was so; what never was so is missing."""

    visited: dict[int, int] = field(default_factory=dict)
    """Of each chain: it had, or was guest in, a session that counts for the cycle."""
    counted: dict[tuple[int, int], int] = field(default_factory=dict)
    """Of each chain and stage: pupils were counted, more than none, series left out."""


def _last_years(scope: Scope, *, longest: int) -> _LastYears:
    """Return the last years of all chains; none where nobody asks for the cycle.

    `longest`: the academic years of the longest cycle of the schools.
    """
    years = _LastYears()
    if not scope.has_cycle:
        return years
    for_pupils = [session_type for session_type in scope.types if session_type.audience == Audience.PUPILS]
    for_cycle = [session_type.pk for session_type in for_pupils if session_type.counts_for_cycle]
    no_series = [session_type.pk for session_type in for_pupils if not session_type.series]
    days = (AcademicYear(scope.period.last_academic_year.start - longest + 1).first_day, scope.period.last_day)
    held = Session.objects.delivered().filter(type__in=for_cycle, day__range=days).order_by()
    not_counted = Value(None, output_field=IntegerField())
    hosts = held.values("visit__school_id", of_stage=Value(0)).annotate(visited=Max("academic_year"), counted=not_counted)
    # A host that has headcounts is among these too; that is quicker than to look at the visit of every headcount.
    is_late = Case(When(year_group__gte=FIRST_OF_JUNIORS, then=Value(1)), default=Value(0), output_field=IntegerField())
    year, in_cycle = "session__academic_year", Q(session__type__in=for_cycle)
    is_counted = Q(session__type__in=no_series, pupils__gt=0)
    of_schools = (
        Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__day__range=days)
        .filter(session__type__in={*for_cycle, *no_series})
        .order_by()
        .values("school_id", of_stage=is_late)
        .annotate(visited=Max(year, filter=in_cycle), counted=Max(year, filter=is_counted))
    )
    columns = ("of_stage", "visited", "counted")
    last = of_schools.values_list("school_id", *columns).union(hosts.values_list("visit__school_id", *columns), all=True)
    rows: Any = list(last.order_by())
    kin = stored_kin({school for school, *_ in rows})
    for school, stage, visited, counted in rows:
        _, chain = kin.get(school, (school, school))
        if visited is not None:
            years.visited[chain] = max(visited, years.visited.get(chain, 0))
        if counted is not None:
            years.counted[chain, stage] = max(counted, years.counted.get((chain, stage), 0))
    return years
