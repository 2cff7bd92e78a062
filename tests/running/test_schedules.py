"""When a job is due next, on ordinary days and in the nights in which the clocks change."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from schools.running.schedules import Daily, Every, Schedule

LONDON = ZoneInfo("Europe/London")
EARLY, AT_SEVEN = Daily(time(1, 30), LONDON), Daily(time(7), LONDON)


def runs(schedule: Schedule, start: datetime, days: int) -> list[datetime]:
    """When a clock that looks every minute runs the job."""
    due, moments = schedule.after(start), []
    for minutes in range(days * 24 * 60):
        now = start + timedelta(minutes=minutes)
        if due <= now:
            moments.append(now)
            due = schedule.after(now)
    return moments


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 3, 28),  # the night after it, one hour is missing
        date(2026, 10, 24),  # the night after it, one hour comes twice
        date(2026, 7, 30),  # a school year ends and another begins
        date(2028, 2, 27),  # with 29 February
        date(2026, 12, 30),
    ],
)
@pytest.mark.parametrize("daily", [EARLY, AT_SEVEN, Daily(time(0), LONDON), Daily(time(23, 59), LONDON)])
def test_a_daily_job_runs_once_on_every_day_of_the_wall_clock(day: date, daily: Daily) -> None:
    start = datetime.combine(day, time(12), LONDON).astimezone(UTC)
    of_day = Counter(moment.astimezone(LONDON).date() for moment in runs(daily, start, 5))
    whole_days = [day + timedelta(days=number) for number in range(1, 5)]
    assert [of_day[each] for each in whole_days] == [1] * 4


@pytest.mark.parametrize(
    ("day", "shown"),
    [(date(2026, 3, 29), "02:30"), (date(2026, 10, 25), "01:30"), (date(2026, 7, 1), "01:30"), (date(2028, 2, 29), "01:30")],
)
def test_the_hour_is_that_of_the_wall_clock_or_the_next_where_it_is_left_out(day: date, shown: str) -> None:
    midnight = datetime.combine(day, time(0), LONDON).astimezone(UTC)
    assert f"{EARLY.after(midnight).astimezone(LONDON):%Y-%m-%d %H:%M}" == f"{day} {shown}"


def test_an_interval_does_not_care_about_the_wall_clock() -> None:
    quarter = Every(timedelta(minutes=15))
    night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert len(runs(quarter, night, 1)) == 95
    assert quarter.after(night) == night + timedelta(minutes=15)


def test_schedules_say_in_words_how_often() -> None:
    spans = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=15))
    words = ["every 30 seconds", "every minute", "every 15 minutes"]
    assert [Every(span).words for span in spans] == words
    assert [EARLY.words, AT_SEVEN.words] == ["every day at 1:30", "every day at 7:00"]
