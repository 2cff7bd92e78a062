"""A month of the calendar on paper: one sheet, however many visits it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LOOKS = ((10, ""), (18, "calendar-tight calendar-wraps"), (36, "calendar-tight"), (41, "calendar-tight calendar-tightest"))
"""The most visits that the fullest days of all weeks may have together, and the classes with which a sheet has room for them.

At first each visit has its state in words, then the shape of its state alone; then its school’s name has one line; at the
tightest that line is in small print, and what is beyond is left out.
"""


@dataclass(frozen=True)
class Paper:
    """How a month is printed, so that it is one sheet."""

    look: str
    """The classes of the table, one of LOOKS (print.css)."""
    most: int | None = None
    """How many visits of a day are printed; None: all of them. The day says how many more it has."""


def paper_for(weeks: Sequence[Sequence[dict[str, Any]]]) -> Paper:
    """Return how the weeks are printed, and mark what is left out: `off_paper` of an entry, `left_out` of a day (a number).

    Each day of a week is a dict with its `entries`.
    """
    paper = _paper([max(len(day["entries"]) for day in week) for week in weeks])
    if paper.most is not None:
        for day in (day for week in weeks for day in week):
            left_out = day["entries"][paper.most :]
            day["left_out"] = len(left_out)
            for entry in left_out:
                entry["off_paper"] = True
    return paper


def _paper(fullest: Sequence[int]) -> Paper:
    """Return how a month is printed whose weeks have so many visits on their fullest days."""
    for most, look in LOOKS:
        if sum(fullest) <= most:
            return Paper(look)
    # A day that is cut has one line more, which says how many it leaves out.
    fits = (number for number in range(max(fullest), 0, -1) if sum(min(of_day, number + 1) for of_day in fullest) <= most)
    return Paper(look, next(fits))
