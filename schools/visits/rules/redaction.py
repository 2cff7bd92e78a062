"""What is said of somebody of another area: that something speaks against it, never what (DESIGN.md, rule 13)."""

from collections.abc import Iterable
from datetime import date

from schools.accounts.models import User
from schools.directory.models import Area, School
from schools.directory.queries import area_of
from schools.volunteers.models import Volunteer


def redacted_reason(volunteer: Volunteer) -> str:
    """What stands in place of the reasons."""
    return f"Something speaks against {volunteer} on that day. Phone them, or their own coordinator."


def redacted_for(user: User, people: Iterable[Volunteer], *, on: date) -> set[int]:
    """The ids of those whose reasons the user does not read: they help in none of the user's areas."""
    ids = {person.pk for person in people}
    own = Volunteer.objects.for_user(user, on=on).filter(pk__in=ids) if ids else Volunteer.objects.none()
    return ids - set(own.values_list("pk", flat=True))


def redacted_at(school: School, people: Iterable[Volunteer], *, on: date) -> set[int]:
    """The ids of those who help elsewhere: what is stored of them is read by whoever coordinates the school's area."""
    ids, area = {person.pk for person in people}, area_of(school, on=on)
    if not ids or area is None:
        return ids
    own = Volunteer.objects.in_areas(Area.objects.filter(pk=area.pk)).filter(pk__in=ids)
    return ids - set(own.values_list("pk", flat=True))
