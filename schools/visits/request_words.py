"""What somebody wishes who asked for a visit, in words: for themselves in their language, and for the office."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from schools.core.year_groups import year_group_words
from schools.visits.models import Season, VisitRequest
from schools.volunteers.models.availability import PartOfDay


def half_day_words(key: str) -> str:
    """Return the words of a half-day as requests keep it: “0-morning” is “Monday morning”; "" for what is none."""
    weekday, _stroke, part = key.partition("-")
    if not weekday.isdecimal() or int(weekday) not in WEEKDAYS:
        return ""
    words = _("%(day)s afternoon") if part == PartOfDay.AFTERNOON else _("%(day)s morning")
    return words % {"day": WEEKDAYS[int(weekday)]}


def season_words(season: str, year: int | None) -> str:
    """Return a term in words, such as “Autumn term 2026”; "" for any."""
    return _("%(term)s %(year)s") % {"term": Season(season).label, "year": year} if season else ""


def wishes_of(request: VisitRequest) -> list[tuple[str, str]]:
    """Return what somebody wishes, each with its heading, as the page that confirms it shows it."""
    nation = request.school.nation if request.school else request.area.region.nation if request.area else ""
    wishes = [
        (_("Year groups"), ", ".join(year_group_words(group, nation) for group in request.year_groups)),
        (_("Half-days that suit"), ", ".join(filter(None, (half_day_words(key) for key in request.half_days)))),
        (_("When"), season_words(request.season, request.season_year)),
        (_("Anything to know"), request.note),
    ]
    return [(heading, words) for heading, words in wishes if words]
