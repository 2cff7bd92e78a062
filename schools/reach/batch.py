"""What the figures add up of many lineages: the numbers of each chain of their parts."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from schools.reach.arrays import Flags, Numbers, Table, changes, groups, numbered, whole_numbers
from schools.reach.chains import Counts, Shape, by_year, children, high, ranges
from schools.reach.exact_rolls import ExactRolls
from schools.reach.fold_rows import Known
from schools.reach.headcount_codec import Class
from schools.reach.parts import Parts
from schools.reach.rows import FIRST_DEFINITIONS


class Batch:
    """Parts of many lineages, with the three numbers of each of their chains."""

    def __init__(self, parts: Parts, known: Known, rolls: ExactRolls) -> None:
        """Count everything."""
        self.parts = parts
        self._stretches = known.stretches
        self._shape = Shape.of(parts.headcounts, len(parts.chain))
        self._counts = Counts(parts.headcounts, self._shape, has_low=known.definitions != FIRST_DEFINITIONS)
        of_chains, self._has_rolls = rolls.of(parts.chain, self._shape)
        self._by_screen = self._counts.is_of(known.online)
        self._whole, self._in_person, self._online = ranges(self._counts, self._by_screen, of_chains)
        self._high, self._is_open = high(self._counts, self._whole, of_chains)
        self._low, self._low_by_class = self._at_least()

    def numbers(self) -> dict[str, Numbers]:
        """Return what each column adds to a figure, by the figure's name; what a part adds as a whole stands in its first."""
        firsts = self.parts.firsts
        of_parts = np.zeros(self._shape.chains, np.int64)
        of_parts[firsts] = children(self._whole.reached, self._shape.first, firsts)
        return {
            "attendances": self._counts.attendances(),
            "attendances_estimated": self._counts.estimated(),
            "pupils_reached": self._whole.about().sum(axis=0),
            "pupils_reached_low": self._low,
            "pupils_reached_high": self._high,
            "pupils_in_person": self._in_person.about().sum(axis=0),
            "pupils_online": self._online.about().sum(axis=0),
            "children_reached": of_parts,
        }

    def flags(self) -> dict[str, Flags]:
        """Return what is so of a place where it is so of any of its columns, by name."""
        return {"high_is_open": self._is_open, "has_rolls": self._has_rolls}

    def schools(self) -> dict[str, Flags]:
        """Return whether each column's chain is one of the schools of a figure, by the figure's name."""
        in_person, online = self._counts.was_held(~self._by_screen), self._counts.was_held(self._by_screen)
        uncounted = (in_person | online) & ~self._counts.is_counted()
        return {"schools_in_person": in_person, "schools_online": online, "schools_uncounted": uncounted}

    def low_by_class(self) -> Iterator[tuple[Class, Table]]:
        """Yield each class with at least how many of its pupils each column has."""
        yield from enumerate(self._low_by_class, self._shape.first)

    def _at_least(self) -> tuple[Numbers, Table]:
        """Return at least how many pupils each column has, and by class; those of a lineage with stretches stand in its first."""
        low, by_class = self._whole.low().sum(axis=0), self._whole.largest
        cut = np.isin(self.parts.lineage, list(self._stretches.lineages))
        if not cut.any():
            return low, by_class
        firsts, years, classes = self._by_stretches(cut)
        low, by_class = np.where(cut, 0, low), np.where(cut, 0, by_class)
        low[firsts], by_class[:, firsts] = years.sum(axis=0), classes
        return low, by_class

    def _by_stretches(self, cut: Flags) -> tuple[Numbers, Table, Table]:
        """Return first columns of parts with stretches, and at least how many pupils these have, by academic year and by class.

        Of each year, and of each class, the stretch with most counts. Nobody is in two year groups in one academic year, so the
        classes of different stretches may be added up.
        """
        parts, counts = self.parts, self.parts.headcounts
        chosen = cut[counts.column]
        column = counts.column[chosen]
        of_sessions = zip(
            parts.lineage[column].tolist(), parts.chain[column].tolist(), counts.session[chosen].tolist(), strict=True
        )
        stretch, _ = numbered(self._stretches.of(*of_session) for of_session in of_sessions)
        first, own = groups(parts.part[column], stretch, column)
        part, stretch = parts.part[column[first]], stretch[first]
        shape = Shape(self._shape.first, self._shape.classes, len(first))
        in_stretches = Counts(counts.only(chosen, own), shape)
        of_chains = in_stretches.range_of(np.ones(len(own), np.bool_))
        at = changes(part, stretch)
        most = changes(part[at])
        years, classes = (
            np.maximum.reduceat(np.add.reduceat(table, at, axis=1), most, axis=1)
            for table in (of_chains.low(), of_chains.largest)
        )
        return parts.firsts[part[at][most]], np.maximum(years, by_year(classes)), classes

    def children[K: Hashable](self, chosen: Sequence[tuple[int, K]]) -> Iterator[tuple[K, int]]:
        """Yield the number of children in the chosen columns of one part with the same key, each with that key."""
        if not chosen:
            return
        columns = whole_numbers([column for column, _ in chosen])
        number, keys = numbered(key for _, key in chosen)
        part = self.parts.part[columns]
        order = np.lexsort((number, part))
        firsts = changes(part[order], number[order])
        sums = children(self._whole.reached[:, columns[order]], self._shape.first, firsts)
        for key, of_key in zip(number[order][firsts].tolist(), sums.tolist(), strict=True):
            yield keys[key], of_key

    def reached_by_chain(self) -> Iterator[tuple[int, int, dict[Class, int]]]:
        """Yield lineage and chain of each column with its pupils reached, by every class that was to be there."""
        columns, classes = np.nonzero(self._counts.held().T)
        pupils = self._whole.reached[classes, columns].tolist()
        ends = np.searchsorted(columns, np.arange(self._shape.chains), "right").tolist()
        own = list(zip((classes + self._shape.first).tolist(), pupils, strict=True))
        start = 0
        for lineage, chain, end in zip(self.parts.lineage.tolist(), self.parts.chain.tolist(), ends, strict=True):
            yield lineage, chain, dict(own[start:end])
            start = end
