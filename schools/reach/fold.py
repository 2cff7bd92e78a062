"""The figures of pupils, each defined once (docs/figures.md): plain values in, plain values out, many lineages at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import numpy as np

from schools.reach.arrays import Numbers, added_up
from schools.reach.batch import Batch
from schools.reach.exact_rolls import ExactRolls
from schools.reach.fold_rows import Known, Row
from schools.reach.headcount_codec import Class, cohort_of
from schools.reach.parts import Parts, parts_of

type ByClass = dict[Class, int]

type Reached = dict[int, ByClass]
"""The pupils reached in one lineage, by chain and by class. A pupil counts once in a class."""

type Standing = Callable[[int, Hashable], Collection[Hashable]]
"""Returns the places in which the schools of a chain stand, of a kind; None: of all kinds together."""

MOST_CHARACTERS = 800_000
"""About how long the texts are that are folded together: more takes more memory, much less takes longer."""
CHARACTERS_OF_A_ROW = 40
"""As long a text takes about as much memory as a chain in the tables."""


@dataclass(slots=True)
class Figures:
    """What was reached in one place. `schools_…` are chains."""

    attendances: int = 0
    attendances_estimated: int = 0
    pupils_reached: int = 0
    pupils_reached_low: int = 0
    pupils_reached_high: int = 0
    high_is_open: bool = False
    """Whether more than `pupils_reached_high` is possible: nobody counted where no roll is known."""
    has_rolls: bool = False
    """Whether the exact roll of any chain is known."""
    pupils_in_person: int = 0
    pupils_online: int = 0
    children_reached: int = 0
    low_by_class: defaultdict[Class, int] = field(default_factory=lambda: defaultdict(int))
    """At least how many pupils, by class; children_reached_low is made from the whole place's."""
    schools_in_person: set[int] = field(default_factory=set)
    """Chains that had a session in person."""
    schools_online: set[int] = field(default_factory=set)
    schools_uncounted: set[int] = field(default_factory=set)
    """Chains in whose sessions, through any channel, nobody counted."""

    @property
    def children_reached_low(self) -> int:
        """At least how many children: of each cohort the largest number of any school year, over the whole place."""
        return sum(_by_cohort(self.low_by_class).values())

    def add(self, other: "Figures") -> None:
        """Add the figures of another lineage."""
        self.attendances += other.attendances
        self.attendances_estimated += other.attendances_estimated
        self.pupils_reached += other.pupils_reached
        self.add_low(other.low_by_class, other.pupils_reached_low)
        self.pupils_reached_high += other.pupils_reached_high
        self.high_is_open |= other.high_is_open
        self.has_rolls |= other.has_rolls
        self.pupils_in_person += other.pupils_in_person
        self.pupils_online += other.pupils_online
        self.children_reached += other.children_reached
        self.schools_in_person |= other.schools_in_person
        self.schools_online |= other.schools_online
        self.schools_uncounted |= other.schools_uncounted

    def add_low(self, classes: ByClass, pupils: int) -> None:
        """Add at least how many pupils of each class there were, and in all: that may be more, by totals that were spread."""
        self.pupils_reached_low += pupils
        low = self.low_by_class
        for of_class, of_these in classes.items():
            low[of_class] += of_these


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
    known: Known,
    *,
    standing: Standing | None = None,
    kinds: bool = False,
    outside: Callable[[Hashable], bool] | None = None,
) -> Folded:
    """Return the figures of each place and, counted afresh, of all places together.

    `counted` is ordered by lineage, in any order within a lineage. `standing` says in which places the schools of a chain stand:
    children reached in these schools are counted wherever they were reached. With `kinds`, a row ends with a pair of place and
    kind. Keys that are `outside` are no part of the total.

    Lineages add to the total independently of one another. So only some are held at a time, and only a lineage that is in more
    than one place is folded a second time for the total.
    """
    folded = Folded(defaultdict(Figures), Figures(), defaultdict(int), 0)
    rolls = ExactRolls(known.rolls)

    def add(rows: list[Row]) -> None:
        """Fold a batch; in a function, so that its tables are let go of before those of the next are made."""
        parts = parts_of(rows, outside=outside, whole=bool(standing), kinds=kinds and bool(standing))
        batch = Batch(parts, known, rolls)
        _add(folded, batch)
        if standing:
            _add_to_schools(folded, batch, standing, kinds=kinds)

    for rows in _batches(counted):
        add(rows)
    return folded


def _batches(counted: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows in batches, all of a lineage in the same."""
    batch: list[Row] = []
    length, lineage = 0, None
    for row in counted:
        if length > MOST_CHARACTERS and row[0] != lineage:
            yield batch
            batch, length = [], 0
        batch.append(row)
        length += len(row[3] or "") + len(row[4] or "") + CHARACTERS_OF_A_ROW
        lineage = row[0]
    if batch:
        yield batch


def _add(folded: Folded, batch: Batch) -> None:
    """Add what was reached to the figures of each place and of the total."""
    parts, places = batch.parts, batch.parts.places
    at_places, in_total = parts.at_places(), parts.in_total()
    columns = np.concatenate((at_places, in_total))
    into = np.concatenate((parts.key[at_places], np.full_like(in_total, len(places))))
    made = [Figures() for _ in range(len(places) + 1)]
    _add_numbers(made, batch, columns, into)
    _add_schools(made, batch, columns, into)
    *of_places, of_total = made
    for place, figures in zip(places, of_places, strict=True):
        folded.places[place].add(figures)
    folded.total.add(of_total)


def _add_numbers(made: list[Figures], batch: Batch, columns: Numbers, into: Numbers) -> None:
    """Add the numbers of each column to those figures among `made` of which `into` is the position."""
    for name, numbers in batch.numbers().items():
        for figures, number in zip(made, added_up(numbers[columns], into, len(made)).tolist(), strict=True):
            setattr(figures, name, number)
    for of_class, pupils in batch.low_by_class():
        sums = added_up(pupils[columns], into, len(made))
        for position in np.flatnonzero(sums).tolist():
            made[position].low_by_class[of_class] = int(sums[position])


def _add_schools(made: list[Figures], batch: Batch, columns: Numbers, into: Numbers) -> None:
    """Add the schools among the columns to the figures, and what is so of figures because it is so of any of their schools."""
    for name, is_so in batch.flags().items():
        for position in np.unique(into[is_so[columns]]).tolist():
            setattr(made[position], name, True)
    for name, is_so in batch.schools().items():
        ours = is_so[columns]
        for position, chain in zip(into[ours].tolist(), batch.parts.chain[columns[ours]].tolist(), strict=True):
            getattr(made[position], name).add(chain)


def _add_to_schools(
    folded: Folded,
    batch: Batch,
    standing: Standing,
    *,
    kinds: bool,
) -> None:
    """Add the children whom the lineages' sessions reached in schools that stand somewhere; with `kinds`, kind by kind."""
    parts = batch.parts
    whole = [(column, standing(chain, None)) for column, chain in _with_chains(parts, parts.whole())]
    for _, children in batch.children([(column, None) for column, places in whole if places]):
        folded.in_schools_total += children
    by_kind = whole
    if kinds:
        by_kind = [(column, standing(chain, parts.kind(column))) for column, chain in _with_chains(parts, parts.by_kind())]
    at_places = [(column, (place, parts.kind(column))) for column, places in by_kind for place in places]
    for key, children in batch.children(at_places):
        folded.in_schools[key] += children


def _with_chains(parts: Parts, columns: Numbers) -> Iterable[tuple[int, int]]:
    """Return columns, each with its chain."""
    return zip(columns.tolist(), parts.chain[columns].tolist(), strict=True)


def children_by_cohort(chains: Iterable[ByClass]) -> dict[int, int]:
    """Return the children among the pupils reached in chains of one lineage, by the year in which they started school.

    For each cohort that is the largest number of any school year.
    """
    together: defaultdict[Class, int] = defaultdict(int)
    for classes in chains:
        for of_class, pupils in classes.items():
            together[of_class] += pupils
    return _by_cohort(together)


def _by_cohort(classes: ByClass) -> dict[int, int]:
    cohorts: dict[int, int] = {}
    for of_class, pupils in classes.items():
        cohort = cohort_of(of_class)
        cohorts[cohort] = max(pupils, cohorts.get(cohort, 0))
    return cohorts


def reached_by_lineage(counted: Iterable[Row], known: Known) -> Iterator[tuple[int, Reached]]:
    """Yield each lineage with its pupils reached; `counted` is ordered by lineage."""
    rolls = ExactRolls(known.rolls)
    for rows in _batches(counted):
        in_one_place: list[Row] = [
            (lineage, chain, entry, alone, grouped, None) for lineage, chain, entry, alone, grouped, _ in rows
        ]
        batch = Batch(parts_of(in_one_place, outside=None, whole=False, kinds=False), known, rolls)
        for lineage, chains in groupby(batch.reached_by_chain(), key=itemgetter(0)):
            yield lineage, {chain: classes for _, chain, classes in chains}
