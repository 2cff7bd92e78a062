"""Dates, times and lists as people read them (docs/look.md, Words)."""

from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache

from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits that neither look nor sound like others: references are read out on the phone."""


def random_reference(first_letter: str) -> str:
    """Return the first letter and six random letters or digits, like “VX7K2MN”."""
    return first_letter + get_random_string(6, REFERENCE_LETTERS)


def long_day(day: date) -> str:
    """Return a day like “Thu 26 November 2026”."""
    return _long_day(day, get_language())


@lru_cache(maxsize=4_096)
def _long_day(day: date, _language: str | None) -> str:
    """Return the same in the language that is active: a page writes few days, most of them again and again."""
    return date_format(day, "D j F Y")


def month_words(day: date) -> str:
    """Return the month of a day like “November 2026”."""
    return date_format(day, "F Y")


def days_between(first: date, last: date) -> str:
    """Return a stretch of days like “Mon 7 December 2026 – Fri 18 December 2026”, or its only day."""
    return long_day(first) if first == last else f"{long_day(first)} – {long_day(last)}"


def short_time(at: time) -> str:
    """Return a time like “9:15 am”."""
    return f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}"


def moment(at: datetime) -> str:
    """Return a date and time like “Thu 26 November 2026 at 9:15 am”, in the time zone of `at`."""
    return f"{long_day(at.date())} at {short_time(at.time())}"


def local_day(at: datetime) -> str:
    """Return the day of a moment like “Thu 26 November 2026”, in the time of the installation."""
    return long_day(timezone.localdate(at))


def local_moment(at: datetime) -> str:
    """Return a date and time as `moment` does, in the time of the installation."""
    return moment(timezone.localtime(at))


def time_range(starts: time, ends: time) -> str:
    """Return a range like “9:15–10:45 am”, or “11:30 am–12:15 pm” across noon."""
    first, last = short_time(starts), short_time(ends)
    return f"{first[:-3] if first[-2:] == last[-2:] else first}–{last}"


def known_sum(numbers: Iterable[int | None]) -> str:
    """Return the sum of the known numbers, with “and more” where some are not known; "" where none is known."""
    numbers = list(numbers)
    known = [number for number in numbers if number is not None]
    if not known:
        return ""
    return f"{sum(known):,}{'' if len(known) == len(numbers) else ' and more'}"


def joined(words: Iterable[str], *, last: str = "") -> str:
    """Return a list like “a”, “a and b” or “a, b and c”; "" for none."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last or gettext('and')} {tail}" if head else tail
