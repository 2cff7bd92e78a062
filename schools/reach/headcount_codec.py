"""Encodes a headcount as one whole number, and decodes a school's headcounts from one text of such numbers.

The database puts the text together, because a row for every headcount takes longer to hand over and to count
(docs/adr/0010-headcounts-come-as-one-text.md). `encode` takes numbers or database expressions, so that the format is defined only
once.
"""

from collections.abc import Iterator
from typing import Any

type Class = int
"""A year group in an academic year."""

type Cell = int
"""A class in the sessions of one type."""

_PUPILS = 1 << 10
"""A number that is larger than any headcount."""
_GROUPS = 1 << 3
_CLASSES = _GROUPS << 14
"""Room for years of four digits."""


def encode(session_type: Any, academic_year: Any, year_group: Any, pupils: Any) -> Any:
    """Return a headcount as one number, made from numbers or from expressions."""
    return (session_type * _CLASSES + academic_year * _GROUPS + year_group) * _PUPILS + pupils


def decode_new(text: str | None) -> Iterator[tuple[Cell, int]]:
    """Return cell and pupils of each headcount in a text of numbers separated by commas; None holds none."""
    return (divmod(number, _PUPILS) for number in _numbers(text))


def decode_again(text: str | None) -> Iterator[tuple[int, Cell, int]]:
    """Return session, cell and pupils of each headcount in a text in which the id of its session precedes each number."""
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
    """Return the year in which the children of a class started school: Year 5 of 2024/25 is Year 6 of 2025/26."""
    return of_class // _GROUPS - of_class % _GROUPS
