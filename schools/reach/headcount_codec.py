"""The codec of headcounts: one as a whole number, all of a school as one text of such numbers.

The database puts the text together. To hand over a row for every headcount takes longer, and we then count longer
(docs/adr/0010-headcounts-come-as-one-text.md). `encode` takes numbers or the database's expressions, so that what the other
functions decode is defined once.
"""

from collections.abc import Iterator
from typing import Any

type Class = int
"""A year group in an academic year."""

type Cell = int
"""A class in the sessions of one type."""

_PUPILS = 1 << 10
"""More than a headcount can have."""
_GROUPS = 1 << 3
_CLASSES = _GROUPS << 14
"""Of the years of four digits."""


def encode(session_type: Any, academic_year: Any, year_group: Any, pupils: Any) -> Any:
    """Return a headcount as one number, from numbers or from expressions."""
    return (session_type * _CLASSES + academic_year * _GROUPS + year_group) * _PUPILS + pupils


def decode_new(text: str | None) -> Iterator[tuple[Cell, int]]:
    """Return cell and pupils of each headcount in a text of numbers with commas between; None holds none."""
    return (divmod(number, _PUPILS) for number in _numbers(text))


def decode_again(text: str | None) -> Iterator[tuple[int, Cell, int]]:
    """Return session, cell and pupils of each headcount in a text in which each number follows its session's id."""
    numbers = _numbers(text)
    return ((session, *divmod(number, _PUPILS)) for session, number in zip(numbers, numbers, strict=True))


def _numbers(text: str | None) -> Iterator[int]:
    return map(int, text.split(",")) if text else iter(())


def type_and_class(cell: Cell) -> tuple[int, Class]:
    """Return the session type of a cell, and its class."""
    return divmod(cell, _CLASSES)


def year_and_group(of_class: Class) -> tuple[int, int]:
    """Return the academic year of a class, and its year group."""
    return divmod(of_class, _GROUPS)


def cohort_of(of_class: Class) -> int:
    """Return the starting year of the children in a class: the Year 5 pupil of 2024/25 is the Year 6 pupil of 2025/26."""
    return of_class // _GROUPS - of_class % _GROUPS
