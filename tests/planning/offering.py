"""What the tests of dates that are offered share: an area, schools with somebody to write to, people, and offers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.urls import reverse

from schools import models
from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose
from schools.planning.actions import offer_dates
from schools.planning.queries.candidates import term_of
from schools.planning.queries.half_days import Planned, around
from schools.visits.half_days import HalfDay
from tests.factories import SchoolFactory, able_volunteer, manager

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday in the autumn term."""
ON = NOW.date()
LATER = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""A Monday on which the dates are still held."""

TUESDAY, WEDNESDAY, THURSDAY = (HalfDay(date(2026, 12, day), is_afternoon=False) for day in (15, 16, 17))
THREE = (TUESDAY, WEDNESDAY, THURSDAY)


def a_school(area: models.Area, name: str = "Fern Primary", **fields: Any) -> models.School:
    """A school of the area with somebody who can be mailed."""
    school: models.School = SchoolFactory(area=area, name=name, **fields)
    models.Contact.objects.create(school=school, name="Pat Head", email=f"pat{school.pk}@fern.example.org")
    return school


def people(area: models.Area, number: int, **fields: Any) -> list[models.Volunteer]:
    return [able_volunteer(area, **fields) for _ in range(number)]


def assemblies(school: models.School) -> Planned:
    """Two assemblies in one morning, to which two people go."""
    return next(
        each for each in around(school, term_of(ON), on=ON).planned if each.name.startswith("KS1 and KS2 assemblies, one")
    )


def offered(
    school: models.School,
    half_days: Sequence[HalfDay] = THREE,
    *,
    by: models.User | None = None,
    now: datetime = NOW,
    contact: models.Contact | None = None,
) -> models.OfferedDates:
    """Offer the half-days to the school, and let the minute pass."""
    contact = contact or school.contacts.get()
    offer_dates(school, half_days, planned=assemblies(school), contact=contact, by=by or manager(), now=now)
    return models.OfferedDates.objects.get(school=school, state="open")


def path_to(row: models.OfferedDates) -> str:
    """The path of the link in the mail."""
    assert row.contact
    access = access_of(row.contact, AccessPurpose.DATES, on=ON)
    return reverse("school-dates", args=[token_of(access, row.pk)])
