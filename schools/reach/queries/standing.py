"""The schools that stand in a place on the report's day: their number, their pupils on roll, which were visited in the cycle."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import numpy as np

from schools.core.year_groups import YEAR_GROUPS
from schools.reach.arrays import Flags, Numbers, groups, numbered, whole_numbers
from schools.reach.chains import UNKNOWN
from schools.reach.places import Scope
from schools.reach.queries.standing_facts import StandingFacts, standing_facts
from schools.reach.rows import percent


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
    partly_known: list[tuple[frozenset[int], Sequence[int]]] = field(default_factory=list)
    """Of each of the known schools that lacks some year groups: those, and its pupils by year group."""

    def standing(self, *, groups: frozenset[int], visited: set[int], with_cycle: bool) -> Standing:
        """Return what stands beside a row of these year groups and chains visited."""
        left_out = [pupils for lacking, pupils in self.partly_known if not lacking.isdisjoint(groups)]
        unknown = self.schools_unknown + len(left_out)
        nobody_knows = not groups or (unknown and len(left_out) == self.schools_known)
        return Standing(
            schools=len(self.chains),
            visited=len(self.chains & visited),
            in_cycle=self.in_cycle if with_cycle else None,
            whole_programme=self.whole_programme if with_cycle else None,
            pupils=None if nobody_knows else sum(self.pupils[group] - sum(own[group] for own in left_out) for group in groups),
            estimated=bool(unknown) or any(self.estimated[group] for group in groups) if groups else None,
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
    lacking: frozenset[int]
    """The year groups that it teaches and whose number is not known, while that of another one is."""

    def pupils(self, groups: frozenset[int]) -> int | None:
        """Return its pupils on roll in the year groups; None where those of any that it teaches are not known, or of none."""
        is_known = groups and self.roll and self.lacking.isdisjoint(groups)
        return sum(self.roll.get(group, 0) for group in groups) if is_known else None


@dataclass
class StandingSchools:
    """The standing schools of every place."""

    scope: Scope
    by_place: dict[Hashable, _Place]
    total: _Place
    places_of_chains: dict[int, tuple[Hashable, ...]] = field(default_factory=dict)
    """Where each chain with a roll that is known of every year group stands."""
    partly_known: dict[int, list[tuple[Hashable, frozenset[int]]]] = field(default_factory=dict)
    """Where other schools of a chain stand, and the year groups that each of them lacks."""
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

    def covered_places(self, chain: int, kind: Hashable = None) -> Collection[Hashable]:
        """Return the places in which a school of the chain stands whose roll is known, of a kind (None: of all together).

        Children of the others are in no coverage, as their schools' pupils are not.
        """
        of_chain = self.places_of_chains.get(chain, ())
        if chain not in self.partly_known:
            return of_chain
        groups = self.scope.groups if kind is None else self.scope.groups_of(kind)
        more = (place for place, lacking in self.partly_known[chain] if lacking.isdisjoint(groups))
        return dict.fromkeys((*of_chain, *more))

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


def standing_schools(scope: Scope, *, one_by_one: bool = False) -> StandingSchools:
    """Return the schools in the area as chains: mainstream, bookable by their ages, open on the day according to their dates.

    A school without dates is judged by its status. A school without any dated authority belongs to today's authority (as in
    places_on).
    """
    return in_places(scope, standing_facts(scope), one_by_one=one_by_one)


def in_places(scope: Scope, facts: StandingFacts, *, one_by_one: bool = False) -> StandingSchools:
    """Return the same, where the facts are known."""
    of_wheres, places = numbered(scope.place(**where._asdict()) for where in facts.wheres)
    number = of_wheres[facts.where]
    has_roll = (facts.rolls != UNKNOWN).any(axis=1)
    in_places = _places(facts, number, has_roll, len(places))
    [everywhere] = _places(facts, np.zeros_like(number), has_roll, 1)
    standing = StandingSchools(scope, dict(zip(places, in_places, strict=True)), everywhere)
    is_partly_known = facts.is_lacking.any(axis=1)
    for school in np.flatnonzero(is_partly_known).tolist():
        partly = places[number[school]], _chosen(tuple(facts.is_lacking[school].tolist()))
        standing.partly_known.setdefault(facts.chains[school], []).append(partly)
    alone = [(place,) for place in places]
    for at, chain, is_known in zip(number.tolist(), facts.chains, (has_roll & ~is_partly_known).tolist(), strict=True):
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
    for school in np.flatnonzero(facts.is_lacking.any(axis=1)).tolist():
        own = np.where(facts.rolls[school] == UNKNOWN, 0, facts.rolls[school]).tolist()
        in_places[number[school]].partly_known.append((_chosen(tuple(facts.is_lacking[school].tolist())), own))
    return in_places


def _chains_of(facts: StandingFacts, number: Numbers, chosen: Flags, places: int) -> list[int]:
    """Return how many chains the chosen schools of each place are."""
    at = number[chosen]
    firsts, _ = groups(at, whole_numbers(facts.chains)[chosen])
    of_places: list[int] = np.bincount(at[firsts], minlength=places).tolist()
    return of_places


@cache
def _chosen(is_chosen: tuple[bool, ...]) -> frozenset[int]:
    """Return the year groups of which it is so; kept, because thousands of schools have the same."""
    return frozenset(group for group, is_so in enumerate(is_chosen) if is_so)


def _one_by_one(facts: StandingFacts, places: Iterable[Hashable]) -> Iterator[StandingSchool]:
    of_groups = zip(facts.rolls.tolist(), facts.is_estimated.tolist(), facts.is_lacking.tolist(), strict=True)
    kin, ever = (facts.schools.tolist(), facts.chains), (facts.in_cycle.tolist(), facts.whole_programme.tolist())
    for school, chain, place, in_cycle, whole_programme, (pupils, of_shares, lacking) in zip(
        *kin, places, *ever, of_groups, strict=True
    ):
        roll = {group: number for group, number in enumerate(pupils) if number != UNKNOWN}
        yield StandingSchool(
            school, chain, place, in_cycle, whole_programme, roll, _chosen(tuple(of_shares)), _chosen(tuple(lacking))
        )
