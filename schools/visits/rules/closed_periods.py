"""Reasons not to change what a signed-off return rests on (rule 14)."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import prefetch_related_objects

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.core.words import long_day
from schools.directory.models import School
from schools.directory.queries import places_on
from schools.visits.models import ClosedPeriod, Headcount, Session, SessionStage

type AreaDay = tuple[int | None, date]
"""An area's id (None: in no area) and a day."""


def reasons_locked(sessions: Iterable[Session], *, by: User, schools: Iterable[int] = ()) -> list[str]:
    """Return the reasons why this person cannot change the sessions: a signed-off return rests on their days (rule 14).

    The areas of the host and of every guest count. `schools` are the ids of further schools that are to have pupils there.
    """
    if by.is_manager:
        return []
    return [signed_off_words(period) for period in closed_periods(sessions, schools=schools)]


def reasons_locked_each(sessions: Iterable[Session], *, by: User) -> dict[int, list[str]]:
    """Return for each session (by id) what `reasons_locked` says of it alone; they are read together."""
    rows = list(sessions)
    if by.is_manager:
        return {session.pk: [] for session in rows}
    return {pk: [signed_off_words(period) for period in periods] for pk, periods in closed_periods_each(rows).items()}


def closed_periods_each(sessions: Iterable[Session]) -> dict[int, list[ClosedPeriod]]:
    """Return for each session (by id) the closed periods that it lies in; one query where none was closed around their days."""
    rows = list(sessions)
    days = [session.day for session in rows]
    if not days:
        return {}
    periods = ClosedPeriod.objects.filter(first_day__lte=max(days), last_day__gte=min(days)).select_related("area")
    areas = _areas_of(rows, set()) if periods else {}
    return {session.pk: _among(areas.get(session.pk, ()), periods) for session in rows}


def closed_to_reports(sessions: Iterable[Session], *, on: date) -> dict[int, list[ClosedPeriod]]:
    """Return the sessions (ids) whose outcome volunteers can no longer report, each with the closed periods that it lies in.

    Nobody is asked for it. Nothing, and no query, of the day itself and later: a return is signed off once its last day is over.
    """
    each = closed_periods_each(session for session in sessions if session.day < on)
    return {pk: periods for pk, periods in each.items() if periods}


def closed_periods(sessions: Iterable[Session], *, schools: Iterable[int] = ()) -> list[ClosedPeriod]:
    """Return the closed periods that the sessions lie in; `schools` are the ids of further schools, as in reasons_locked."""
    return _closed_on(set[AreaDay]().union(*_areas_of(list(sessions), set(schools)).values()))


def reasons_days_locked(school: School, days: Iterable[date], *, by: User) -> list[str]:
    """Return the reasons why this person cannot add sessions at the school on the days: a signed-off return would lack them."""
    if by.is_manager:
        return []
    places = places_on((school.pk, day) for day in days)
    return [signed_off_words(period) for period in _closed_on({(place.area_id, day) for (_, day), place in places.items()})]


def reasons_year_locked(school: School, academic_year: int, *, by: User) -> list[str]:
    """Return the reasons why this person cannot change the rolls of that academic year: a signed-off return rests on them."""
    if by.is_manager:
        return []
    year = AcademicYear(academic_year)
    areas = {place.area_id for place in places_on((school.pk, day) for day in (year.first_day, year.last_day)).values()}
    periods = ClosedPeriod.objects.filter(area__in=areas - {None}, first_day__lte=year.last_day, last_day__gte=year.first_day)
    return [signed_off_words(period) for period in periods.select_related("area")]


def reasons_signed_off(area_days: Iterable[AreaDay], periods: Iterable[ClosedPeriod]) -> list[str]:
    """Return a reason for each of the periods in which one of the areas' days lies; reads the periods' areas."""
    return [signed_off_words(period) for period in _among(area_days, periods)]


def _among(area_days: Iterable[AreaDay], periods: Iterable[ClosedPeriod]) -> list[ClosedPeriod]:
    # There is no return for “no area” (None), so it matches no period.
    wanted = set(area_days)
    return [
        period
        for period in periods
        if any(area_id == period.area_id and period.first_day <= day <= period.last_day for area_id, day in wanted)
    ]


def _closed_on(area_days: Iterable[AreaDay]) -> list[ClosedPeriod]:
    wanted = set(area_days)
    of_areas = ClosedPeriod.objects.filter(area__in={area_id for area_id, _ in wanted if area_id is not None})
    return _among(wanted, of_areas.select_related("area"))


def signed_off_words(period: ClosedPeriod) -> str:
    """Return the reason for whoever cannot restate the return themselves."""
    days = f"{long_day(period.first_day)} to {long_day(period.last_day)}"
    return f"The return of {period.area} for {days} is signed off. Ask a manager to restate it."


def _areas_of(sessions: Sequence[Session], schools: set[int]) -> dict[int, set[AreaDay]]:
    """Return for each session (by id) the area and day of each school: the frozen area once delivered, else the area on its day.

    The frozen area can be None: in no area.
    """
    prefetch_related_objects(sessions, "headcounts")
    frozen: dict[int, set[AreaDay]] = {session.pk: set() for session in sessions}
    unfrozen: dict[int, set[tuple[int, date]]] = {session.pk: set() for session in sessions}
    for session in sessions:
        rows: list[tuple[int, Session | Headcount]] = [(session.visit.school_id, session)]
        rows += [(count.school_id, count) for count in session.headcounts.all()]
        for school_id, row in rows:
            if session.stage == SessionStage.DELIVERED or row.authority_id:
                frozen[session.pk].add((row.area_id, session.day))
            else:
                unfrozen[session.pk].add((school_id, session.day))
        unfrozen[session.pk] |= {(school_id, session.day) for school_id in schools - {school_id for school_id, _ in rows}}
    places = places_on(set[tuple[int, date]]().union(*unfrozen.values()))
    return {
        pk: areas | {(places[each].area_id, each[1]) for each in unfrozen[pk] if each in places} for pk, areas in frozen.items()
    }
