"""The hours at which nobody is written to, and what is never held back."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

QUIET_FROM = time(20)
QUIET_TO = time(7, 30)

AT_ONCE_WITHIN = timedelta(hours=36)
"""A change of something that begins so soon goes at any hour, and the person is to be phoned as well."""

MANUAL_DAYS = timedelta(days=3)
"""A message that somebody wrote by hand in these days takes the place of a reminder."""


def is_quiet(now: datetime, *, weekends: bool = False) -> bool:
    """Return whether it is too late or too early to write to people; `weekends`: those are quiet too, as for schools."""
    local = timezone.localtime(now)
    if weekends and local.weekday() > 4:
        return True
    return not QUIET_TO <= local.time() < QUIET_FROM


def opening(now: datetime, *, weekends: bool = False) -> datetime:
    """Return the first moment from now on at which people may be written to."""
    if not is_quiet(now, weekends=weekends):
        return now
    day = timezone.localdate(now)
    if at(day, QUIET_TO) <= now:
        day += timedelta(days=1)
    while weekends and day.weekday() > 4:
        day += timedelta(days=1)
    return at(day, QUIET_TO)


def is_time(now: datetime, first: datetime, last: datetime, *, weekends: bool = False) -> bool:
    """Return whether a reminder that goes from `first` on, and is of no use from `last` on, may go now."""
    return first <= now < last and not is_quiet(now, weekends=weekends)


def at(day: date, hour: time) -> datetime:
    """Return the moment of that day and hour on the wall's clock."""
    return timezone.make_aware(datetime.combine(day, hour))


def clock(hour: time) -> str:
    """Return an hour as kinds say when they go: “7:30”."""
    return f"{hour.hour}:{hour:%M}"


def in_hours(span: timedelta) -> str:
    """Return a number of hours as kinds say when they go: “36 hours”."""
    hours = span // timedelta(hours=1)
    return f"{hours} hour" if hours == 1 else f"{hours} hours"


def weekday_before(day: date, days: int = 1) -> date:
    """Return the day so many days before; where that is a Saturday or Sunday, the Friday before it."""
    earlier = day - timedelta(days=days)
    return earlier - timedelta(days=max(0, earlier.weekday() - 4))
