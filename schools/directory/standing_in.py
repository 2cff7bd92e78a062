"""Why somebody cannot stand in for a coordinator."""

from collections.abc import Iterator
from datetime import date, timedelta

from schools.accounts.models import User
from schools.core.words import joined, long_day
from schools.directory.models import Area, AreaCoordinator, StandIn

MOST_DAYS = 366
"""Somebody who is away for longer hands their areas over."""


def reasons_not_to_stand_in(coordinator: User, stand_in: User, *, first: date, last: date, on: date) -> list[str]:
    """Return why `stand_in` cannot stand in for the coordinator from the first to the last day; empty if they can.

    Nobody is away and a stand-in on one day, so no stand-in has a stand-in and none can go round in a circle.
    """
    if reasons := _about_days(first, last, on=on):
        return reasons
    if coordinator == stand_in:
        return ["Nobody stands in for themselves. Choose somebody else."]
    neither = [user for user in (coordinator, stand_in) if not looks_after_visits(user)]
    return [
        *(f"{user} looks after no visits. Choose a coordinator or a manager who may sign in." for user in neither),
        *_about_areas(coordinator, stand_in, first, last),
        *_about_others(coordinator, stand_in, first, last),
    ]


def _about_days(first: date, last: date, *, on: date) -> list[str]:
    if first > last:
        return ["The last day is before the first. Give them in order."]
    if last < on:
        return [f"{long_day(last)} is over. Give days that are still to come."]
    if (last - first).days >= MOST_DAYS:
        return ["Somebody stands in for a year at most. For longer, a manager hands the areas over, under Many at once."]
    return []


def looks_after_visits(user: User) -> bool:
    """Whether somebody may be the coordinator of a visit: a coordinator or manager who may sign in."""
    return user.is_active and user.is_staff and (user.is_coordinator or user.is_manager)


def _about_areas(coordinator: User, stand_in: User, first: date, last: date) -> Iterator[str]:
    """Yield a reason where the stand-in does not see an area on one of the days: standing in gives nobody a right."""
    if stand_in.is_manager:
        return
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows = list(AreaCoordinator.objects.filter(user__in=(coordinator, stand_in)))
    unseen: set[int] = set()
    for day in days:
        of_day = [row for row in rows if (row.from_day or day) <= day <= (row.to_day or day)]
        theirs, seen = ({row.area_id for row in of_day if row.user_id == user.pk} for user in (coordinator, stand_in))
        unseen |= theirs - seen
    if unseen:
        names = joined(Area.objects.filter(pk__in=unseen).values_list("name", flat=True))
        yield (
            f"{stand_in} does not see {names} on all of these days. Choose somebody who does, or ask a manager to name them "
            "there as a coordinator for that time."
        )


def _about_others(coordinator: User, stand_in: User, first: date, last: date) -> Iterator[str]:
    """Yield a reason for each other row that these days would cross."""
    crossing = StandIn.objects.between(first, last).select_related("coordinator", "stand_in")
    for row in crossing.filter(coordinator=coordinator):
        yield f"{row.stand_in} stands in for {coordinator} {days_in_words(row)} already. End that first, or give other days."
    for row in crossing.filter(coordinator=stand_in):
        yield f"{stand_in} is away {days_in_words(row)}. Choose somebody who is there, or give other days."
    for row in crossing.filter(stand_in=coordinator):
        yield (
            f"{coordinator} stands in for {row.coordinator} {days_in_words(row)}. First find somebody else for {row.coordinator}."
        )


def days_in_words(row: StandIn) -> str:
    """Return the days of the row, both included."""
    return f"from {long_day(row.from_day)} to {long_day(row.to_day)}"
