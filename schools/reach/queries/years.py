"""What took place in an area in each school year, for the picture on its page."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, F, Sum, Value
from django.db.models.functions import Cast

from schools.directory.models import Area
from schools.programme.models import Audience
from schools.visits.models import Headcount, Session, SessionStage


@dataclass
class YearOfArea:
    """The figures `sessions_delivered` and `attendances` of an area in a school year."""

    sessions: int = 0
    attendances: int = 0


def years_of_area(area: Area) -> dict[int, YearOfArea]:
    """Return the figures of each school year in which anything took place in the area, by the calendar year in which it began.

    They are those of `reach` by area, of all years in one query: neither needs the fold.
    """
    held = Session.objects.delivered().filter(area=area).order_by()
    pupils = Headcount.objects.filter(area=area, session__stage=SessionStage.DELIVERED, session__type__audience=Audience.PUPILS)
    columns = ("year", "is_session", "number")
    sessions = held.values(year=F("academic_year"), is_session=Value(1)).annotate(number=Count("pk")).values_list(*columns)
    seats = (
        pupils.order_by()
        .values(year=F("session__academic_year"), is_session=Value(0))
        .annotate(number=Cast(Sum("pupils"), BigIntegerField()))
        .values_list(*columns)
    )
    years: defaultdict[int, YearOfArea] = defaultdict(YearOfArea)
    for year, is_session, number in sessions.union(seats, all=True).order_by():
        if is_session:
            years[year].sessions = number
        else:
            years[year].attendances = number or 0
    return dict(years)
