"""Bank holidays of each nation and of the islands, by name."""

from datetime import date
from functools import lru_cache

from schools.core.nations import Nation

CALENDARS: dict[str, tuple[tuple[str, str | None], ...]] = {
    Nation.ENGLAND: (("GB", "ENG"),),
    Nation.SCOTLAND: (("GB", "SCT"),),
    Nation.WALES: (("GB", "WLS"),),
    Nation.NORTHERN_IRELAND: (("GB", "NIR"),),
    Nation.CHANNEL_ISLANDS: (("JE", None), ("GG", None)),
    Nation.ISLE_OF_MAN: (("IM", None),),
}
"""Country and subdivision as the package `holidays` names them; the Channel Islands have two calendars."""


def bank_holiday(nation: str, day: date) -> str:
    """Return the name of the nation's bank holiday on that day; "" where it has none."""
    names = [name for calendar in CALENDARS[Nation(nation)] for name in [_of_year(*calendar, day.year).get(day, "")] if name]
    return " / ".join(dict.fromkeys(names))


@lru_cache(maxsize=200)
def _of_year(country: str, part: str | None, year: int) -> dict[date, str]:
    # Imported here because the package is slow to import, and only booking, planning and the calendar need it.
    import holidays

    return dict(holidays.country_holidays(country, subdiv=part, years=year, language="en_GB" if country == "GB" else None))


def read_calendars() -> None:
    """Read the package of calendars, for a process from which others are forked: with one country it reads those of the world."""
    _of_year("GB", "ENG", 2026)
