"""Encodes a headcount as one whole number, and decodes a school's headcounts from one text of such numbers.

The database puts the text together, because a row for every headcount takes longer to hand over and to count
(docs/adr/0010-headcounts-come-as-one-text.md). `encode` takes numbers or database expressions, so that the format is defined only
once. A number is read with `divmod(number, ROOM)`: the cell, and what was counted in it; `divmod` by MARKED takes that apart into
its mark and its pupils. New pupils whom somebody counted class by class, nearly all of them, have no mark: they are the pupils.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any

import numpy as np

from schools.reach.arrays import Numbers, whole_numbers

type Class = int
"""A year group in an academic year."""

MARKED = 1 << 10
"""A number that is larger than any headcount."""


class Mark(IntEnum):
    """What a headcount is, besides a number of pupils."""

    COUNTED = 0
    SPREAD = 1
    """Part of one total of the school that was spread over its year groups, all of which are asked for."""
    SCHOOL = 2
    """The school's own number, or another of which nobody knows how many at least came: a share of a total that covers more."""
    BLANK = 3
    """The session took place, and nobody counted."""
    UNREPORTED = 4
    """The session is over, and nobody said how it went."""
    AGAIN = 8
    """Added to one of the others: the same pupils sat in an earlier session of the type."""


ROOM = MARKED << 4
GROUPS = 1 << 3
"""Room for year groups in a class."""
CLASSES = GROUPS << 14
"""Room for years of four digits. A cell is read with `divmod(cell, CLASSES)`: the session type and the class."""

_RANKS = 1 << 2
RANKED = MARKED * _RANKS
"""A number that is larger than the rank and number of any roll."""


def encode(session_type: Any, academic_year: Any, year_group: Any, mark: Any, pupils: Any) -> Any:
    """Return a headcount as one number, made from numbers or from expressions."""
    return (session_type * CLASSES + academic_year * GROUPS + year_group) * ROOM + mark * MARKED + pupils


def numbers_in(text: str | None) -> Iterator[int]:
    """Return the numbers in a text of numbers separated by commas; None holds none."""
    return map(int, text.split(",")) if text else iter(())


def all_numbers_in(texts: Sequence[str | None]) -> tuple[Numbers, Numbers]:
    """Return the numbers in all these texts, one after the other, and for each the position of its text."""
    written = [(position, text) for position, text in enumerate(texts) if text]
    numbers = np.fromstring(",".join([text for _, text in written]), np.int64, sep=",")
    positions = whole_numbers([position for position, _ in written])
    return numbers, np.repeat(positions, [text.count(",") + 1 for _, text in written])


def headcount_in(numbers: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return of each headcount its session type, its class, its mark and its pupils."""
    cells, marked = np.divmod(numbers, ROOM)
    return *np.divmod(cells, CLASSES), *np.divmod(marked, MARKED)


def by_session(text: str | None) -> Iterator[tuple[int, int]]:
    """Return session and number of each headcount in a text in which the id of its session precedes each number."""
    numbers = numbers_in(text)
    return zip(numbers, numbers, strict=True)


def year_of(of_class: Class) -> int:
    """Return the academic year of a class."""
    return of_class // GROUPS


def year_and_group(of_class: Class) -> tuple[int, int]:
    """Return the academic year of a class, and its year group."""
    return divmod(of_class, GROUPS)


def cohort_of(of_class: Class) -> int:
    """Return the year in which the children of a class started school: Year 5 of 2024/25 is Year 6 of 2025/26."""
    return of_class // GROUPS - of_class % GROUPS


def encode_roll(academic_year: Any, year_group: Any, rank: Any, pupils: Any) -> Any:
    """Return a roll as one number; of several numbers of a class the one of the highest rank is the largest."""
    return (academic_year * GROUPS + year_group) * RANKED + rank * MARKED + pupils


def all_rolls_in(texts: Sequence[str]) -> tuple[Numbers, Numbers, Numbers]:
    """Return the class of each roll in all these texts, its rank and number, and the position of its text.

    Of several rolls of a class the one with the largest `rank and number` counts; `number % MARKED` are its pupils.
    """
    numbers, positions = all_numbers_in(texts)
    return *np.divmod(numbers, RANKED), positions


def decode_rolls(text: str | None) -> dict[Class, int]:
    """Return the roll of each class: of the highest rank, and of several of that rank the larger."""
    return {number // RANKED: number % MARKED for number in sorted(numbers_in(text))}
