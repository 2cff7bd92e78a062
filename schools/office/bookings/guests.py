"""Guest schools: schools whose pupils sit in the sessions of another school's visit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.core.row_ids import row_id
from schools.core.words import known_sum
from schools.directory.models import School
from schools.directory.queries import expected_pupils, expected_pupils_of
from schools.visits.models import Headcount, Session
from schools.visits.rules.guest_schools import MOST_GUESTS


@dataclass(frozen=True)
class Guest:
    """A school whose pupils may sit in the sessions; in a booking the host is one of these schools too."""

    school: School
    known: Mapping[int, int | None]
    """Its pupils by year group; None: not known."""
    is_host: bool = False

    @property
    def ticks(self) -> str:
        """The name of the boxes that say which of its year groups come to a session."""
        return "come" if self.is_host else f"guest{self.school.pk}_come"

    def number(self, group: int) -> str:
        """Return the name of the box for the pupils of a year group."""
        return f"expected_{group}" if self.is_host else f"guest{self.school.pk}_{group}"


def posted_guests(posted: QueryDict, host: School, *, bookable: QuerySet[School]) -> tuple[list[School], int]:
    """Return the guest schools of the posted form, with one added or left out where such a button was pressed.

    With them comes how many were left out because the user cannot visit them any more, or they are too many.
    """
    verb, _, named = posted.get("do", "").partition(":")
    wanted = {pk: None for value in posted.getlist("guests") if (pk := row_id(value)) is not None}
    if verb == "drop-guest":
        wanted.pop(row_id(named) or 0, None)
    posted_before = len(wanted)
    if verb == "add-guest" and (added := row_id(named)) is not None:
        wanted[added] = None
    schools = bookable.exclude(pk=host.pk).in_bulk(list(wanted)[: MOST_GUESTS * 10])
    guests = [schools[pk] for pk in wanted if pk in schools][:MOST_GUESTS]
    return guests, max(0, posted_before - len(guests))


def with_rolls(schools: list[School], *, on: date) -> list[Guest]:
    """Return the schools as guests, with their pupils of the academic year of that day."""
    year = AcademicYear.of(on).start
    return [Guest(school, expected_pupils(school, academic_year=year)) for school in schools]


def guest_at(school: School, sessions: Sequence[Session]) -> dict[int, Guest]:
    """Return the school as a guest of each of the sessions, by their ids, with its pupils of the session's academic year."""
    years = {AcademicYear.of(session.day): session.day for session in sessions}
    guests = {year: with_rolls([school], on=day)[0] for year, day in years.items()}
    return {session.pk: guests[AcademicYear.of(session.day)] for session in sessions}


def attending_of(host: School, guests: list[School], *, on: date) -> list[Guest]:
    """Return the host and its guests with their pupils of the academic year of that day, the host first; one query."""
    schools = [host, *guests]
    totals = {school.pk: (school.pupils, school.low_age, school.high_age) for school in schools}
    known = expected_pupils_of(totals, academic_year=AcademicYear.of(on).start)
    return [Guest(school, known[school.pk], is_host=school == host) for school in schools]


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
    """Return who sits in the session besides the host’s pupils, such as “Elm (12), Fern (9 and more), Ivy”: those expected."""
    words = []
    for school, coming in guests_of([session]).items():
        number = known_sum(coming[session.pk].values())
        words.append(f"{school} ({number})" if number else str(school))
    return ", ".join(words)
