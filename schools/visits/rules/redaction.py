"""What is hidden about volunteers of another area: people read that something speaks against it, never what (rule 13)."""

from collections.abc import Iterable
from datetime import date

from schools.accounts.models import User
from schools.directory.models import Area, School
from schools.directory.queries import area_of
from schools.volunteers.models import Volunteer


def redacted_reason(volunteer: Volunteer) -> str:
    """Return the sentence that replaces the reasons."""
    return f"Something speaks against {volunteer} on that day. Phone them, or their own coordinator."


def redacted_for(user: User, people: Iterable[Volunteer], *, on: date) -> set[int]:
    """Return the ids of the people who help in none of the user's areas: the user does not read the reasons against them."""
    ids = {person.pk for person in people}
    own = Volunteer.objects.for_user(user, on=on).filter(pk__in=ids) if ids else Volunteer.objects.none()
    return ids - set(own.values_list("pk", flat=True))


def redacted_at(school: School, people: Iterable[Volunteer], *, on: date) -> set[int]:
    """Return the ids of the people who do not help in the school's area.

    Reasons that are stored about them are hidden, because whoever coordinates the school's area reads them.
    """
    ids, area = {person.pk for person in people}, area_of(school, on=on)
    if not ids or area is None:
        return ids
    own = Volunteer.objects.in_areas(Area.objects.filter(pk=area.pk)).filter(pk__in=ids)
    return ids - set(own.values_list("pk", flat=True))
