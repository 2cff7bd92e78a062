"""What one volunteer gave: the same hours that reach counts for places, for one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from schools.core.periods import Period
from schools.reach.queries.tables import MINUTES_AROUND
from schools.reach.rows import one_decimal
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Given:
    """Sessions that somebody attended, and their hours with the time around each visit day (REACH.md, volunteer hours)."""

    sessions: int
    hours: Decimal


def given_by(volunteer: Volunteer, *periods: Period) -> list[Given]:
    """What the volunteer gave in each of the periods; one query."""
    attended = Cover.objects.filter(volunteer=volunteer, state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED)
    columns = ("session__visit_id", "session__day", "session__starts", "session__ends")
    rows = list(attended.order_by().values_list(*columns))
    return [_given(row for row in rows if row[1] in period) for period in periods]


def _given(rows: Iterable[tuple[int, date, time, time]]) -> Given:
    rows = list(rows)
    minutes = sum(60 * (ends.hour - starts.hour) + ends.minute - starts.minute for _, _, starts, ends in rows)
    days = {(visit, day) for visit, day, _, _ in rows}
    return Given(len(rows), one_decimal(minutes + MINUTES_AROUND * len(days), 60))
