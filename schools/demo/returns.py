"""Two returns of the last whole academic year: one that a manager closed, one that waits for a manager."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.demo.places import Patch
from schools.reach.actions.returns import close, sign_off


def store(patches: Sequence[Patch], coordinators: Mapping[int, User], *, manager: User, on: date) -> None:
    """Store a closed return of the first area and a signed-off one of the second."""
    now = datetime.combine(on, time(8, 30), UTC)
    period = AcademicYear(AcademicYear.of(on).start - 1).period
    for number, patch in enumerate(patches[:2]):
        signed = sign_off(patch.area, period, by=coordinators[patch.area.pk], now=now)
        if number == 0:
            close(signed, by=manager, now=now)
