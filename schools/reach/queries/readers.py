"""Which areas' figures a user may read."""

from datetime import date

from django.db.models import QuerySet

from schools.accounts.models import User
from schools.directory.models import Area


def readable_areas(user: User, *, on: date) -> QuerySet[Area] | None:
    """Return a coordinator's areas of the day; None for managers and analysts, who read the figures of all areas."""
    if user.is_manager or user.is_analyst:
        return None
    return Area.objects.looked_after_by(user, on=on) if user.is_coordinator else Area.objects.none()


def reads_each_answer(user: User) -> bool:
    """Return whether the user reads what each school thought that is in their figures: managers, and coordinators.

    Not who is an analyst, too: their figures are of all areas, and what a single school thought they read in their own alone.
    """
    return user.has_perm("schools.view_feedback") and (user.is_manager or not user.is_analyst)


def names_of(areas: QuerySet[Area] | None) -> list[str] | None:
    """Return the names of the areas to which figures are restricted; None where they are of all."""
    return None if areas is None else [area.name for area in areas]
