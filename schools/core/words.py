"""Dates, times and lists as people read them (LOOK.md)."""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.translation import gettext

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without letters that look or sound like others: references are read out on the phone."""


def random_reference(first: str) -> str:
    """The first letter and six more letters or digits by chance, like “VX7K2MN”."""
    return first + get_random_string(6, REFERENCE_LETTERS)


def long_day(day: date) -> str:
    """Like “Thu 26 November 2026”."""
    return date_format(day, "D j F Y")


def short_time(at: time) -> str:
    """Like “9:15 am”."""
    return f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}"


def moment(at: datetime) -> str:
    """Like “Thu 26 November 2026 at 9:15 am”, in the time zone that `at` is in."""
    return f"{long_day(at.date())} at {short_time(at.time())}"


def time_range(starts: time, ends: time) -> str:
    """Like “9:15–10:45 am”, or “11:30 am–12:15 pm” across noon."""
    first, last = short_time(starts), short_time(ends)
    return f"{first[:-3] if first[-2:] == last[-2:] else first}–{last}"


def joined(words: Iterable[str], *, last: str = "") -> str:
    """Like “a”, “a and b”, “a, b and c”; empty for none."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last or gettext('and')} {tail}" if head else tail
