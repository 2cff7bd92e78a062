"""What a school answers to dates that were offered: keeping it, and whether enough people are left for the one it chose."""

from dataclasses import dataclass
from datetime import date, datetime

from schools.core.periods import Period
from schools.directory.accesses import used
from schools.directory.models import SchoolAccess
from schools.directory.queries import area_of
from schools.planning.queries.chosen import to_be_moved
from schools.planning.queries.half_days import Around, around, planned_of, rated_half_days
from schools.planning.queries.staff import areas_sharing_people
from schools.visits.actions.locks import hold_areas
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, OfferedState


@dataclass(frozen=True)
class Chooser:
    """Who at the school chooses: by their own word, and by whose link."""

    name: str
    access: SchoolAccess | None = None


def answered(row: OfferedDates, state: OfferedState, chooser: Chooser, *, now: datetime) -> OfferedDates:
    """Store what the school answered; the caller has locked the row."""
    row.state, row.answered_at, row.chosen_by, row.access = state, now, chooser.name, chooser.access
    row.full_clean(exclude=["contact"])
    row.save()
    if chooser.access is not None:
        used(chooser.access, now=now)
    return row


def is_open(row: OfferedDates, *, on: date) -> bool:
    """Return whether the school may still choose one of the dates."""
    return OfferedDates.objects.open_on(on).filter(pk=row.pk).exists()


def is_short(row: OfferedDates, *, on: date) -> bool:
    """Return whether too few people are left for the half-day that the school chose, beside all that is booked and held."""
    half_day = HalfDay.of(row.chosen)
    if half_day is None:
        return False
    area = around(row.school, Period(half_day.day, half_day.day, "day"), on=on).area
    there = Around(area, [half_day])  # it may be nearer by now than what is offered
    place = None if row.moves_from is None or row.visit is None else planned_of(to_be_moved(row.visit, on=on)).place
    rated = rated_half_days(row.school, there, row.types, row.people, on=on, place=place, but=row.pk)
    return not any(each.can_be_staffed for each in rated)


def is_short_alone(row: OfferedDates, *, on: date) -> bool:
    """Return whether too few people are left, while nobody else offers or chooses dates for which the same people would go."""
    area = area_of(row.school, on=on)
    hold_areas(areas_sharing_people(area.pk) if area is not None else ())
    return is_short(row, on=on)
