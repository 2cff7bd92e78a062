"""Rounding what is published: each number once, to fives, so that published numbers may be added up and subtracted (rule 20).

A run is a sequence of counts of one place. Each is published as a multiple of five, so that all of them together are at most four
below the counts together. What is left is carried to the next count of the run. So whoever takes what was published for the
truth, and adds 0 to 4 to any number of it, publishes the same: no table of published numbers tells these counts apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

STEP = 5
"""What is published is a multiple of it, and hides fewer pupils than that."""


class Atom(NamedTuple):
    """What attendances are counted by within a place, in the order in which they are published."""

    month: str
    """Like 2025-10."""
    session_type: str
    """Its slug."""
    year_group: int


@dataclass(frozen=True)
class Left:
    """What was counted in the run of one place and is not published yet: 0 to 4 of each."""

    attendances: int = 0
    pupils_low: int = 0
    pupils_more: int = 0


def rounded(left: int, count: int) -> tuple[int, int]:
    """Return what is published of a count, and what is left after it."""
    together = left + count
    return together - together % STEP, together % STEP


def publish_attendances(left: int, counts: Mapping[Atom, int]) -> tuple[dict[Atom, int], int]:
    """Return the published number of each atom of one place that is more than 0, and what is left after the last."""
    published = {}
    for atom in sorted(counts):
        number, left = rounded(left, counts[atom])
        if number:
            published[atom] = number
    return published, left


def publish_pupils(left: Left, low: int, reached: int, *, attendances: int) -> tuple[int, int, Left]:
    """Return *at least* and *about* so many pupils of one place and school year as they are published, and what is left.

    Neither is more than the published `attendances` of the place and year, a multiple of five.
    What would be more is not carried on, or it would turn up as pupils of another year.

    Where attendances are published, pupils who would be rounded to none are published as five. The number of sessions is exact:
    20 attendances in five sessions tell that four came to one of them; beside no pupils it would tell that there were four.
    """
    least, low_left = rounded(left.pupils_low, low)
    more, more_left = rounded(left.pupils_more, reached - low)
    about = max(least + more, STEP if reached else 0)
    return min(least, attendances), min(about, attendances), Left(left.attendances, low_left, more_left)


def shared_out(least: int, about: int, room: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield how many of the published pupils of one place are told in each of its runs, none with more than it has room for.

    The first runs are filled first. Whoever has no room in them was in sessions of the later runs.
    """
    for attendances in room:
        here = min(about, attendances)
        yield min(least, here), here
        about -= here
        least = max(0, least - here)


def together(numbers: Iterable[int | None]) -> int | None:
    """Return the sum of the numbers that are known; None where none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
