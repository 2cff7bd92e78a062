"""Arrays of whole numbers (numpy), and what the fold does with them all the time: it puts equal values together."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

type Numbers = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]
type Table = npt.NDArray[np.int32]
"""A row for each class or academic year, a column for each chain."""


def whole_numbers(values: Sequence[int]) -> Numbers:
    """Return the values as an array."""
    return np.array(values, np.int64)


def flags(values: Iterable[bool]) -> Flags:
    """Return the values as an array."""
    return np.fromiter(values, np.bool_)


def groups(*columns: Numbers) -> tuple[Numbers, Numbers]:
    """Return the positions with equal values in all columns as groups, in the order of the columns.

    First where each group has its first member, then the group of each position.
    """
    order = np.lexsort(columns[::-1])
    firsts = changes(*(column[order] for column in columns))
    group = np.empty(len(order), np.int64)
    group[order] = np.repeat(np.arange(len(firsts)), np.diff(firsts, append=len(order)))
    return order[firsts], group


def changes(*columns: Numbers) -> Numbers:
    """Return the positions at which a value in any of the columns is another than before; the first is among them."""
    is_first = np.ones(len(columns[0]), np.bool_)
    is_first[1:] = np.logical_or.reduce([np.diff(column) != 0 for column in columns])
    return np.flatnonzero(is_first)


def numbered[K: Hashable](keys: Iterable[K]) -> tuple[Numbers, list[K]]:
    """Return the number of each key, and the keys in the order of their numbers."""
    numbers: dict[K, int] = {}
    of_keys = whole_numbers([numbers.setdefault(key, len(numbers)) for key in keys])
    return of_keys, list(numbers)


def added_up(values: npt.NDArray[Any], into: Numbers, length: int) -> Numbers:
    """Return sums of the values: each is added where `into` says, of so many sums."""
    return np.bincount(into, values, length).astype(np.int64)
