"""Visits that are booked at a school which is closed by then (rule 4); outstanding.at_closing_schools lists the same visits."""

from collections.abc import Iterable
from datetime import date

from schools.core.words import joined, long_day
from schools.directory.models import School
from schools.directory.models.schools import Status
from schools.visits.models import Session, SessionStage

DAYS_NAMED = 3
"""More days than this are counted instead of named."""


def is_closed_by(school: School, day: date) -> bool:
    """Return whether the school is closed on the day, or may be: it is closed now, or is to close, and nobody knows when."""
    if school.status == Status.CLOSED or (school.status == Status.CLOSING and school.closed is None):
        return True
    return school.closed is not None and day > school.closed


def days_at_closing_school(school: School, sessions: Iterable[Session], *, on: date) -> list[date]:
    """Return the days to come of these sessions on which the school is closed, or may be closed, the first one first.

    Of an online one it is the last day of its window: until then the school is to show it.
    """
    days = {session.last_day for session in sessions if session.stage == SessionStage.SCHEDULED and session.last_day >= on}
    return sorted(day for day in days if is_closed_by(school, day))


def warning_of_closing(school: School, days: list[date], *, is_guest: bool = False, would_be: bool = False) -> str:
    """Return what is wrong with these days, of which there is at least one, at a school that is closed by then.

    A guest’s pupils are to come on them to another school. `would_be`: they are only looked at, and nothing is booked there yet.
    """
    named = joined(long_day(day) for day in days) if len(days) <= DAYS_NAMED else f"{len(days)} days"
    are = "would be" if would_be else "are"
    is_or_are = "is" if len(days) == 1 and not would_be else are
    booked = f"its pupils {are} expected on {named}" if is_guest else f"{named} {is_or_are} booked there"
    if school.status == Status.CLOSED:
        when = f" on {long_day(school.closed)}" if school.closed else ""
        return f"{school} closed{when}, but {booked}."
    if school.closed is None:
        return f"{school} is proposed to close, and nobody knows when; {booked}."
    return f"{school} is to close on {long_day(school.closed)}, but {booked} after that."
