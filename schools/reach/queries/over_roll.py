"""More pupils in sessions of one type than the school has: by its exact roll, by shares of its total, or by the total itself."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, Sum

from schools.core.year_groups import year_group_name, year_group_span
from schools.directory.queries import NO_SHARES, shares_of
from schools.reach.models import DoubtKind
from schools.reach.places import Scope
from schools.reach.queries import counting
from schools.reach.queries.doubt_lines import CountBehind, Doubt, digest_of
from schools.reach.queries.kin import first_known
from schools.reach.queries.rolls import rolls_known
from schools.visits.models import Headcount, PupilsAre

type _Register = tuple[int | None, int | None, int | None]
"""A register's total of pupils, lowest age and highest age."""


@dataclass
class _Roll:
    """What is known of the pupils of one chain; of several register entries the larger number counts."""

    exact: dict[int, int] = field(default_factory=dict)
    """Pupils by year group."""
    shares: dict[int, int] = field(default_factory=dict)
    """Of the other year groups their shares of the register's total."""
    total: int | None = None
    """The register's total, of all ages; None where it is not known, or every year group is known exactly."""


@dataclass(frozen=True)
class _TooMany:
    """More new pupils of one chain in sessions of one type than it has."""

    pupils: int
    groups: Collection[int]
    limit: int
    """The number with which they were compared; part of the doubt's digest."""
    but: str
    """What is known, in words: “34 on roll”."""


def over_roll(scope: Scope) -> Iterator[Doubt]:
    """Yield a doubt for each school and session type with more new pupils than the school has.

    That is over 10 % more than the exact rolls of the year groups that were counted; over half as many again as their shares of
    the register's total, which are guesses; or more than the whole total, which is always wrong.
    """
    chain = first_known("school__chain", "school_id")
    series = [session_type.pk for session_type in scope.types if session_type.series]
    new = counting.counted(scope).filter(session__pupils_are=PupilsAre.NEW).exclude(session__type__in=series)
    sums: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    registers: dict[tuple[int, int], _Register] = {}
    # By register entry, so that the entries and what their register says need no questions of their own: few chains have several.
    of_register = ("school__pupils", "school__low_age", "school__high_age")
    columns = ("school_id", chain, "session__type_id", "year_group", *of_register)
    for school, of, kind, group, *register, pupils in new.order_by().values_list(*columns).annotate(Sum("pupils")):
        registers[school, of] = (register[0], register[1], register[2])
        if pupils is not None:
            sums[of, kind][group] = sums[of, kind].get(group, 0) + int(pupils)
    rolls = _rolls_of_chains(scope, registers)
    over = {key: too_many for key, pupils in sums.items() if (too_many := _too_many(pupils, rolls[key[0]]))}
    yield from _doubts(scope, new, over)


def _too_many(pupils: dict[int, int], roll: _Roll) -> _TooMany | None:
    exact = pupils.keys() & roll.exact.keys()
    counted, known = (sum(numbers[group] for group in exact) for numbers in (pupils, roll.exact))
    if 10 * counted > 11 * known:
        return _TooMany(counted, exact, known, f"{known:,} on roll")
    everybody = sum(pupils.values())
    if roll.total is not None and pupils.keys() - exact and everybody > roll.total:
        return _TooMany(everybody, pupils.keys(), roll.total, f"{roll.total:,} in the whole school by its register")
    shared = pupils.keys() & roll.shares.keys()
    counted, guess = (sum(numbers[group] for group in shared) for numbers in (pupils, roll.shares))
    if 2 * counted > 3 * guess:
        return _TooMany(counted, shared, guess, f"about {guess:,} by their share of the {roll.total:,} in its register")
    return None


def _doubts(scope: Scope, new: QuerySet[Headcount], over: dict[tuple[int, int], _TooMany]) -> Iterator[Doubt]:
    chain = first_known("school__chain", "school_id")
    chains = {of for of, _ in over}
    behind = new.filter(Q(school__chain__in=chains) | Q(school__in=chains), pupils__isnull=False).order_by("session__day", "pk")
    rows: defaultdict[Any, list[Any]] = defaultdict(list)
    facts = (
        "pk", "pupils", "year_group", "session_id", "area_id", "session__day", "school_id", "school__name", "school__nation",
    )  # fmt: skip
    for *row, of, kind in behind.values_list(*facts, chain, "session__type_id"):
        if (of, kind) in over and row[2] in over[of, kind].groups:
            rows[of, kind].append(row)
    types = {session_type.pk: session_type for session_type in scope.types}
    for (of, kind), too_many in over.items():
        mine = rows[of, kind]
        *_, area, day, school_id, school, nation = mine[-1]
        groups = year_group_span((row[2] for row in mine), nation)
        words = (
            f"{too_many.pupils:,} pupils of {groups} in sessions of {types[kind].name_in(nation)}, each told as new, but "
            f"{too_many.but}."
        )
        digest = digest_of([too_many.limit, *(row[:2] for row in mine)])
        subject = f"{of}:{kind}:{scope.period.first_day.year}"
        counts = tuple(
            CountBehind(session, of_school, group, pupils, year_group_name(group, of_nation))
            for _, pupils, group, session, _, _, of_school, _, of_nation in mine
        )
        yield Doubt(DoubtKind.ROLL, subject, area, day, school, words, digest, school_id=school_id, counts=counts)


def _rolls_of_chains(scope: Scope, registers: Mapping[tuple[int, int], _Register]) -> defaultdict[int, _Roll]:
    """Return what is known of each chain, of the (register entry, chain) pairs that had sessions."""
    of_chain: defaultdict[int, _Roll] = defaultdict(_Roll)
    known = rolls_known(scope, list(registers))
    for (school, of), facts in registers.items():
        roll = of_chain[of]
        for group, pupils in known.get(school, {}).items():
            roll.exact[group] = max(pupils, roll.exact.get(group, 0))
        for group, pupils in (shares_of(*facts) or NO_SHARES).items():
            roll.shares[group] = max(pupils, roll.shares.get(group, 0))
        if facts[0] is not None:
            roll.total = max(facts[0], roll.total or 0)
    for roll in of_chain.values():
        roll.shares = {group: pupils for group, pupils in roll.shares.items() if group not in roll.exact}
    return of_chain
