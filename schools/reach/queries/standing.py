"""The schools that stand in a place on the report's day: their number, their pupils on roll, which were visited in the cycle."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import BigIntegerField, Case, Exists, F, FilteredRelation, IntegerField, Max, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from schools.charity.queries import current
from schools.core.periods import AcademicYear
from schools.core.year_groups import FIRST_OF_JUNIORS, YEAR_GROUPS, stages_of_ages
from schools.directory.models import Roll, RollSource, School, SchoolAuthority, Sector
from schools.directory.queries import MANY_SCHOOLS, NO_SHARES, shares_of
from schools.programme.models import Audience
from schools.reach import places
from schools.reach.places import Scope
from schools.reach.queries.kin import stored_kin
from schools.reach.rows import percent
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
    in_cycle: set[int] = field(default_factory=set)
    whole_programme: set[int] = field(default_factory=set)
    pupils: list[int] = field(default_factory=lambda: [0] * len(YEAR_GROUPS))
    estimated: list[bool] = field(default_factory=lambda: [False] * len(YEAR_GROUPS))
    schools_known: int = 0
    schools_unknown: int = 0

    def add_roll(self, roll: dict[int, int], *, estimated: Collection[int]) -> None:
        """Add one school's roll; an empty one is not known."""
        if not roll:
            self.schools_unknown += 1
            return
        self.schools_known += 1
        for group, pupils in roll.items():
            self.pupils[group] += pupils
        for group in estimated:
            self.estimated[group] = True

    def standing(self, *, groups: frozenset[int], visited: set[int], with_cycle: bool) -> Standing:
        """Return what stands beside a row of these year groups and chains visited."""
        nobody_knows = not groups or (self.schools_unknown and not self.schools_known)
        return Standing(
            schools=len(self.chains),
            visited=len(self.chains & visited),
            in_cycle=len(self.in_cycle) if with_cycle else None,
            whole_programme=len(self.whole_programme) if with_cycle else None,
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
    by_place: defaultdict[Hashable, _Place] = field(default_factory=lambda: defaultdict(_Place))
    total: _Place = field(default_factory=_Place)
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
    """What is known of the standing schools, whatever the places in which they are counted."""

    schools: Sequence["_School"]
    rolls: Mapping[int, tuple[dict[int, int], bool]]
    last_years: "_LastYears"


def standing_facts(scope: Scope) -> StandingFacts:
    """Return the facts of the schools in the area: they are the same for every cut by place of everything."""
    schools = list(_standing(scope))
    longest = max((years for _, _, _, years, *_ in schools), default=1)
    return StandingFacts(schools, _rolls(scope, schools), _last_years(scope, longest=longest))


def standing_schools(scope: Scope, *, one_by_one: bool = False, facts: StandingFacts | None = None) -> StandingSchools:
    """Return the schools in the area as chains: mainstream, bookable by their ages, open on the day according to their dates.

    A school without dates is judged by its status. A school without any dated authority belongs to today's authority (as in
    places_on). `facts` are those of standing_facts, where they are known already.
    """
    facts = facts or standing_facts(scope)
    standing_found = StandingSchools(scope)
    rolls, last_years = facts.rolls, facts.last_years
    year = scope.period.last_academic_year.start
    keys = {where: scope.place(**where._asdict()) for where in {where for _, _, where, *_ in facts.schools}}
    alone: dict[Hashable, tuple[Hashable, ...]] = {}
    for school, chain, where, years, *register in facts.schools:
        place = keys[where]
        known, is_whole = rolls.get(school, NOT_KNOWN)
        shares = NO_SHARES if is_whole else shares_of(*register)
        in_cycle = last_years.visited.get(chain, 0) > year - years
        _, *ages = register
        whole = all(last_years.counted.get((chain, stage), 0) > year - years for stage in stages_of_ages(*ages))
        roll, estimated = {**shares, **known}, shares.keys() - known.keys()
        if one_by_one:
            standing_found.schools.append(StandingSchool(school, chain, place, in_cycle, whole, roll, frozenset(estimated)))
        for target in (standing_found.by_place[place], standing_found.total):
            target.chains.add(chain)
            target.add_roll(roll, estimated=estimated)
            if in_cycle:
                target.in_cycle.add(chain)
            if whole:
                target.whole_programme.add(chain)
        if not roll:
            continue
        # Nearly every chain stands in one place only: the chains of a place share one tuple.
        known_places = standing_found.places_of_chains.setdefault(chain, alone.setdefault(place, (place,)))
        if place not in known_places:
            standing_found.places_of_chains[chain] = (*known_places, place)
    return standing_found


class _Where(NamedTuple):
    """Where a school stands on the day; None is unknown."""

    area: int | None
    authority: int | None
    region: int | None
    nation: str
    fifth: int | None


NOWHERE = _Where(None, None, None, "", None)

type _School = tuple[int, int, _Where, int, int | None, int | None, int | None]
"""A school's id, chain, where it stands and years of its cycle; the register's total of pupils, lowest age and highest age."""


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
    for school, chain, nation, fifth, authority, *register in rows.iterator(CHUNK):
        area, region, years = areas.get(authority, (None, None, usual_cycle))
        yield school, chain, _Where(area, authority, region, nation, fifth), years, *register


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
    hosts = dict(held.values_list("visit__school_id").annotate(Max("academic_year")))
    # A host that has headcounts is among these too; that is quicker than to look at the visit of every headcount.
    is_late = Case(When(year_group__gte=FIRST_OF_JUNIORS, then=Value(1)), default=Value(0), output_field=IntegerField())
    year, in_cycle = "session__academic_year", Q(session__type__in=for_cycle)
    is_counted = Q(session__type__in=no_series, pupils__gt=0)
    of_schools = (
        Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__day__range=days)
        .filter(session__type__in={*for_cycle, *no_series})
        .order_by()
        .values("school_id", stage=is_late)
        .annotate(visited=Max(year, filter=in_cycle), counted=Max(year, filter=is_counted))
        .values_list("school_id", "stage", "visited", "counted")
    )
    rows = [(school, 0, last, None) for school, last in hosts.items()] + list(of_schools)
    kin = stored_kin({school for school, *_ in rows})
    for school, stage, visited, counted in rows:
        _, chain = kin.get(school, (school, school))
        if visited is not None:
            years.visited[chain] = max(visited, years.visited.get(chain, 0))
        if counted is not None:
            years.counted[chain, stage] = max(counted, years.counted.get((chain, stage), 0))
    return years


NOT_KNOWN: tuple[dict[int, int], bool] = ({}, False)


def _rolls(scope: Scope, schools: Sequence[_School]) -> dict[int, tuple[dict[int, int], bool]]:
    """Return the roll of each school by year group, and whether it is of the whole school, as a register's roll is.

    A school without a roll of its own has the roll of the closed entries of its chain.
    """
    day = min(scope.period.last_day, scope.as_of)
    of_chains = School.objects.filter(chain__isnull=False)
    closed = set(of_chains.exclude(pk__in=School.objects.open_on(day).order_by().values("pk")).values_list("pk", flat=True))
    standing: defaultdict[int, set[int]] = defaultdict(set)
    for school, chain, *_ in schools:
        standing[chain].add(school)
    year = scope.period.last_academic_year.start
    # Older rolls are read only where the register has none of the year, because there are many of them.
    registered = Roll.objects.filter(academic_year=year, source=RollSource.REGISTER).order_by().values("school")
    rows = Roll.objects.filter(Q(academic_year=year) | Q(academic_year__lt=year) & ~Q(school__in=registered))
    if scope.areas is not None and len(schools) <= MANY_SCHOOLS:
        few = [school for school, *_ in schools]
        rows = rows.filter(Q(school__in=few) | Q(school__chain__in=list(standing)))
    rolls: dict[int, tuple[dict[int, int], bool]] = {}
    chain_column = first_known("school__chain", "school_id")
    columns = ("school_id", "academic_year", "year_group", "source", "pupils")
    ordered = rows.order_by(chain_column).values_list(chain_column, *columns)
    for chain, of_chain in groupby(ordered.iterator(CHUNK), key=itemgetter(0)):
        by_school: defaultdict[int, list[_Roll]] = defaultdict(list)
        for _, school, *roll in of_chain:
            by_school[0 if school in closed else school].append(tuple(roll))
        for school in standing.get(chain, ()):
            if own := by_school.get(school) or by_school.get(0):
                rolls[school] = _newest(own)
    return rolls


def rolls_known(scope: Scope, schools: Sequence[tuple[int, int]]) -> dict[int, dict[int, int]]:
    """Return the roll by year group of each (school, chain) for the period's last academic year, without shares of a total."""
    return {
        school: known for school, (known, _) in _rolls(scope, [(*pair, NOWHERE, 0, None, None, None) for pair in schools]).items()
    }


type _Roll = tuple[int, int, str, int]
"""Academic year, year group, source, pupils."""


def _newest(rolls: Collection[_Roll]) -> tuple[dict[int, int], bool]:
    """Return the newest roll, and whether a register's roll is part of it.

    It is the register's newest roll; numbers from other sources, of the same year or later, replace it year group by year group.
    """
    registers = max((year for year, _, source, _ in rolls if source == RollSource.REGISTER), default=None)
    known: dict[int, int] = {}
    # The last number stays: the newest; within a year the coordinator's; of two entries of a chain the larger.
    for year, group, source, pupils in sorted(rolls, key=lambda roll: (roll[0], RANKS[roll[2]], roll[3])):
        typed = source != RollSource.REGISTER
        if year == registers or (typed and (registers is None or year > registers)):
            known[group] = pupils
    return known, registers is not None


RANKS: dict[str, int] = {RollSource.REGISTER: 0, RollSource.LIST: 1, RollSource.COORDINATOR: 2}
"""Where several sources have a number for one year, the source with the highest rank is used."""
