"""Periods of time: the academic year (1 August to 31 July, in every nation) and the period of a report."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_MONTH = 8
"""August: the month in which an academic year begins."""

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""The calendar years in which a period lies: there are days before it to compare it with, and days after it."""


@dataclass(frozen=True, order=True)
class AcademicYear:
    """A year from 1 August of `start` to 31 July; written 2025/26, stored as 2025."""

    start: int

    @classmethod
    def of(cls, day: date) -> "AcademicYear":
        """Return the academic year in which the day lies."""
        return cls(day.year if day.month >= FIRST_MONTH else day.year - 1)

    @classmethod
    def parse(cls, text: str) -> "AcademicYear":
        """Read a text like "2025/26". Raises ValueError with a sentence for anything else."""
        match = re.fullmatch(r"([0-9]{4})/([0-9]{2})", text.strip())
        if not match or int(match[2]) != (int(match[1]) + 1) % 100 or not 1900 <= int(match[1]) <= 9998:
            msg = f"“{text}” is not an academic year; write it like 2025/26."
            raise ValueError(msg)
        return cls(int(match[1]))

    @property
    def first_day(self) -> date:
        """1 August."""
        return date(self.start, FIRST_MONTH, 1)

    @property
    def last_day(self) -> date:
        """31 July of the next calendar year."""
        return date(self.start + 1, FIRST_MONTH, 1) - timedelta(days=1)

    @property
    def period(self) -> "Period":
        """The whole year as the period of a report."""
        return Period(self.first_day, self.last_day, str(self))

    def __str__(self) -> str:
        return f"{self.start}/{(self.start + 1) % 100:02}"


def _day(text: str) -> date:
    """Read a day written like 2025-10-01: Python's own reader accepts weeks and days without hyphens too."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text)


def _ends(name: str) -> tuple[date, date]:
    """Return the first and the last day of a period's name without spaces. Raises ValueError where it is none."""
    first, dots, last = name.partition("..")
    if match := re.fullmatch(r"FY([0-9]{4})", name):
        return date(int(match[1]), 4, 1), date(int(match[1]) + 1, 3, 31)
    if "/" in name:
        return AcademicYear.parse(first).first_day, AcademicYear.parse(last if dots else first).last_day
    if dots:
        return _day(first), _day(last)
    raise ValueError


@dataclass(frozen=True)
class Period:
    """The days of a report, both ends included; `name` is the text that it was read from, without spaces."""

    first_day: date
    last_day: date
    name: str

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read "2025/26", "2025/26..2026/27", "FY2025" (April to March) or "2025-10-01..2025-12-19".

        Raises ValueError with a sentence that shows the four ways to write a period; also where it is not within FIRST_YEAR and
        LAST_YEAR.
        """
        name = "".join(text.split())
        try:
            period = cls(*_ends(name), name)
            if period.first_day.year < FIRST_YEAR or period.last_day.year > LAST_YEAR:
                raise ValueError  # noqa: TRY301  # every mistake gets the sentence below
        except ValueError as error:
            msg = f"“{text}” is not a period. Write 2025/26, 2025/26..2026/27, FY2025 or 2025-10-01..2025-12-19."
            raise ValueError(msg) from error
        if period.last_day < period.first_day:
            msg = f"The period “{text}” ends before it begins. Write the earlier day first."
            raise ValueError(msg)
        return period

    @property
    def last_academic_year(self) -> AcademicYear:
        """The academic year in which the period ends."""
        return AcademicYear.of(self.last_day)

    @property
    def academic_years(self) -> list[AcademicYear]:
        """The academic years that share a day with the period, the earliest first."""
        return [AcademicYear(start) for start in range(AcademicYear.of(self.first_day).start, self.last_academic_year.start + 1)]

    @property
    def whole_months(self) -> "Period":
        """The shortest period of whole months that contains this one; itself where it consists of whole months."""
        first = self.first_day.replace(day=1)
        last = self.last_day.replace(day=monthrange(self.last_day.year, self.last_day.month)[1])
        return self if (first, last) == (self.first_day, self.last_day) else Period(first, last, f"{first}..{last}")

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def __str__(self) -> str:
        return self.name
