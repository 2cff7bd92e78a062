"""Bank holidays of each nation and of the islands, by their names."""

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
"""Country and part, as the calendars know them; the Channel Islands are two."""


def bank_holiday(nation: str, day: date) -> str:
    """What the bank holiday of the nation on that day is called; "" where it is none."""
    names = [name for calendar in CALENDARS[Nation(nation)] for name in [_of_year(*calendar, day.year).get(day, "")] if name]
    return " / ".join(dict.fromkeys(names))


@lru_cache(maxsize=200)
def _of_year(country: str, part: str | None, year: int) -> dict[date, str]:
    # Heavy, and needed only where somebody books or plans.
    import holidays

    return dict(holidays.country_holidays(country, subdiv=part, years=year, language="en_GB" if country == "GB" else None))
