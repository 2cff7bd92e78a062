"""What is behind a cell of the reach page, line by line as text, with what each line adds and what they add up to."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse

from schools.accounts.models import User
from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_name
from schools.directory.models import School
from schools.programme.models import Audience
from schools.reach.behind import ClassLine, CohortLine, CountLine, SchoolLine
from schools.reach.queries import Behind
from schools.reach.queries.tables import MINUTES_AROUND
from schools.reach.rows import ReachRow, one_decimal, percent
from schools.visits.models import PRESENTING_ROLES, Session

ON_A_PAGE = 100


@dataclass(frozen=True)
class Text:
    """A cell of a line: what it says, and where it leads."""

    words: str
    address: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Lines:
    """The lines of one page, how many there are in all, and what they add up to."""

    headings: Sequence[str]
    lines: Sequence[Sequence[Text]]
    number: int
    first: int
    sum_words: str


@dataclass(frozen=True)
class Reader:
    """Who reads, and what of it leads them on."""

    user: User
    on: date

    def sessions(self, ids: Collection[int]) -> set[int]:
        """Those of the sessions whose page they may open."""
        if not self.user.has_perm("schools.view_session"):
            return set()
        return set(Session.objects.for_user(self.user, on=self.on).filter(pk__in=ids).values_list("pk", flat=True))

    def schools(self, ids: Collection[int]) -> set[int]:
        """Those of the schools whose page they may open."""
        if not self.user.has_perm("schools.view_school"):
            return set()
        return set(School.objects.for_user(self.user, on=self.on).filter(pk__in=ids).values_list("pk", flat=True))

    @property
    def sees_people(self) -> bool:
        """Whether they read the names of volunteers; others read references."""
        return self.user.has_perm("schools.view_volunteer")


type Show = Callable[[list[Any], Reader], list[list[Text]]]


@dataclass(frozen=True)
class _Kind:
    """How the lines of some figures are found, shown and added up."""

    headings: tuple[str, ...]
    found: Callable[[Behind], Iterable[Any]]
    adds: Callable[[Any], int]
    show: Show
    summed: Callable[[int, int, ReachRow], str] = lambda total, _, __: f"{total:,}"
    """The sum, how many lines, the row."""


def lines_behind(figure: str, found: Behind, row: ReachRow, *, reader: Reader, page: int = 1) -> Lines:
    """The lines behind one figure of the row. Every line is added up, those of other pages too."""
    kind = KINDS[figure]
    first = (page - 1) * ON_A_PAGE
    total, number, here = 0, 0, []
    rows = iter(kind.found(found))
    for number, line in enumerate(rows, start=1):
        total += kind.adds(line)
        if first < number <= first + ON_A_PAGE:
            here.append(line)
    return Lines(kind.headings, kind.show(here, reader), number, first + 1, kind.summed(total, number, row))


# Headcounts


def _counts(found: Behind) -> Iterator[CountLine]:
    return found.counts()


def _estimates(found: Behind) -> Iterator[CountLine]:
    return (one for one in found.counts() if one.is_estimate and one.pupils)


def _show_counts(counts: list[CountLine], reader: Reader) -> list[list[Text]]:
    open_to = reader.sessions({one.session for one in counts})
    schools = reader.schools({one.school for one in counts})
    return [
        [
            _school(one.school, one.school_name, schools),
            _session(one.session, long_day(one.day), open_to),
            Text(f"{one.type_name}{', the same pupils again' if one.is_again else ''}"),
            Text(_group(one.year_group)),
            Text("an estimate" if one.is_estimate else "counted" if one.pupils is not None else "not counted"),
            _number(one.pupils),
        ]
        for one in counts
    ]


# Classes and cohorts


def _classes(*, online: bool | None) -> Callable[[Behind], Iterator[tuple[ClassLine, int]]]:
    def found(behind: Behind) -> Iterator[tuple[ClassLine, int]]:
        for lineage in behind.lineages():
            for one in lineage.classes:
                if reached := one.reached(online=online):
                    yield one, reached

    return found


def _show_classes(classes: list[tuple[ClassLine, int]], reader: Reader) -> list[list[Text]]:
    newest = [max(one.counts, key=lambda count: count.day) for one, _ in classes]
    schools = reader.schools({count.school for count in newest})
    return [
        [
            _school(count.school, count.school_name, schools),
            Text(str(AcademicYear(one.academic_year))),
            Text(_group(one.year_group)),
            Text("; ".join(f"{of_type.type_name} {of_type.pupils:,}" for of_type in one.types)),
            _number(reached),
        ]
        for (one, reached), count in zip(classes, newest, strict=True)
    ]


def _cohorts(found: Behind) -> Iterator[tuple[list[str], CohortLine]]:
    for lineage in found.lineages():
        for cohort in lineage.cohorts:
            if cohort.children:
                yield lineage.school_names, cohort


def _show_cohorts(cohorts: list[tuple[list[str], CohortLine]], _: Reader) -> list[list[Text]]:
    return [
        [
            Text(joined(names)),
            Text(f"September {one.cohort}"),
            Text("; ".join(f"{AcademicYear(year)}: {pupils:,}" for year, pupils in sorted(one.by_year.items()))),
            _number(one.children),
        ]
        for names, one in cohorts
    ]


# Sessions


def _sessions(name: str) -> Callable[[Behind], Iterator[Session]]:
    def found(behind: Behind) -> Iterator[Session]:
        rows = getattr(behind, name).select_related("type", "visit__school").order_by("day", "starts", "pk")
        if name == "sessions":
            return rows.iterator(2_000)  # type: ignore[no-any-return]  # sessions, as each of the three is
        return iter(rows)

    return found


def _for_adults(behind: Behind) -> Iterator[Session]:
    return (one for one in _sessions("sessions")(behind) if one.type.audience == Audience.ADULTS)


def _show_sessions(*, adults: bool = False) -> Show:
    def show(sessions: list[Session], reader: Reader) -> list[list[Text]]:
        open_to = reader.sessions({one.pk for one in sessions})
        schools = reader.schools({one.visit.school_id for one in sessions})
        return [
            [
                _school(one.visit.school_id, one.visit.school.name, schools),
                _session(one.pk, long_day(one.day), open_to),
                Text(one.name),
                _number(one.adults if adults else 1),
            ]
            for one in sessions
        ]

    return show


# People


@dataclass
class _Person:
    name: str
    reference: str
    sessions: int = 0
    presented: int = 0


def _people(found: Behind) -> list[_Person]:
    people: dict[int, _Person] = {}
    covers = found.covers.select_related("volunteer").order_by("volunteer__name", "volunteer_id")
    for cover in covers:
        one = people.setdefault(cover.volunteer_id, _Person(cover.volunteer.name, cover.volunteer.reference))
        one.sessions += 1
        one.presented += cover.role in PRESENTING_ROLES
    return [one for one in people.values() if one.presented]


def _show_people(people: list[_Person], reader: Reader) -> list[list[Text]]:
    return [[Text(one.name if reader.sees_people else one.reference), _number(one.presented), _number(1)] for one in people]


@dataclass
class _PersonsDay:
    name: str
    reference: str
    day: date
    school: str
    minutes: int = MINUTES_AROUND


def _days(found: Behind) -> Iterable[_PersonsDay]:
    days: dict[tuple[int, int, date], _PersonsDay] = {}
    covers = found.covers.select_related("volunteer", "session__visit__school")
    for cover in covers.order_by("session__day", "volunteer__name", "pk"):
        session, person = cover.session, cover.volunteer
        new = _PersonsDay(person.name, person.reference, session.day, session.visit.school.name)
        days.setdefault((person.pk, session.visit_id, session.day), new).minutes += session.minutes
    return days.values()


def _show_days(days: list[_PersonsDay], reader: Reader) -> list[list[Text]]:
    return [
        [
            Text(one.name if reader.sees_people else one.reference),
            Text(long_day(one.day)),
            Text(one.school),
            _number(one.minutes),
        ]
        for one in days
    ]


# Schools


def _chains(name: str) -> Callable[[Behind], list[int]]:
    return lambda found: sorted(getattr(found, name))


def _show_chains(chains: list[int], reader: Reader) -> list[list[Text]]:
    entries: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    of_chains = School.objects.filter(Q(chain__in=chains) | Q(pk__in=chains)).order_by("name", "pk")
    for pk, chain, name in of_chains.values_list("pk", "chain", "name"):
        entries[chain or pk].append((pk, name))
    schools = reader.schools({pk for found in entries.values() for pk, _ in found})
    lines = []
    for chain in chains:
        pk, name = entries[chain][0]
        others = joined(dict.fromkeys(other for _, other in entries[chain][1:]))
        lines.append([_school(pk, name, schools), Text(others), _number(1)])
    return lines


def _show_standing(lines: list[SchoolLine], reader: Reader) -> list[list[Text]]:
    ids = {one.school for one in lines}
    names = dict(School.objects.filter(pk__in=ids).values_list("pk", "name"))
    schools = reader.schools(ids)
    return [
        [
            _school(one.school, names[one.school], schools),
            Text("yes" if one.visited else "no"),
            Text("yes" if one.in_cycle else "no"),
            _roll(one),
        ]
        for one in lines
    ]


def _roll(one: SchoolLine) -> Text:
    if one.roll is None:
        return Text("not known", is_number=True)
    return Text(f"{one.roll:,}{' (estimated)' if one.roll_estimated else ''}", is_number=True)


def _standing(found: Behind) -> list[SchoolLine]:
    return found.schools()


def _distinct(found: Behind) -> list[SchoolLine]:
    """One line of each chain: two entries of one school are one school."""
    return list({one.chain: one for one in found.schools()}.values())


def _share(part: int, whole: int, _: ReachRow) -> str:
    share = percent(part, whole)
    return f"{part:,} of {whole:,} schools{'' if share is None else f': {share} %'}"


def _of_roll(total: int, _: int, row: ReachRow) -> str:
    if row.coverage_percent is None:
        return f"{total:,} pupils on roll; coverage is left blank for periods over 12 months and where no roll is known"
    return f"{total:,} pupils on roll, of whom {row.coverage_percent} % were reached"


def _estimated(_: int, __: int, row: ReachRow) -> str:
    return "yes" if row.pupils_on_roll_estimated else "no"


# Pieces


def _number(value: int | Decimal | None) -> Text:
    return Text("–" if value is None else f"{value:,}", is_number=True)


def _group(group: int) -> str:
    return f"{year_group_name(group, Nation.ENGLAND)} or {year_group_name(group, Nation.SCOTLAND)}"


def _school(pk: int, name: str, open_to: set[int]) -> Text:
    return Text(name, reverse("admin:school-detail", args=[pk]) if pk in open_to else "")


def _session(pk: int, words: str, open_to: set[int]) -> Text:
    return Text(words, reverse("admin:session-detail", args=[pk]) if pk in open_to else "")


COUNTS = ("School", "Day", "Session", "Year group", "How counted", "Pupils")
CLASSES = ("School", "School year", "Year group", "Pupils by session type", "Adds")
SESSIONS = ("School", "Day", "Session", "Adds")
STANDING = ("School", "Visited in the period", "Visited in the cycle", "Pupils on roll")
CHAINS = ("School", "Also registered as", "Adds")

KINDS: dict[str, _Kind] = {
    "attendances": _Kind(COUNTS, _counts, lambda one: one.pupils or 0, _show_counts),
    "attendances_estimated": _Kind(COUNTS, _estimates, lambda one: one.pupils or 0, _show_counts),
    "pupils_reached": _Kind(CLASSES, _classes(online=None), lambda one: one[1], _show_classes),
    "pupils_in_person": _Kind(CLASSES, _classes(online=False), lambda one: one[1], _show_classes),
    "pupils_online": _Kind(CLASSES, _classes(online=True), lambda one: one[1], _show_classes),
    "children_reached": _Kind(
        ("Schools", "Started school", "Pupils reached by school year", "Adds"),
        _cohorts,
        lambda one: one[1].children,
        _show_cohorts,
    ),
    "sessions_delivered": _Kind(SESSIONS, _sessions("sessions"), lambda _: 1, _show_sessions()),
    "outcomes_missing": _Kind(SESSIONS, _sessions("outcomes_missing"), lambda _: 1, _show_sessions()),
    "counts_missing": _Kind(SESSIONS, _sessions("counts_missing"), lambda _: 1, _show_sessions()),
    "adults": _Kind((*SESSIONS[:3], "Adults"), _for_adults, lambda one: one.adults or 0, _show_sessions(adults=True)),
    "volunteers_active": _Kind(("Person", "Sessions led or presented", "Adds"), _people, lambda _: 1, _show_people),
    "volunteer_hours": _Kind(
        ("Person", "Day", "School", "Minutes"),
        _days,
        lambda one: one.minutes,
        _show_days,
        lambda total, _, __: f"{total:,} minutes: {one_decimal(total, 60):,} hours",
    ),
    "schools_visited": _Kind(CHAINS, _chains("visited"), lambda _: 1, _show_chains),
    "schools_online_only": _Kind(CHAINS, _chains("online_only"), lambda _: 1, _show_chains),
    "schools_in_area": _Kind(STANDING, _distinct, lambda _: 1, _show_standing),
    "school_coverage_percent": _Kind(STANDING, _distinct, lambda one: one.visited, _show_standing, _share),
    "schools_visited_in_cycle": _Kind(STANDING, _distinct, lambda one: one.in_cycle, _show_standing),
    "cycle_coverage_percent": _Kind(STANDING, _distinct, lambda one: one.in_cycle, _show_standing, _share),
    "pupils_on_roll": _Kind(STANDING, _standing, lambda one: one.roll or 0, _show_standing),
    "pupils_on_roll_estimated": _Kind(STANDING, _standing, lambda one: one.roll_estimated, _show_standing, _estimated),
    "coverage_percent": _Kind(STANDING, _standing, lambda one: one.roll or 0, _show_standing, _of_roll),
}
"""How each figure's lines are shown; the rule by which they add up is schools.reach.behind.RULES."""
