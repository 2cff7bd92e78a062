"""The three figures of reach, each defined once (docs/figures.md): plain values in, plain values out, one lineage at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

from schools.reach.headcount_codec import Cell, Class, cohort_of, decode_again, decode_new, type_and_class

type Row = tuple[int, int, int, int, str | None, str | None, Hashable]
"""What was counted in one chain and place, in delivered sessions for pupils.

Lineage, chain, pupils of all headcounts, pupils of those headcounts that are estimates, the headcounts of new pupils, the
headcounts of pupils who came again, place. Headcounts are texts of headcount_codec; None where there are none. A headcount that
nobody took has 0 pupils: the school was visited all the same.
"""

CHAIN, PLACE = 1, 6
"""Positions in a row."""

type Reached = dict[int, dict[Class, int]]
"""The pupils reached in one lineage, by chain and by class. A pupil counts once in a class."""


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

    def add(self, other: "Figures") -> None:
        """Add the figures of another lineage."""
        self.attendances += other.attendances
        self.attendances_estimated += other.attendances_estimated
        self.pupils_reached += other.pupils_reached
        self.pupils_in_person += other.pupils_in_person
        self.pupils_online += other.pupils_online
        self.children_reached += other.children_reached
        self.schools_in_person |= other.schools_in_person
        self.schools_online |= other.schools_online


@dataclass(slots=True)
class Folded:
    """The figures of each key and of all together, and the children reached in the schools that stand in each place."""

    places: dict[Hashable, Figures]
    total: Figures
    in_schools: dict[tuple[Hashable, Hashable], int]
    """By standing place and kind (kind is None where keys have none)."""
    in_schools_total: int


def fold(
    counted: Iterable[Row],
    *,
    online: Collection[int],
    standing: Mapping[int, Collection[Hashable]] = MappingProxyType({}),
    kinds: bool = False,
    outside: Callable[[Hashable], bool] | None = None,
) -> Folded:
    """Return the figures of each place and, counted afresh, of all places together.

    `counted` is ordered by lineage, in any order within a lineage. `online` has the session types of that channel. `standing`
    says in which places the schools of a chain stand: children reached in these schools are counted wherever they were reached.
    With `kinds`, a row ends with a pair of place and kind. Keys that are `outside` are no part of the total.

    Lineages add to the total independently of one another. So only one is held at a time, and only a lineage that is in more than
    one place is folded a second time for the total.
    """
    folded = Folded(defaultdict(Figures), Figures(), defaultdict(int), 0)
    places, total = folded.places, folded.total
    for _, rows in groupby(counted, key=itemgetter(0)):
        lineage = list(rows)
        by_place = _grouped(lineage, itemgetter(PLACE))
        if len(by_place) == 1 and not (outside and outside(lineage[0][PLACE])):
            figures, reached = _of_lineage(lineage, online)
            places[lineage[0][PLACE]].add(figures)
            total.add(figures)
        else:
            for place, own in by_place.items():
                places[place].add(_of_lineage(own, online)[0])
            inside = [row for row in lineage if not outside(row[PLACE])] if outside else lineage
            total.add(_of_lineage(inside, online)[0])
            reached = _reached(lineage)
        if standing:
            _add_to_schools(folded, lineage, reached, standing, kinds=kinds)
    return folded


def _grouped[K: Hashable](rows: Iterable[Row], key: Callable[[Row], K]) -> dict[K, list[Row]]:
    grouped: defaultdict[K, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return grouped


def _add_to_schools(
    folded: Folded,
    lineage: Sequence[Row],
    reached: Reached,
    standing: Mapping[int, Collection[Hashable]],
    *,
    kinds: bool,
) -> None:
    """Add the children whom the lineage's sessions reached in schools that stand somewhere; with `kinds`, kind by kind."""
    everywhere = {chain: standing.get(chain, ()) for chain in reached}
    if any(everywhere.values()):
        folded.in_schools_total += _children(reached[chain] for chain, places in everywhere.items() if places)
    by_kind = _grouped(lineage, lambda row: row[PLACE][1]) if kinds else {None: lineage}  # type: ignore[index]  # a pair then
    for kind, own in by_kind.items():
        of_kind = _reached(own) if kinds else reached
        for place in {place for places in everywhere.values() for place in places}:
            here = (classes for chain, classes in of_kind.items() if place in everywhere[chain])
            folded.in_schools[place, kind] += _children(here)


def _of_lineage(lineage: Sequence[Row], online: Collection[int]) -> tuple[Figures, Reached]:
    """Return the figures of one lineage, and its pupils reached."""
    figures = Figures()
    reached: Reached = {}
    for _, _, pupils, estimated, *_ in lineage:
        figures.attendances += pupils
        figures.attendances_estimated += estimated
    for chain, cells in _pupils_by_type(lineage).items():
        in_person, by_screen = _largest(cells, online)
        reached[chain] = _larger(in_person, by_screen)
        figures.pupils_reached += sum(reached[chain].values())
        figures.pupils_in_person += sum(in_person.values())
        figures.pupils_online += sum(by_screen.values())
        if in_person:
            figures.schools_in_person.add(chain)
        if by_screen:
            figures.schools_online.add(chain)
    figures.children_reached = _children(reached.values())
    return figures, reached


def _reached(rows: Iterable[Row]) -> Reached:
    """Return the pupils reached by sessions of any type."""
    return {chain: _largest(cells)[0] for chain, cells in _pupils_by_type(rows).items()}


def _largest(cells: Mapping[Cell, int], apart: Collection[int] = ()) -> tuple[dict[Class, int], dict[Class, int]]:
    """Return for each class the largest number of one session type: of types that are not `apart`, and of those that are."""
    classes: dict[Class, int] = {}
    classes_apart: dict[Class, int] = {}
    for cell, pupils in cells.items():
        session_type, of_class = type_and_class(cell)
        into = classes_apart if session_type in apart else classes
        if pupils >= into.get(of_class, 0):
            into[of_class] = pupils
    return classes, classes_apart


def _larger(some: dict[Class, int], others: dict[Class, int]) -> dict[Class, int]:
    """Return the larger number for each class."""
    if not others:
        return some
    return {of_class: max(some.get(of_class, 0), others.get(of_class, 0)) for of_class in some | others}


def _pupils_by_type(rows: Iterable[Row]) -> dict[int, dict[Cell, int]]:
    """Return n of each chain and cell: all new pupils, or the largest group that came again if more (docs/figures.md)."""
    chains: dict[int, dict[Cell, int]] = {}
    groups: dict[tuple[int, Cell, int], int] = {}
    for _, chain, _, _, new, again, _ in rows:
        cells = chains.setdefault(chain, {})
        for cell, pupils in decode_new(new):
            cells[cell] = cells.get(cell, 0) + pupils
        for session, cell, pupils in decode_again(again):
            # Two register entries of a chain in one session are one group.
            groups[chain, cell, session] = groups.get((chain, cell, session), 0) + pupils
    for (chain, cell, _), pupils in groups.items():
        chains[chain][cell] = max(pupils, chains[chain].get(cell, 0))
    return chains


def _children(chains: Iterable[Mapping[Class, int]]) -> int:
    """Return the number of children among the pupils reached in chains of one lineage."""
    return sum(children_by_cohort(chains).values())


def children_by_cohort(chains: Iterable[Mapping[Class, int]]) -> dict[int, int]:
    """Return the children among the pupils reached in chains of one lineage, by the year in which they started school.

    For each cohort that is the largest number of any school year.
    """
    cohorts: dict[int, int] = {}
    for of_class, pupils in _together(chains).items():
        cohort = cohort_of(of_class)
        if pupils >= cohorts.get(cohort, 0):
            cohorts[cohort] = pupils
    return cohorts


def _together(chains: Iterable[Mapping[Class, int]]) -> Mapping[Class, int]:
    """Return the pupils of each class, of all chains together."""
    all_chains = list(chains)
    if len(all_chains) == 1:
        return all_chains[0]
    together: defaultdict[Class, int] = defaultdict(int)
    for classes in all_chains:
        for of_class, pupils in classes.items():
            together[of_class] += pupils
    return together


def reached_by_lineage(counted: Iterable[Row]) -> Iterator[tuple[int, Reached]]:
    """Yield each lineage with its pupils reached; `counted` is ordered by lineage."""
    for lineage, rows in groupby(counted, key=itemgetter(0)):
        yield lineage, _reached(rows)
