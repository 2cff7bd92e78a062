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
    """The figures `sessions_delivered` and `attendances` of an area in a school year, and how many visits the sessions were."""

    visits: int = 0
    """Visits of which a session was delivered in the area in that year; no figure of reach, because no return has it."""
    sessions: int = 0
    attendances: int | None = None
    """None where nobody counted, in the sessions of the year, a pupil of the area."""
    not_counted: int = 0
    """How many year groups of a school in a session nobody counted."""


def years_of_area(area: Area) -> dict[int, YearOfArea]:
    """Return the figures of each school year in which anything took place in the area, by the calendar year in which it began.

    They are those of `reach` by area, and visits, of all years in one query: none needs the fold.
    """
    held = Session.objects.delivered().filter(area=area).order_by()
    pupils = Headcount.objects.filter(area=area, session__stage=SessionStage.DELIVERED, session__type__audience=Audience.PUPILS)
    columns = ("year", "is_session", "number", "missing", "together")
    sessions = held.values(year=F("academic_year"), is_session=Value(1)).annotate(
        number=Count("pk"), missing=Value(0), together=Count("visit", distinct=True)
    )
    seats = (
        pupils.order_by()
        .values(year=F("session__academic_year"), is_session=Value(0))
        .annotate(number=Cast(Sum("pupils"), BigIntegerField()), missing=Count("pk") - Count("pupils"), together=Value(0))
        .values_list(*columns)
    )
    years: defaultdict[int, YearOfArea] = defaultdict(YearOfArea)
    for year, is_session, number, missing, visits in sessions.values_list(*columns).union(seats, all=True).order_by():
        if is_session:
            years[year].sessions, years[year].visits = number, visits
        else:
            years[year].attendances, years[year].not_counted = number, missing
    return dict(years)
