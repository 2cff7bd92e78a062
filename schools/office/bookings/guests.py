"""Guest schools: schools whose pupils sit in the sessions of another school's visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import School
from schools.directory.queries import expected_pupils
from schools.office.frame.query_params import row_id

MOST_GUESTS = 3
"""The most guest schools of one visit."""


@dataclass(frozen=True)
class Guest:
    """A school whose pupils may sit in the sessions too."""

    school: School
    known: Mapping[int, int | None]
    """Its pupils by year group; None: not known."""


def posted_guests(posted: QueryDict, host: School, *, bookable: QuerySet[School], on: date) -> list[Guest]:
    """Return the guest schools of the posted form, with one added or left out where such a button was pressed."""
    verb, _, named = posted.get("do", "").partition(":")
    ids = [row_id(value) for value in posted.getlist("guests")]
    if verb == "add-guest":
        ids.append(row_id(named))
    if verb == "drop-guest":
        ids = [pk for pk in ids if pk != row_id(named)]
    schools = bookable.exclude(pk=host.pk).in_bulk([pk for pk in dict.fromkeys(ids) if pk is not None])
    return with_rolls(list(schools.values())[:MOST_GUESTS], on=on)


def with_rolls(schools: list[School], *, on: date) -> list[Guest]:
    """Return the schools as guests, with their pupils of the academic year of that day."""
    year = AcademicYear.of(on).start
    return [Guest(school, expected_pupils(school, academic_year=year)) for school in schools]
