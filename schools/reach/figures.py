"""The three figures of reach, each defined once (REACH.md): plain values in, plain values out, one lineage at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

type Row = tuple[int, int, int, int, int, int | None, int, int, Hashable]
"""A headcount of a delivered session for pupils: lineage, chain, academic year (its first calendar year), year group,
session type, session if its pupils sat in an earlier one of the type (else None), 1 if the number is an estimate (else 0),
pupils (0 where nobody counted: a visit it was all the same), place."""

type Class = tuple[int, int, int]
"""A chain's year group in an academic year: chain, academic year, year group. Pupils are counted once in it."""

PLACE = 8
"""Where the place stands in a row."""


@dataclass(slots=True)
class Figures:
    """What was reached in one place. `schools_…` are the chains that had a session in person or online."""

    attendances: int = 0
    attendances_estimated: int = 0
    pupils_reached: int = 0
    pupils_in_person: int = 0
    pupils_online: int = 0
    children_reached: int = 0
    schools_in_person: set[int] = field(default_factory=set)
    schools_online: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Folded:
    """The figures of each key, of all together, and the children reached in the schools that stand in each place."""

    places: dict[Hashable, Figures]
    total: Figures
    in_schools: dict[tuple[Hashable, Hashable], int]
    """By standing place and kind (None where keys have none)."""
    in_schools_total: int


def fold(
    headcounts: Iterable[Row],
    *,
    online: Collection[int],
    standing: Mapping[int, Collection[Hashable]] = MappingProxyType({}),
    kinds: bool = False,
    outside: Callable[[Hashable], bool] | None = None,
) -> Folded:
    """The figures of each place and, counted afresh, of all places together.

    `headcounts` come ordered by lineage, in any order within one; `online` are the session types of that channel. `standing`
    says in which places a chain's schools stand: children reached in them are counted wherever they were reached. With
    `kinds` a row ends with the pair of place and kind. Keys that are `outside` are no part of the total.
    A lineage adds to the total independently of the others, so only one is held at a time, and only a lineage seen in
    more than one place is folded again for the total.
    """
    folded = Folded(defaultdict(Figures), Figures(), defaultdict(int), 0)
    places, total = folded.places, folded.total
    for _, rows in groupby(headcounts, key=itemgetter(0)):
        lineage = list(rows)
        by_place = _grouped(lineage, itemgetter(PLACE))
        if len(by_place) == 1 and not (outside and outside(lineage[0][PLACE])):
            reached = _add_lineage(lineage, online, (places[lineage[0][PLACE]], total))
        else:
            for place, own in by_place.items():
                _add_lineage(own, online, (places[place],))
            inside = [row for row in lineage if not outside(row[PLACE])] if outside else lineage
            _add_lineage(inside, online, (total,))
            reached = _overall(lineage)
        if standing:
            _add_to_schools(folded, lineage, reached, standing, kinds=kinds)
    return folded


def _grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, list[Row]]:
    grouped: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return grouped


def _add_to_schools(
    folded: Folded,
    lineage: Sequence[Row],
    reached: dict[Class, int],
    standing: Mapping[int, Collection[Hashable]],
    *,
    kinds: bool,
) -> None:
    """Add the children whom one lineage's sessions reached in schools that stand somewhere, be it by kind of session."""
    everywhere = {chain: standing.get(chain, ()) for chain, _, _ in reached}
    if any(everywhere.values()):
        folded.in_schools_total += _children({key: pupils for key, pupils in reached.items() if everywhere[key[0]]})
    by_kind = _grouped(lineage, lambda row: row[PLACE][1]) if kinds else {None: lineage}  # type: ignore[index]  # a pair then
    for kind, own in by_kind.items():
        of_kind = _overall(own) if kinds else reached
        for place in {place for places in everywhere.values() for place in places}:
            here = {key: pupils for key, pupils in of_kind.items() if place in everywhere[key[0]]}
            folded.in_schools[place, kind] += _children(here)


def _overall(rows: Sequence[Row]) -> dict[Class, int]:
    """Pupils reached of each class, by sessions of any type."""
    overall: dict[Class, int] = {}
    for (of_class, _), pupils in _pupils_by_type(rows).items():
        overall[of_class] = max(overall.get(of_class, 0), pupils)
    return overall


def _add_lineage(lineage: Sequence[Row], online: Collection[int], into: Sequence[Figures]) -> dict[Class, int]:
    """Add what one lineage reached to each of the figures; the pupils reached of each class."""
    overall: dict[Class, int] = {}
    in_person: dict[Class, int] = {}
    by_screen: dict[Class, int] = {}
    for (of_class, session_type), pupils in _pupils_by_type(lineage).items():
        if pupils >= overall.get(of_class, 0):
            overall[of_class] = pupils
        channel = by_screen if session_type in online else in_person
        if pupils >= channel.get(of_class, 0):
            channel[of_class] = pupils
    attendances = sum(pupils for *_, pupils, _ in lineage)
    estimated = sum(pupils for *_, is_estimate, pupils, _ in lineage if is_estimate)
    children = _children(overall)
    for figures in into:
        figures.attendances += attendances
        figures.attendances_estimated += estimated
        figures.pupils_reached += sum(overall.values())
        figures.pupils_in_person += sum(in_person.values())
        figures.pupils_online += sum(by_screen.values())
        figures.children_reached += children
        figures.schools_in_person.update(chain for chain, _, _ in in_person)
        figures.schools_online.update(chain for chain, _, _ in by_screen)
    return overall


def _pupils_by_type(lineage: Sequence[Row]) -> dict[tuple[Class, int], int]:
    """Of each class and session type n(c, t, y, g): all new pupils, or the largest group that came again if that is more."""
    new: dict[tuple[Class, int], int] = {}
    again: dict[tuple[Class, int], dict[int, int]] = {}
    for _, chain, year, group, session_type, again_in, _, pupils, _ in lineage:
        key = ((chain, year, group), session_type)
        if again_in is None:
            new[key] = new.get(key, 0) + pupils
        else:
            # One session of two register entries of a chain is one group.
            sessions = again.setdefault(key, {})
            sessions[again_in] = sessions.get(again_in, 0) + pupils
    for key, groups in again.items():
        new[key] = max(new.get(key, 0), *groups.values())
    return new


def _children(reached: dict[Class, int]) -> int:
    """Children among the pupils reached in a lineage."""
    return sum(children_by_cohort(reached).values())


def children_by_cohort(reached: Mapping[Class, int]) -> dict[int, int]:
    """Children among the pupils reached in a lineage: of each cohort (its starting year) the largest number of any year."""
    cohorts: dict[int, dict[int, int]] = {}
    for (_, year, group), pupils in reached.items():
        # The Year 5 pupil of 2024/25 is the Year 6 pupil of 2025/26: one cohort.
        years = cohorts.setdefault(year - group, {})
        years[year] = years.get(year, 0) + pupils
    return {cohort: max(years.values()) for cohort, years in cohorts.items()}


def classes_by_lineage(headcounts: Iterable[Row]) -> Iterator[tuple[int, dict[Class, int]]]:
    """Each lineage with the pupils reached of each of its classes; `headcounts` come ordered by lineage."""
    for lineage, rows in groupby(headcounts, key=itemgetter(0)):
        yield lineage, _overall(list(rows))
