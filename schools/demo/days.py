"""The school days of a made-up calendar, close enough to each nation's that no visit is on a day when schools are shut."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from schools.core.nations import Nation
from schools.core.periods import AcademicYear

ONE_DAY = timedelta(days=1)


@cache
def easter(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian algorithm."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@cache
def is_school_day(day: date, nation: Nation) -> bool:
    """Whether schools of the nation are open: no weekend, no bank holiday, none of the usual holidays."""
    if day.weekday() > 4:
        return False
    early = nation in {Nation.SCOTLAND, Nation.NORTHERN_IRELAND}
    autumn = (8, 20) if nation == Nation.SCOTLAND else (9, 4)
    summer = (6, 26) if early else (7, 18)
    date_in_year = (day.month, day.day)
    if summer < date_in_year < autumn or date_in_year >= (12, 19) or date_in_year <= (1, 5):
        return False
    sunday = easter(day.year)
    shut = (
        sunday - 9 * ONE_DAY <= day <= sunday + 8 * ONE_DAY
        or (10, 12) <= date_in_year <= (10, 31)
        or (2, 12) <= date_in_year <= (2, 21)
        or (5, 24) <= date_in_year <= (5, 31)
        or (day.month == 5 and day.weekday() == 0 and day.day <= 7)
        or date_in_year in {(11, 30), (3, 17)}
    )
    return not shut


def of_year(year: AcademicYear, nation: Nation) -> list[date]:
    """Return the school days of the academic year, in order."""
    days = (year.last_day - year.first_day).days + 1
    return [day for n in range(days) if is_school_day(day := year.first_day + n * ONE_DAY, nation)]


def after(on: date, nation: Nation) -> Iterator[date]:
    """Yield the school days after the day, the next one first."""
    while True:
        on += ONE_DAY
        if is_school_day(on, nation):
            yield on


def before(on: date, nation: Nation) -> Iterator[date]:
    """Yield the school days before the day, the last one first."""
    while True:
        on -= ONE_DAY
        if is_school_day(on, nation):
            yield on
