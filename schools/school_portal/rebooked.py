"""The visit that was booked instead of one that does not take place, as the pages of that one speak of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from schools.core.words import joined, long_day
from schools.directory.accesses import token_of
from schools.directory.models import SchoolAccess
from schools.visits.models import Session, Visit, VisitStage
from schools.visits.rules.school_answers import is_called_off, is_over, to_come

MOST_FOLLOWED = 5
"""So often in a row is a visit looked for that was booked again instead of one that is off: rows of a circle would never end."""


@dataclass(frozen=True)
class Rebooked:
    """What a school reads of the visit that makes another one good."""

    days: str
    """Its days to come, as the page lists them; "" where they are not agreed yet."""
    token: str
    """What opens its page; "" where there is none for the reader."""


def _last_booked(visit: Visit) -> tuple[Visit | None, list[Session]]:
    """Return the first that is not off in the row of visits that were booked again, with its sessions; None: there is none."""
    for _ in range(MOST_FOLLOWED):
        again: Visit | None = getattr(visit, "replaced_by", None)
        if again is None:
            break
        sessions = [] if again.is_called_off else list(again.sessions.all())
        if not again.is_called_off and not is_called_off(sessions):
            return again, sessions
        visit = again
    return None, []


def rebooked(visit: Visit, access: Callable[[], SchoolAccess | None], *, on: date) -> Rebooked | None:
    """Return what was booked instead of the visit; None: nothing was, or that is off or over as well.

    Where that was booked again, what counts is the last of them. Four queries at most, one where nothing was booked, and two more
    for each that is off.
    `access`: returns the reader's access to visits, None where they have none; it is looked for only where it is needed.
    """
    again, sessions = _last_booked(visit)
    if again is None or is_over(sessions, on=on):
        return None
    is_agreed = again.stage == VisitStage.CONFIRMED
    days = joined(long_day(day) for day in sorted({each.day for each in to_come(sessions, on=on)})) if is_agreed else ""
    # A visit that is only asked for has no page, and one of another number of the school is opened by whoever is at that one.
    may_open = again.stage != VisitStage.REQUESTED and again.school_id == visit.school_id
    theirs = access() if may_open else None
    return Rebooked(days, token_of(theirs, again.pk, again.school_id) if theirs else "")
