"""Which sums of session types tell of few schools once areas are subtracted from them (docs/figures.md, “Fewer than five”)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schools.reach.arrays import Numbers, whole_numbers

TIMES = (0, 1, -1, 2, -2)
"""So often a sum takes a type. Each of these for each type is very many sums: more of them would keep a page waiting."""

type HadTypes = tuple[bool, ...]
"""Of each type whether a school had it."""
type Sums = npt.NDArray[np.int8]
"""A row for each sum, with how often it takes each type."""


@dataclass(frozen=True)
class _Area:
    """The schools of an area. Those that had the same types are a row."""

    types: npt.NDArray[np.int8]
    """A column for each type: 1 where they had it."""
    schools: Numbers
    """How many they are."""

    def with_first(self, number: int) -> "_Area":
        """Return the same with those schools alone that had none but so many of the first types."""
        those = ~self.types[:, number:].any(axis=1)
        return _Area(self.types[those, :number], self.schools[those])

    def left_of(self, sums: Sums, enough: int) -> Numbers:
        """Return how many schools of the area each sum counts more or less often than most; `enough` or more is any that is."""
        counted = self.types @ sums.T
        # Where fewer than enough are left, one of the first so many schools is counted as often as most are.
        first = counted[: np.searchsorted(np.cumsum(self.schools), enough) + 1]
        left: Numbers = np.min([self.schools @ (counted != often) for often in first], axis=0)
        return left


def first_that_tells(areas: Sequence[Mapping[HadTypes, int]], enough: int) -> int | None:
    """Return the first type of a sum that tells of fewer schools than `enough`, but of some; None where no sum does.

    `areas` say of each area how many of its schools had the same types. A sum counts each school as often as it takes the types
    that the school had. Each area is subtracted from it as often as leaves the fewest schools.
    """
    rows = [_in_arrays(area) for area in areas]
    rows.sort(key=lambda area: -area.schools.sum())
    number_of_types = rows[0].types.shape[1] if rows else 0
    sums, left = np.zeros((1, 0), np.int8), whole_numbers([0])
    for number in range(1, number_of_types + 1):
        # Schools that had none but these types are counted so, whatever a sum takes of the others: where they are enough, none of
        # these sums is looked at any further.
        sums, left = _of_few(_with_one_more(sums), [area.with_first(number) for area in rows], enough)
    telling = sums[left > 0]
    return int(np.flatnonzero(telling[0])[0]) if len(telling) else None


def _in_arrays(area: Mapping[HadTypes, int]) -> _Area:
    """Return the area, what most of its schools had first."""
    most_first = sorted(area.items(), key=lambda row: -row[1])
    return _Area(np.array([types for types, _ in most_first], np.int8), whole_numbers([schools for _, schools in most_first]))


def _with_one_more(sums: Sums) -> Sums:
    """Return each sum with each way of taking the next type; with all signs turned it tells the same and is left out."""
    before, last = np.repeat(sums, len(TIMES), axis=0), np.tile(np.array(TIMES, np.int8), len(sums))
    is_turned = (last < 0) & ~before.any(axis=1)
    more: Sums = np.column_stack([before, last])[~is_turned]
    return more


def _of_few(sums: Sums, areas: Sequence[_Area], enough: int) -> tuple[Sums, Numbers]:
    """Return the sums that leave fewer schools than `enough`, and how many each leaves."""
    left = np.zeros(len(sums), np.int64)
    for area in areas:
        if len(area.schools) > 1:  # schools that had the same types are counted equally often
            left += area.left_of(sums, enough)
            is_of_few = left < enough
            sums, left = sums[is_of_few], left[is_of_few]
    return sums, left
