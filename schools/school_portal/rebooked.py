"""The visit that was booked instead of one that does not take place, as the pages of that one speak of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from schools.core.words import joined, long_day
from schools.directory.accesses import token_of
from schools.directory.models import SchoolAccess
from schools.visits.models import Visit, VisitStage
from schools.visits.rules.school_answers import is_over, to_come


@dataclass(frozen=True)
class Rebooked:
    """What a school reads of the visit that makes another one good."""

    days: str
    """Its days to come, as the page lists them; "" where they are not agreed yet."""
    token: str
    """What opens its page; "" where there is none for the reader."""


def rebooked(visit: Visit, access: Callable[[], SchoolAccess | None], *, on: date) -> Rebooked | None:
    """Return what was booked instead of the visit; None: nothing was, or that is off or over as well.

    Three queries at most; none where nothing was booked and the visit was read with its `replaced_by`.
    `access`: returns the reader's access to visits, None where they have none; it is looked for only where it is needed.
    """
    again: Visit | None = getattr(visit, "replaced_by", None)
    if again is None or again.is_called_off:
        return None
    sessions = list(again.sessions.all())
    if is_over(sessions, on=on):
        return None
    is_agreed = again.stage == VisitStage.CONFIRMED
    days = joined(long_day(day) for day in sorted({each.day for each in to_come(sessions, on=on)})) if is_agreed else ""
    # A visit that is only asked for has no page, and one of another number of the school is opened by whoever is at that one.
    may_open = again.stage != VisitStage.REQUESTED and again.school_id == visit.school_id
    theirs = access() if may_open else None
    return Rebooked(days, token_of(theirs, again.pk, again.school_id) if theirs else "")
