"""Schools that are choosing one of the dates that were offered to them: they are waited for, and not asked."""

from datetime import date

from django.db.models import DateField, QuerySet

from schools.core.batched_queries import Day, Given, GivenIds
from schools.core.ids import Ids
from schools.core.prepared import Prepared
from schools.visits.models import OfferedDates


def _open(on: Day) -> QuerySet[OfferedDates]:
    """Return the dates for a new visit that are open; a school that moves a visit by its choice is booked anyway."""
    return OfferedDates.objects.open_on(on).filter(moves_from=None).order_by()


def schools_choosing(on: Day) -> QuerySet[OfferedDates, tuple[int]]:
    """Return the ids of all schools that are choosing on the day, under the number to which the dates were offered."""
    return _open(on).values_list("school")


def choosing_until(schools: Ids, *, on: date) -> dict[int, date]:
    """Return, by school, the last day on which it can choose; schools that have nothing to choose are left out."""
    return dict(_CHOOSING.run(schools=schools.ids, on=on))


_CHOOSING = Prepared(
    lambda: _open(Given("on", DateField())).filter(school__in=GivenIds("schools")).values_list("school_id", "held_until")
)
