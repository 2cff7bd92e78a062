"""Exact rolls of all chains, as tables for the fold."""

from collections.abc import Iterable

import numpy as np

from schools.reach.arrays import Flags, Numbers, Table, whole_numbers
from schools.reach.chains import UNKNOWN, Shape
from schools.reach.fold_rows import RollRow
from schools.reach.headcount_codec import MARKED, all_rolls_in


class ExactRolls:
    """Exact rolls by chain and class: of several of a class the one of the highest rank, and of that rank the larger."""

    def __init__(self, rows: Iterable[RollRow]) -> None:
        """Read the rolls; each chain has one row."""
        rows = sorted(rows, key=lambda row: row[1])
        self._chains = whole_numbers([chain for _, chain, _ in rows])
        self._classes, self._numbers, positions = all_rolls_in([text for _, _, text in rows])
        self._starts, self._ends = (np.searchsorted(positions, np.arange(len(rows)), side) for side in ("left", "right"))

    def of(self, chains: Numbers, shape: Shape) -> tuple[Table, Flags]:
        """Return the pupils on roll by class and chain, UNKNOWN where no exact roll is; and which chains have any."""
        is_known = np.isin(chains, self._chains)
        known = np.flatnonzero(is_known)
        rows = np.searchsorted(self._chains, chains[known])
        starts, lengths = self._starts[rows], (self._ends - self._starts)[rows]
        rolls = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        of_class, columns = self._classes[rolls], np.repeat(known, lengths)
        inside = shape.has(of_class)
        best = shape.largest(shape.at(of_class, columns)[inside], self._numbers[rolls][inside] + 1) - 1
        return np.where(best == UNKNOWN, UNKNOWN, best % MARKED), is_known
