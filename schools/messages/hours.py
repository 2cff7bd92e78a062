"""The hours at which nobody is written to, and what is never held back."""

from datetime import datetime, time, timedelta

from django.utils import timezone

QUIET_FROM = time(20)
QUIET_TO = time(7, 30)

AT_ONCE_WITHIN = timedelta(hours=36)
"""A change of something that begins so soon goes at any hour, and the person is to be phoned as well."""


def is_quiet(now: datetime, *, weekends: bool = False) -> bool:
    """Return whether it is too late or too early to write to people; `weekends`: those are quiet too, as for schools."""
    local = timezone.localtime(now)
    if weekends and local.weekday() > 4:
        return True
    return not QUIET_TO <= local.time() < QUIET_FROM
