"""What one volunteer gave: hours are counted as reach counts them for places."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from schools.core.periods import Period
from schools.reach.queries.tallies import MINUTES_AROUND
from schools.reach.rows import one_decimal
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Contribution:
    """The number of sessions that somebody attended, and their hours with the time around each visit day (docs/figures.md)."""

    sessions: int
    hours: Decimal


def contributions_of(volunteer: Volunteer, *periods: Period) -> list[Contribution]:
    """Return what the volunteer gave in each of the periods; one query."""
    attended = Cover.objects.filter(volunteer=volunteer, state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED)
    columns = ("session__visit_id", "session__day", "session__starts", "session__ends")
    rows = list(attended.order_by().values_list(*columns))
    return [_contribution(row for row in rows if row[1] in period) for period in periods]


def _contribution(rows: Iterable[tuple[int, date, time, time]]) -> Contribution:
    rows = list(rows)
    minutes = sum(60 * (ends.hour - starts.hour) + ends.minute - starts.minute for _, _, starts, ends in rows)
    days = {(visit, day) for visit, day, _, _ in rows}
    return Contribution(len(rows), one_decimal(minutes + MINUTES_AROUND * len(days), 60))
