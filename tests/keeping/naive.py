"""When a time is over, worked out otherwise than the program does: by adding to the day, not by taking from today."""

from calendar import monthrange
from datetime import date, timedelta

from schools.keeping.periods import Period, Unit


def is_over(day: date, period: Period, today: date) -> bool:
    """Whether what counts from the day is kept no longer."""
    if period.unit is Unit.DAYS:
        return day + timedelta(days=period.length) <= today
    months = period.length * (12 if period.unit is Unit.YEARS else 1)
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) <= today
