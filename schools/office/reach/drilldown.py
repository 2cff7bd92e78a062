"""What is behind a cell of the reach page, line by line as text: what each line adds, and what the lines add up to."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_anywhere
from schools.directory.models import School
from schools.reach.behind import (
    ClassLine,
    CohortReached,
    CountLine,
    LineageYearLine,
    PersonDayLine,
    PersonLine,
    SchoolLine,
    YearReached,
)
from schools.reach.dose import Leavers
from schools.reach.feedback import Asked, FeedbackBehind, Opinions
from schools.reach.figures import Figure, LineKind
from schools.reach.queries import Behind
from schools.reach.queries.dose import DoseBehind
from schools.visits.models import Session

ON_A_PAGE = 100


@dataclass(frozen=True)
class Text:
    """A cell of a line: its words, and the address that they link to; blank for no link."""

    words: str
    address: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Lines:
    """The lines of one page, the number of all lines, and what all of them add up to."""

    headings: Sequence[str]
    lines: Sequence[Sequence[Text]]
    number: int
    first: int
    sum_words: str


@dataclass(frozen=True)
class Reader:
    """The user who reads, and the day; they decide which lines link to a page."""

    user: User
    on: date

    def sessions(self, ids: Collection[int]) -> set[int]:
        """Return those of the sessions whose page the user may open."""
        if not self.user.has_perm("schools.view_session"):
            return set()
        return set(Session.objects.for_user(self.user, on=self.on).filter(pk__in=ids).values_list("pk", flat=True))

    def schools(self, ids: Collection[int]) -> set[int]:
        """Return those of the schools whose page the user may open."""
        if not self.user.has_perm("schools.view_school"):
            return set()
        return set(School.objects.for_user(self.user, on=self.on).filter(pk__in=ids).values_list("pk", flat=True))

    @property
    def sees_people(self) -> bool:
        """Whether the user may read the names of volunteers; others read references."""
        return self.user.has_perm("schools.view_volunteer")


type Show = Callable[[list[Any], Reader], list[list[Text]]]


@dataclass(frozen=True)
class Drawing:
    """How lines of one kind are shown."""

    headings: tuple[str, ...]
    show: Show


def lines_behind(
    figure: Figure, behind: Behind | DoseBehind | FeedbackBehind, row: Any, *, reader: Reader, page: int = 1
) -> Lines:
    """Return the lines behind one figure of the row. All lines are added up, also those of other pages."""
    drill_down = figure.drill_down
    drawing = DRAWINGS[drill_down.lines]
    first = (page - 1) * ON_A_PAGE
    total, number, here = 0, 0, []
    for number, line in enumerate(behind.lines(drill_down), start=1):
        total += drill_down.adds(line)
        if first < number <= first + ON_A_PAGE:
            here.append(line)
    return Lines(drawing.headings, drawing.show(here, reader), number, first + 1, drill_down.sum_words(total, number, row))


def _show_counts(counts: list[CountLine], reader: Reader) -> list[list[Text]]:
    open_to = reader.sessions({count.session for count in counts})
    schools = reader.schools({count.school for count in counts})
    return [
        [
            _school(count.school, count.school_name, schools),
            _session(count.session, long_day(count.day), open_to),
            Text(f"{count.type_name}{', the same pupils again' if count.is_again else ''}"),
            Text(year_group_anywhere(count.year_group)),
            Text("an estimate" if count.is_estimate else "counted" if count.pupils is not None else "not counted"),
            _number(count.pupils),
        ]
        for count in counts
    ]


def _show_years(lines: list[YearReached], reader: Reader) -> list[list[Text]]:
    entries = [line.year.school for line in lines]
    schools = reader.schools({pk for pk, _ in entries})
    return [
        [
            _school(*entry, schools),
            Text(str(AcademicYear(line.year.academic_year))),
            Text("; ".join(_class_in_words(of_class) for of_class in line.year.classes)),
            Text(f"{line.year.low():,} to {line.year.most:,}{' and more' if line.year.is_open else ''}", is_number=True),
            _number(line.pupils),
        ]
        for line, entry in zip(lines, entries, strict=True)
    ]


def _class_in_words(of_class: ClassLine) -> str:
    """Return like “Year 5 or P6: KS2 assembly 58, Workshop 59, roll 60, somebody not counted”."""
    parts = [f"{of_type.type_name} {of_type.pupils:,}" for of_type in of_class.types]
    parts += [] if of_class.roll is None else [f"roll {of_class.roll:,}"]
    parts += ["somebody not counted"] if of_class.is_uncounted else []
    return f"{year_group_anywhere(of_class.year_group)}: {', '.join(parts)}"


def _show_lineage_years(lines: list[LineageYearLine], _: Reader) -> list[list[Text]]:
    return [
        [
            Text(joined(line.school_names)),
            Text(str(AcademicYear(line.academic_year))),
            Text("; ".join(f"{year_group_anywhere(group)}: {pupils:,}" for group, pupils in sorted(line.by_group.items()))),
            Text(", ".join(f"{pupils:,}" for pupils in line.stretches), is_number=True),
            _number(line.pupils),
        ]
        for line in lines
    ]


def _show_cohorts(cohorts: list[CohortReached], _: Reader) -> list[list[Text]]:
    return [
        [
            Text(joined(line.school_names)),
            Text(f"September {line.cohort.cohort}"),
            Text("; ".join(f"{AcademicYear(year)}: {pupils:,}" for year, pupils in sorted(line.cohort.by_year.items()))),
            _number(line.cohort.children),
        ]
        for line in cohorts
    ]


def _show_sessions(*, adults: bool = False) -> Show:
    def show(sessions: list[Session], reader: Reader) -> list[list[Text]]:
        open_to = reader.sessions({session.pk for session in sessions})
        schools = reader.schools({session.visit.school_id for session in sessions})
        return [
            [
                _school(session.visit.school_id, session.visit.school.name, schools),
                _session(session.pk, long_day(session.day), open_to),
                Text(session.name),
                _number(session.adults if adults else 1),
            ]
            for session in sessions
        ]

    return show


def _show_people(people: list[PersonLine], reader: Reader) -> list[list[Text]]:
    return [
        [Text(person.name if reader.sees_people else person.reference), _number(person.presented), _number(1)]
        for person in people
    ]


def _show_days(days: list[PersonDayLine], reader: Reader) -> list[list[Text]]:
    return [
        [
            Text(line.name if reader.sees_people else line.reference),
            Text(long_day(line.day)),
            Text(line.school),
            _number(line.minutes),
        ]
        for line in days
    ]


def _show_chains(chains: list[int], reader: Reader) -> list[list[Text]]:
    entries: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    of_chains = School.objects.filter(Q(chain__in=chains) | Q(pk__in=chains)).order_by("name", "pk")
    for pk, chain, name in of_chains.values_list("pk", "chain", "name"):
        entries[chain or pk].append((pk, name))
    schools = reader.schools({pk for named in entries.values() for pk, _ in named})
    lines = []
    for chain in chains:
        pk, name = entries[chain][0]
        others = joined(dict.fromkeys(other for _, other in entries[chain][1:]))
        lines.append([_school(pk, name, schools), Text(others), _number(1)])
    return lines


def _show_standing(lines: list[SchoolLine], reader: Reader) -> list[list[Text]]:
    ids = {line.school for line in lines}
    names = dict(School.objects.filter(pk__in=ids).values_list("pk", "name"))
    schools = reader.schools(ids)
    return [
        [
            _school(line.school, names[line.school], schools),
            Text("yes" if line.visited else "no"),
            Text("yes" if line.in_cycle else "no"),
            Text("yes" if line.whole_programme else "no"),
            _roll(line),
        ]
        for line in lines
    ]


def _show_leavers(lines: list[Leavers], reader: Reader) -> list[list[Text]]:
    ids = {line.school for line in lines}
    names = dict(School.objects.filter(pk__in=ids).values_list("pk", "name"))
    schools = reader.schools(ids)
    return [
        [
            _school(line.school, names[line.school], schools),
            Text(joined(str(year) for year in line.years) or "none"),
            Text(f"{line.unknown} of 7" if line.unknown else "all are recorded"),
            Text(
                "not known" if line.pupils is None else f"{line.pupils:,}{' (estimated)' if line.is_estimated else ''}",
                is_number=True,
            ),
        ]
        for line in lines
    ]


def _show_asked(lines: list[Asked], reader: Reader) -> list[list[Text]]:
    ids = {line.school for line in lines}
    names = dict(School.objects.filter(pk__in=ids).values_list("pk", "name"))
    schools, open_to = reader.schools(ids), reader.sessions({line.session for line in lines})
    return [
        [
            _school(line.school, names[line.school], schools),
            _session(line.session, long_day(line.day), open_to),
            Text("not yet" if line.answers is None else "yes"),
            _number(1),
        ]
        for line in lines
    ]


def _show_opinions(lines: list[Opinions], _: Reader) -> list[list[Text]]:
    return [[Text(str(line.opinion.label)), _number(line.number)] for line in lines]


def _roll(line: SchoolLine) -> Text:
    if line.roll is None:
        return Text("not known", is_number=True)
    return Text(f"{line.roll:,}{' (estimated)' if line.roll_estimated else ''}", is_number=True)


def _number(value: int | None) -> Text:
    return Text("–" if value is None else f"{value:,}", is_number=True)


def _school(pk: int, name: str, open_to: set[int]) -> Text:
    return Text(name, reverse("admin:school-detail", args=[pk]) if pk in open_to else "")


def _session(pk: int, words: str, open_to: set[int]) -> Text:
    return Text(words, reverse("admin:session-detail", args=[pk]) if pk in open_to else "")


SCHOOL_DAY_SESSION = ("School", "Day", "Session")

DRAWINGS = {
    LineKind.COUNT: Drawing((*SCHOOL_DAY_SESSION, "Year group", "How counted", "Pupils"), _show_counts),
    LineKind.SCHOOL_YEAR: Drawing(("School", "School year", "What was counted", "At least, at most", "Adds"), _show_years),
    LineKind.LINEAGE_YEAR: Drawing(
        ("Schools", "School year", "Largest headcounts", "Before and after a merger or split", "Adds"), _show_lineage_years
    ),
    LineKind.COHORT: Drawing(("Schools", "Started school", "Pupils reached by school year", "Adds"), _show_cohorts),
    LineKind.SESSION: Drawing((*SCHOOL_DAY_SESSION, "Adds"), _show_sessions()),
    LineKind.ADULTS: Drawing((*SCHOOL_DAY_SESSION, "Adults"), _show_sessions(adults=True)),
    LineKind.PERSON: Drawing(("Person", "Sessions led or presented", "Adds"), _show_people),
    LineKind.PERSON_DAY: Drawing(("Person", "Day", "School", "Minutes"), _show_days),
    LineKind.LEAVERS: Drawing(("School", "Counted in", "Years not recorded", "Pupils leaving"), _show_leavers),
    LineKind.ASKED: Drawing(("School", "Last day", "Answered", "Adds"), _show_asked),
    LineKind.OPINION: Drawing(("Answer", "Schools"), _show_opinions),
    LineKind.CHAIN: Drawing(("School", "Also registered as", "Adds"), _show_chains),
    LineKind.SCHOOL: Drawing(
        ("School", "Visited in the period", "Visited in the cycle", "Whole programme", "Pupils on roll"), _show_standing
    ),
}
"""How to show each kind of line that a figure of schools.reach.figures may have behind it."""
