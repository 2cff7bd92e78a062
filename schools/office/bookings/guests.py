"""Guest schools: schools whose pupils sit in the sessions of another school's visit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import School
from schools.directory.queries import expected_pupils
from schools.office.frame.query_params import row_id
from schools.visits.models import Headcount, Session
from schools.visits.rules.guest_schools import MOST_GUESTS


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


WITH_SCHOOLS = Prefetch("headcounts", Headcount.objects.select_related("school"))
"""Reads the headcounts of sessions, each with its school, in one query."""

type Coming = dict[int, dict[int, int | None]]
"""The pupils expected, by the session’s id and the year group; None: not known."""


def guests_of(sessions: Iterable[Session]) -> dict[School, Coming]:
    """Return the guest schools of sessions that were read `WITH_SCHOOLS`, each with its pupils; the first by name."""
    coming: dict[School, Coming] = {}
    for session in sessions:
        for count in session.headcounts.all():
            if count.school_id != session.visit.school_id:
                coming.setdefault(count.school, {}).setdefault(session.pk, {})[count.year_group] = count.expected
    return dict(sorted(coming.items(), key=lambda item: (item[0].name, item[0].pk)))


def guests_in_words(session: Session) -> str:
    """Return who sits in the session besides the host’s pupils, such as “Elm (12), Ivy”; the numbers are those expected."""
    words = []
    for school, coming in guests_of([session]).items():
        known = [number for number in coming[session.pk].values() if number is not None]
        words.append(f"{school} ({sum(known):,})" if known else str(school))
    return ", ".join(words)
