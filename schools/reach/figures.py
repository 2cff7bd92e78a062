"""The three figures of reach, each defined once (REACH.md): plain values in, plain values out, one lineage at a time."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

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


def fold(headcounts: Iterable[Row], *, online: Collection[int]) -> tuple[dict[Hashable, Figures], Figures]:
    """The figures of each place and, counted afresh, of all places together.

    `headcounts` come ordered by lineage, in any order within one; `online` are the session types of that channel.
    A lineage adds to the total independently of the others, so only one is held at a time, and only a lineage seen in
    more than one place is folded again for the total.
    """
    places: defaultdict[Hashable, Figures] = defaultdict(Figures)
    total = Figures()
    for _, rows in groupby(headcounts, key=itemgetter(0)):
        lineage = list(rows)
        by_place: defaultdict[Hashable, list[Row]] = defaultdict(list)
        for row in lineage:
            by_place[row[PLACE]].append(row)
        if len(by_place) == 1:
            _add_lineage(lineage, online, (places[lineage[0][PLACE]], total))
            continue
        for place, own in by_place.items():
            _add_lineage(own, online, (places[place],))
        _add_lineage(lineage, online, (total,))
    return dict(places), total


def _add_lineage(lineage: Sequence[Row], online: Collection[int], into: Sequence[Figures]) -> None:
    """Add what one lineage reached to each of the figures."""
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
    """Children among the pupils reached in a lineage: of each cohort the largest number of any academic year."""
    cohorts: dict[int, dict[int, int]] = {}
    for (_, year, group), pupils in reached.items():
        # The Year 5 pupil of 2024/25 is the Year 6 pupil of 2025/26: one cohort.
        years = cohorts.setdefault(year - group, {})
        years[year] = years.get(year, 0) + pupils
    return sum(max(years.values()) for years in cohorts.values())
