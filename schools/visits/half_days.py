"""One half of a school day, such as the morning of 12 January: how it is stored, what it is called, when it begins and ends."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Self

from django.utils.translation import gettext as _

from schools.core.words import long_day
from schools.volunteers.models import PartOfDay

KEY = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<part>morning|afternoon)", re.ASCII)

MORNING_FROM, MORNING_TO = time(9, 15), time(12, 0)
AFTERNOON_FROM, AFTERNOON_TO = time(13, 15), time(15, 15)


@dataclass(frozen=True, order=True)
class HalfDay:
    """A morning or an afternoon; in order of time."""

    day: date
    is_afternoon: bool

    @classmethod
    def of(cls, key: str) -> Self | None:
        """Return the half-day that is stored as `key`, such as “2027-01-12-morning”; None where there is none."""
        match = KEY.fullmatch(key)
        if match is None:
            return None
        try:
            return cls(date.fromisoformat(match["day"]), match["part"] == PartOfDay.AFTERNOON)
        except ValueError:
            return None

    @property
    def part(self) -> str:
        """A value of PartOfDay."""
        return PartOfDay.AFTERNOON if self.is_afternoon else PartOfDay.MORNING

    @property
    def key(self) -> str:
        """As it is stored."""
        return f"{self.day.isoformat()}-{self.part}"

    @property
    def wish(self) -> str:
        """As a request for a visit names the half-day of any week: “1-morning”."""
        return f"{self.day.weekday()}-{self.part}"

    @property
    def starts(self) -> time:
        """When a visit that fills it begins."""
        return AFTERNOON_FROM if self.is_afternoon else MORNING_FROM

    @property
    def ends(self) -> time:
        """When a visit that fills it is over."""
        return AFTERNOON_TO if self.is_afternoon else MORNING_TO

    @classmethod
    def of_all(cls, keys: Iterable[str]) -> list[Self]:
        """Return the half-days that are stored as these keys, in their order; what is none is left out."""
        return [half_day for key in keys if (half_day := cls.of(key)) is not None]

    def __str__(self) -> str:
        words = _("%(day)s, afternoon") if self.is_afternoon else _("%(day)s, morning")
        return words % {"day": long_day(self.day)}
