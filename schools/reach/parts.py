"""The parts of lineages that are folded, each by itself: what was counted of a lineage in one place, or in several together."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from schools.reach.arrays import Flags, Numbers, changes, groups, numbered, whole_numbers
from schools.reach.chains import Headcounts
from schools.reach.fold_rows import Row
from schools.reach.headcount_codec import Mark, all_numbers_in, headcount_in

TOTAL = -1
"""The key of the part of a lineage in several places for the total: all of them that are not outside."""
WHOLE = -2
"""The key of the part of a lineage in several places that has everything."""
KINDS = -3
"""The key of the part of a lineage that has everything of the first kind; those of the other kinds are below."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of some lineages. Each chain of a part is a column in the tables; those of a part stand side by side."""

    places: list[Hashable]
    kinds: list[Hashable]
    lineage: Numbers
    """The lineage of each column."""
    key: Numbers
    """Which part of the lineage a column belongs to: the number of its place, or one of the keys below 0."""
    chain: Numbers
    """The chain of each column."""
    is_alone: Flags
    """Whether all that was counted in the column's lineage was counted in one place."""
    is_outside: Flags
    """Whether each place is no part of the total."""
    headcounts: Headcounts

    @property
    def part(self) -> Numbers:
        """The number of the part to which each column belongs."""
        return np.cumsum(np.isin(np.arange(len(self.chain)), self.firsts)) - 1

    @property
    def firsts(self) -> Numbers:
        """The first column of each part."""
        return changes(self.lineage, self.key)

    def at_places(self) -> Numbers:
        """Return the columns that are counted in their place."""
        return np.flatnonzero(self.key >= 0)

    def in_total(self) -> Numbers:
        """Return the columns that are counted in the total."""
        at_places = self.at_places()
        alone = self.is_alone[at_places] & ~self.is_outside[self.key[at_places]]
        return np.concatenate((at_places[alone], np.flatnonzero(self.key == TOTAL)))

    def whole(self) -> Numbers:
        """Return the columns that have everything of their lineages."""
        return np.flatnonzero((self.key == WHOLE) | (self.is_alone & (self.key >= 0)))

    def by_kind(self) -> Numbers:
        """Return the columns that have everything of one kind."""
        return np.flatnonzero(self.key <= KINDS)

    def kind(self, column: int) -> Hashable:
        """Return the kind of a column of one kind; None of another."""
        key = int(self.key[column])
        return self.kinds[KINDS - key] if key <= KINDS else None


def parts_of(rows: Sequence[Row], *, outside: Callable[[Hashable], bool] | None, whole: bool, kinds: bool) -> Parts:
    """Return the parts of the lineages that have these rows, which are ordered by lineage.

    With `whole` also those that have everything of a lineage, with `kinds` everything of each kind.
    """
    lineages, chains, entries, alone, grouped, keys = zip(*rows, strict=True)
    lineage, chain = whole_numbers(lineages), whole_numbers(chains)
    place, places = numbered(keys)
    is_outside = np.array([outside is not None and outside(key) for key in places], np.bool_)
    firsts = changes(lineage)
    is_alone = np.maximum.reduceat(place, firsts) == np.minimum.reduceat(place, firsts)
    is_alone = np.repeat(is_alone, np.diff(firsts, append=len(rows)))
    everything, several = np.arange(len(rows)), np.flatnonzero(~is_alone)
    inside = several[~is_outside[place[several]]]
    members = [(everything, place), (inside, np.full_like(inside, TOTAL))]
    if whole:
        members.append((several, np.full_like(several, WHOLE)))
    names: list[Hashable] = []
    if kinds:
        kind, names = numbered([key[1] for key in places])  # a pair where there are kinds
        members.append((everything, KINDS - kind[place]))
    row, key = (np.concatenate(of_members) for of_members in zip(*members, strict=True))
    columns, column = groups(lineage[row], key, chain[row])
    texts = [(alone[at], grouped[at]) for at in row.tolist()]
    first = row[columns]
    headcounts = _headcounts(texts, column, whole_numbers(entries)[row])
    return Parts(places, names, lineage[first], key[columns], chain[first], is_alone[first], is_outside, headcounts)


def _headcounts(texts: Sequence[tuple[str | None, str | None]], column: Numbers, entry: Numbers) -> Headcounts:
    """Return the headcounts in texts of rows, each with its row's column and register entry."""
    alone, of_alone = all_numbers_in([text for text, _ in texts])
    pairs, of_pairs = all_numbers_in([text for _, text in texts])
    row = np.concatenate((of_alone, of_pairs[1::2]))
    session = np.concatenate((np.zeros_like(alone), pairs[::2]))
    session_type, of_class, mark, pupils = headcount_in(np.concatenate((alone, pairs[1::2])))
    again, basis = np.divmod(mark, Mark.AGAIN)
    return Headcounts(column[row], entry[row], session, session_type, of_class, basis, again > 0, pupils)
