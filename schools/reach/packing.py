"""A headcount as one whole number, and those of a school as one text.

The database strings together what it counted in a school: to hand over a row for every headcount takes it longer than to find
them, and us longer than to count. `packed` works on the database's expressions as on numbers, so that there is one definition
of what the other functions take apart.
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


def packed(session_type: Any, academic_year: Any, year_group: Any, pupils: Any) -> Any:
    """A headcount as a number, of numbers or of expressions."""
    return (session_type * _CLASSES + academic_year * _GROUPS + year_group) * _PUPILS + pupils


def each_new(text: str | None) -> Iterator[tuple[Cell, int]]:
    """Cell and pupils of each headcount in a text of numbers with commas between; None is of none."""
    return (divmod(number, _PUPILS) for number in _numbers(text))


def each_again(text: str | None) -> Iterator[tuple[int, Cell, int]]:
    """Session, cell and pupils of each headcount in a text in which each number follows its session's id."""
    numbers = _numbers(text)
    return ((session, *divmod(number, _PUPILS)) for session, number in zip(numbers, numbers, strict=True))


def _numbers(text: str | None) -> Iterator[int]:
    return map(int, text.split(",")) if text else iter(())


def type_and_class(cell: Cell) -> tuple[int, Class]:
    """The session type of a cell, and its class."""
    return divmod(cell, _CLASSES)


def year_and_group(of_class: Class) -> tuple[int, int]:
    """The academic year of a class, and its year group."""
    return divmod(of_class, _GROUPS)


def cohort_of(of_class: Class) -> int:
    """The starting year of the children in a class: the Year 5 pupil of 2024/25 is the Year 6 pupil of 2025/26."""
    return of_class // _GROUPS - of_class % _GROUPS
