"""When periodic work is due next. Plain values, no tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol


class Schedule(Protocol):
    """Says when a job is due next; what was missed meanwhile is caught up once, not once for each time that was missed."""

    def after(self, now: datetime) -> datetime:
        """Return the first time after `now` at which the job is due."""

    @property
    def words(self) -> str:
        """How often, as the office shows it."""


@dataclass(frozen=True)
class Every:
    """So long after the last run began."""

    span: timedelta

    def after(self, now: datetime) -> datetime:
        """Return the time one span later."""
        return now + self.span

    @property
    def words(self) -> str:
        """Like “every 15 minutes”."""
        seconds = int(self.span.total_seconds())
        number, unit = (seconds, "second") if seconds < 60 else (seconds // 60, "minute")
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"


@dataclass(frozen=True)
class Daily:
    """Once on every day of the wall clock, in the nights too in which an hour is missing or comes twice."""

    at: time
    zone: tzinfo

    def after(self, now: datetime) -> datetime:
        """Return the next time at which the wall clock shows the hour; where a night leaves it out, one hour later."""
        today = now.astimezone(self.zone).date()
        # In UTC, because Python compares times of one zone by what the wall clock shows.
        moments = [datetime.combine(today + timedelta(days=days), self.at, self.zone).astimezone(UTC) for days in (0, 1)]
        return next(moment for moment in moments if moment > now)

    @property
    def words(self) -> str:
        """Like “every day at 7:00”."""
        return f"every day at {self.at.hour}:{self.at:%M}"
