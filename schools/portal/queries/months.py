"""A volunteer's month, day by day."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from schools.portal.queries.mornings import Morning, covers_around, may_answer, mornings_of, sittings_of
from schools.volunteers.models import Away, Volunteer


@dataclass(frozen=True)
class Day:
    """A day in the grid of a month."""

    day: date
    is_in_month: bool
    is_today: bool
    is_away: bool
    mornings: tuple[Morning, ...]

    @property
    def is_mine(self) -> bool:
        """Whether the volunteer said yes to something of the day."""
        return any(morning.is_mine for morning in self.mornings)

    @property
    def schools(self) -> str:
        """The schools of the day's mornings, separated by commas."""
        return ", ".join(dict.fromkeys(str(morning.visit.school) for morning in self.mornings))


@dataclass(frozen=True)
class Month:
    """A month with its weeks, each from Monday, and its mornings."""

    first_day: date
    weeks: list[list[Day]]
    mornings: list[Morning]

    @property
    def before(self) -> date:
        """The first day of the month before."""
        return (self.first_day - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        """The first day of the month after."""
        return (self.first_day + timedelta(days=31)).replace(day=1)


def month_of(volunteer: Volunteer, first_day: date, *, now: datetime) -> Month:
    """Return the month with the mornings that the volunteer accepted or is asked for, and their days away; two queries.

    What they were asked for and never answered is not in it once it is over.
    """
    on = timezone.localdate(now)
    weeks = Calendar().monthdatescalendar(first_day.year, first_day.month)
    days = (weeks[0][0], weeks[-1][-1])
    sittings, others = sittings_of(volunteer, covers_around(volunteer, Q(session__day__range=days)))
    sittings = [sitting for sitting in sittings if may_answer(sitting, now=now) or sitting.is_mine]
    mornings = [morning for morning in mornings_of(volunteer, sittings, others) if not morning.is_cancelled]
    by_day: dict[date, list[Morning]] = defaultdict(list)
    for morning in mornings:
        by_day[morning.day].append(morning)
    aways = list(Away.objects.filter(volunteer=volunteer, first_day__lte=days[1], last_day__gte=days[0]))

    def made(day: date) -> Day:
        away = any(days_away.first_day <= day <= days_away.last_day for days_away in aways)
        return Day(day, day.month == first_day.month, day == on, away, tuple(by_day[day]))

    in_month = [morning for morning in mornings if morning.day.month == first_day.month]
    return Month(first_day, [[made(day) for day in week] for week in weeks], in_month)
