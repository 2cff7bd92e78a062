"""What was counted in many chains at once, and how many different pupils that can be: at least, about, at most (docs/figures.md).

Numbers are in tables, with a row for each class (or each academic year) and a column for each chain. So a line of Python works
for all chains and classes together (docs/adr/0013-the-fold-works-in-arrays.md).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from schools.reach.arrays import Flags, Numbers, Table, added_up, groups
from schools.reach.headcount_codec import GROUPS, Class, Mark, cohort_of, year_of

UNKNOWN = -1
"""The roll of a class whose exact roll nobody knows."""


@dataclass(frozen=True, slots=True)
class Headcounts:
    """Headcounts of some chains; each array has a value for each of them."""

    column: Numbers
    """The number of the chain, from 0: its column in the tables."""
    entry: Numbers
    """The register entry."""
    session: Numbers
    """0 where it is not told: then somebody counted these new pupils class by class."""
    session_type: Numbers
    of_class: Numbers
    basis: Numbers
    """How they were counted, as Mark says."""
    again: Flags
    """Whether the same pupils sat in an earlier session of the type."""
    pupils: Numbers

    def only(self, chosen: Flags, column: Numbers) -> "Headcounts":
        """Return those that are chosen, each in another column."""
        return replace(
            self,
            column=column,
            entry=self.entry[chosen],
            session=self.session[chosen],
            session_type=self.session_type[chosen],
            of_class=self.of_class[chosen],
            basis=self.basis[chosen],
            again=self.again[chosen],
            pupils=self.pupils[chosen],
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of tables: their rows are all classes of some academic years, one after the other."""

    first: Class
    classes: int
    chains: int

    @classmethod
    def of(cls, headcounts: Headcounts, chains: int) -> "Shape":
        """Return the shape of tables for these headcounts, of which there is at least one."""
        first, last = (year_of(int(of_class)) for of_class in (headcounts.of_class.min(), headcounts.of_class.max()))
        return cls(first * GROUPS, (last - first + 1) * GROUPS, chains)

    def has(self, of_class: Numbers) -> Flags:
        """Return which of the classes have a row."""
        return (of_class >= self.first) & (of_class < self.first + self.classes)

    def at(self, of_class: Numbers, column: Numbers) -> Numbers:
        """Return the positions of classes of chains in a table, counted row by row."""
        return (of_class - self.first) * self.chains + column

    def empty(self) -> Table:
        """Return a table of zeros by class."""
        return np.zeros((self.classes, self.chains), np.int32)

    def empty_by_year(self) -> Table:
        """Return a table of zeros by academic year."""
        return np.zeros((self.classes // GROUPS, self.chains), np.int32)

    def total(self, at: Numbers, numbers: Numbers) -> Table:
        """Return the sum of the numbers at each position."""
        return add_into(self.empty(), at, numbers)

    def largest(self, at: Numbers, numbers: Numbers) -> Table:
        """Return the largest number at each position."""
        return raise_to(self.empty(), at, numbers)


def raise_to(table: Table, at: Numbers, numbers: Numbers) -> Table:
    """Raise the table at these positions to the numbers, and return it."""
    np.maximum.at(table.reshape(-1), at, numbers.astype(np.int32))
    return table


def add_into(table: Table, at: Numbers, numbers: Numbers) -> Table:
    """Add the numbers to the table at these positions, and return it."""
    np.add.at(table.reshape(-1), at, numbers.astype(np.int32))
    return table


def by_year(table: Table) -> Table:
    """Return the sums of the classes of each academic year."""
    sums: Table = table.reshape(-1, GROUPS, table.shape[1]).sum(axis=1, dtype=np.int32)
    return sums


@dataclass(frozen=True, slots=True)
class Range:
    """The different pupils of each chain in sessions of some types."""

    reached: Table
    """About how many, by class."""
    largest: Table
    """At least how many, by class: the largest headcount; never more than `reached`."""
    together: Table
    """The largest total of one session that was spread over the classes, by academic year."""

    def larger(self, other: "Range") -> "Range":
        """Return the larger of each number of both."""
        mine, theirs = ((of.reached, of.largest, of.together) for of in (self, other))
        return Range(*map(np.maximum, mine, theirs))

    def capped(self, rolls: Table) -> "Range":
        """Return the same with no more pupils reached than the cap of their class."""
        reached = np.where(rolls == UNKNOWN, self.reached, np.minimum(self.reached, self.cap(rolls)))
        return Range(reached, self.largest, self.together)

    def cap(self, rolls: Table) -> Table:
        """Return the most pupils that a class can have: its exact roll, or its largest headcount if that is more."""
        return np.maximum(rolls, self.largest)

    def about(self) -> Table:
        """Return about how many pupils by academic year; in none fewer than at least."""
        return np.maximum(by_year(self.reached), self.together)

    def low(self) -> Table:
        """Return at least how many pupils by academic year: largest headcounts, or the largest spread total, if that is more."""
        return np.maximum(by_year(self.largest), self.together)


class Counts:
    """All headcounts of some chains, each in one place or in all."""

    def __init__(self, headcounts: Headcounts, shape: Shape, *, has_low: bool = True) -> None:
        """Without `has_low` nothing is known of *at least*, as in the first definitions."""
        self._counts, self._shape, self._has_low = headcounts, shape, has_low
        self._at = shape.at(headcounts.of_class, headcounts.column)
        self._has_number = headcounts.basis <= Mark.SCHOOL

    def is_of(self, session_types: Collection[int]) -> Flags:
        """Return which headcounts are of sessions of these types."""
        return np.isin(self._counts.session_type, list(session_types))

    def attendances(self) -> Numbers:
        """Return all pupils of all headcounts, by chain."""
        return self._pupils(self._has_number)

    def estimated(self) -> Numbers:
        """Return those of them whom nobody counted class by class."""
        return self._pupils(self._has_number & (self._counts.basis != Mark.COUNTED))

    def _pupils(self, chosen: Flags) -> Numbers:
        return added_up(self._counts.pupils[chosen], self._counts.column[chosen], self._shape.chains)

    def is_counted(self) -> Flags:
        """Return which chains have any headcount with a number, be it 0."""
        return self._chains(self._has_number)

    def was_held(self, chosen: Flags) -> Flags:
        """Return which chains have any of the chosen headcounts, counted or blank, of a session that took place."""
        return self._chains(chosen & (self._counts.basis != Mark.UNREPORTED))

    def _chains(self, chosen: Flags) -> Flags:
        return added_up(chosen[chosen], self._counts.column[chosen], self._shape.chains) > 0

    def held(self) -> Table:
        """Return the number of headcounts by class, counted or blank, of sessions that took place."""
        at = self._at[self._counts.basis != Mark.UNREPORTED]
        return self._shape.total(at, np.ones_like(at))

    def uncounted(self) -> Flags:
        """Return in which classes somebody may have been whom nobody counted."""
        at = self._at[~self._has_number]
        return self._shape.total(at, np.ones_like(at)) > 0

    def everybody(self) -> Table:
        """Return all pupils of all headcounts by class, as if nobody had come twice."""
        return self._shape.total(self._at[self._has_number], self._counts.pupils[self._has_number])

    def range_of(self, chosen: Flags) -> Range:
        """Return the different pupils of the chosen headcounts, without regard to rolls."""
        counts, numbers = self._counts, chosen & self._has_number
        reached = self._shape.empty()
        new = numbers & ~counts.again
        for session_type in np.unique(counts.session_type[new]):
            of_type = new & (counts.session_type == session_type)
            np.maximum(reached, self._shape.total(self._at[of_type], counts.pupils[of_type]), out=reached)
        raise_to(reached, *self._groups_again(numbers & counts.again))
        if not self._has_low:
            return Range(reached, self._shape.empty(), self._shape.empty_by_year())
        by_class = numbers & (counts.basis == Mark.COUNTED)
        largest = self._shape.largest(self._at[by_class], counts.pupils[by_class])
        return Range(reached, largest, self._together(numbers & (counts.basis == Mark.SPREAD)))

    def _groups_again(self, again: Flags) -> tuple[Numbers, Numbers]:
        """Return position and pupils of each group that came again; two register entries in one session are one group."""
        counts, at = self._counts, self._at[again]
        first, group = groups(at, counts.session_type[again], counts.session[again])
        return at[first], added_up(counts.pupils[again], group, len(first))

    def _together(self, spread: Flags) -> Table:
        """Return the largest total of a register entry in a session that was spread, by academic year."""
        counts, column, of_class = self._counts, self._counts.column[spread], self._counts.of_class[spread]
        first, group = groups(column, counts.entry[spread], counts.session[spread])
        years = (of_class - self._shape.first) // GROUPS
        totals = added_up(counts.pupils[spread], group, len(first))
        return raise_to(self._shape.empty_by_year(), (years * self._shape.chains + column)[first], totals)


def ranges(counts: Counts, by_screen: Flags, rolls: Table) -> tuple[Range, Range, Range]:
    """Return the different pupils in sessions of all types, of those in person, and of those online: by screen."""
    parts = counts.range_of(~by_screen), counts.range_of(by_screen)
    whole, in_person, online_alone = (part.capped(rolls) for part in (parts[0].larger(parts[1]), *parts))
    return whole, in_person, online_alone


def high(counts: Counts, whole: Range, rolls: Table) -> tuple[Numbers, Flags]:
    """Return at most how many different pupils there were in each chain, and whether that is open: there may be more.

    `whole` is the range of all types. Open is what nobody counted in a class whose roll is not known.
    """
    everybody, uncounted, is_unknown = counts.everybody(), counts.uncounted(), rolls == UNKNOWN
    cap = whole.cap(rolls)
    most = np.where(is_unknown, everybody, np.where(uncounted, cap, np.minimum(everybody, cap)))
    by_chain: Numbers = np.maximum(by_year(most), whole.about()).sum(axis=0)
    is_open: Flags = (uncounted & is_unknown).any(axis=0)
    return by_chain, is_open


def children(reached: Table, first: Class, firsts: Numbers) -> Numbers:
    """Return the number of children among the pupils reached in each lineage, for each cohort the largest number of any year.

    The chains of one lineage stand side by side, from the columns `firsts` on; `first` is the class of the first row.
    """
    together = reached if len(firsts) == reached.shape[1] else np.add.reduceat(reached, firsts, axis=1)
    cohorts: dict[int, Table] = {}
    for of_class, pupils in enumerate(together, first):
        cohort = cohort_of(of_class)
        cohorts[cohort] = np.maximum(cohorts[cohort], pupils) if cohort in cohorts else pupils
    sums: Numbers = np.sum(list(cohorts.values()), axis=0, dtype=np.int64)
    return sums
