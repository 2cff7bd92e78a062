"""What is behind a cell of the table: the headcounts, sessions, covers and schools of its figures."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from schools.core.periods import Period
from schools.directory.models import Area
from schools.programme.models import Audience
from schools.reach.behind import (
    ClassReached,
    CohortReached,
    CountLine,
    LineageLines,
    PersonDayLine,
    PersonLine,
    SchoolLine,
)
from schools.reach.figures import DrillDown
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.places import ALONE, OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, Paths, Scope
from schools.reach.queries import counting
from schools.reach.queries.standing import CHUNK, first_known, standing_schools
from schools.reach.queries.tables import MINUTES_AROUND, scope_of
from schools.reach.rows import Cut
from schools.visits.models import PRESENTING_ROLES, CountBasis, Cover, PupilsAre, Session

WHOLE = object()
"""The key of the total."""


def behind(
    period: Period,
    *,
    by: Cut,
    cell: str,
    as_of: date,
    within: Cut | None = None,
    filters: Filters = EVERYTHING,
    areas: QuerySet[Area] | None = None,
) -> "Behind":
    """Return what makes the figures of one row of `reach` with the same arguments; `cell` is the row's, "total" the total's.

    Raises ValueError where the cut has no such cell.
    """
    scope = scope_of(period, by=by, within=within, filters=filters, as_of=as_of, areas=areas)
    if cell == "total":
        if scope.by_year_group:
            # A session is in several rows, but only once in the total.
            scope = replace(scope, by=Cut.NATION, within=None)
        return Behind(scope, WHOLE)
    key = scope.key_of(cell)
    if scope.by_year_group:
        group: Any = scope.parts(key)[1]
        if filters.year_groups and group not in filters.year_groups:
            raise ValueError(cell)
        # A session is in the rows of all its year groups. Behind one of these rows is what the table has when it is filtered to
        # that year group.
        scope = replace(scope, filters=replace(filters, year_groups=frozenset({group})))
    return Behind(scope, key)


@dataclass(frozen=True)
class Behind:
    """The lines behind one cell; each list is read from the database when it is asked for."""

    scope: Scope
    key: Any
    """The row's key; WHOLE for the total."""

    def _here[M: Model](self, rows: QuerySet[M], paths: Paths) -> QuerySet[M]:
        return rows if self.key is WHOLE else self.scope.at(self.key, rows, paths)

    def lines(self, drill_down: DrillDown) -> Iterator[Any]:
        """Return the lines behind a figure, from the method that its declaration names."""
        return iter(getattr(self, drill_down.question)())

    def lineages(self) -> Iterator[LineageLines]:
        """Yield everything that was counted, by lineage; each LineageLines says what it adds to a figure."""
        for _, counts in groupby(self.counts(), key=attrgetter("lineage")):
            yield LineageLines(list(counts))

    def counts(self) -> Iterator[CountLine]:
        """Yield the headcounts, ordered by lineage and, within a lineage, by day."""
        series = [session_type.pk for session_type in self.scope.types if session_type.series]
        types = {session_type.pk: session_type for session_type in self.scope.types}
        lineage = first_known("school__lineage", "school_id")
        again = _truth(Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series))
        estimate = _truth(~Q(session__count_basis=CountBasis.COUNTED))
        rows = self._here(counting.counted(self.scope), OF_HEADCOUNTS)
        ordered = rows.order_by(lineage, "session__day", "session__starts", "session_id", "year_group", "school_id")
        columns = ("school_id", "school__name", "school__register_id", lineage, first_known("school__chain", "school_id"))
        facts = ("session__academic_year", "year_group", "pupils", again, estimate)
        headcounts = ordered.values_list("session_id", "session__day", "session__type_id", "school__nation", *columns, *facts)
        for session, day, kind, nation, *rest in headcounts.iterator(CHUNK):
            yield CountLine(session, day, kind, types[kind].name_in(nation), types[kind].is_online, *rest)

    def estimates(self) -> Iterator[CountLine]:
        """Return the headcounts that are estimates and add something."""
        return (count for count in self.counts() if count.is_estimate and count.pupils)

    def classes(self, *, online: bool | None = None) -> Iterator[ClassReached]:
        """Yield the classes that were reached, by any session type or by the types of one channel."""
        for lineage in self.lineages():
            for of_class in lineage.classes:
                if pupils := of_class.reached(online=online):
                    yield ClassReached(of_class, pupils)

    def classes_in_person(self) -> Iterator[ClassReached]:
        """Return the classes that were reached in person."""
        return self.classes(online=False)

    def classes_online(self) -> Iterator[ClassReached]:
        """Return the classes that were reached online."""
        return self.classes(online=True)

    def cohorts(self) -> Iterator[CohortReached]:
        """Yield the cohorts that were reached, each with the schools that followed one another."""
        for lineage in self.lineages():
            for cohort in lineage.cohorts:
                if cohort.children:
                    yield CohortReached(lineage.school_names, cohort)

    @property
    def sessions(self) -> QuerySet[Session]:
        """The delivered sessions, those for adults too."""
        here = self._here(counting.delivered(self.scope), OF_SESSIONS)
        return Session.objects.filter(pk__in=here.order_by().values("pk"))

    @property
    def counts_missing(self) -> QuerySet[Session]:
        """Delivered sessions for pupils in which a year group was not counted."""
        partly = self._here(counting.partly_counted(self.scope), OF_SESSIONS).order_by().values("pk")
        bare = self._here(counting.without_headcounts(self.scope), OF_SESSIONS).order_by().values("pk")
        return Session.objects.filter(Q(pk__in=partly) | Q(pk__in=bare))

    @property
    def outcomes_missing(self) -> QuerySet[Session]:
        """Sessions for pupils that are still scheduled although their day has passed."""
        missing = counting.outcomes_missing(self.scope)
        return Session.objects.filter(pk__in=[pk for pk, key in missing if self.key is WHOLE or key == self.key])

    def sessions_delivered(self) -> Iterator[Session]:
        """Return the delivered sessions by day, each with its school and type."""
        return _by_day(self.sessions).iterator(CHUNK)

    def sessions_for_adults(self) -> Iterator[Session]:
        """Return the delivered sessions for adults by day."""
        return (session for session in self.sessions_delivered() if session.type.audience == Audience.ADULTS)

    def sessions_without_outcome(self) -> QuerySet[Session]:
        """Return the sessions without an outcome, by day."""
        return _by_day(self.outcomes_missing)

    def sessions_without_count(self) -> QuerySet[Session]:
        """Return the sessions of which a count is missing, by day."""
        return _by_day(self.counts_missing)

    @property
    def covers(self) -> QuerySet[Cover]:
        """Covers of people who were there, in any role."""
        rows = self._here(counting.attended(self.scope), OF_COVERS).order_by().values("pk")
        return Cover.objects.filter(pk__in=rows)

    def people(self) -> list[PersonLine]:
        """Return the people who led or presented a session, by name."""
        people: dict[int, PersonLine] = {}
        covers = self.covers.select_related("volunteer").order_by("volunteer__name", "volunteer_id")
        for cover in covers:
            person = people.setdefault(cover.volunteer_id, PersonLine(cover.volunteer.name, cover.volunteer.reference))
            person.presented += cover.role in PRESENTING_ROLES
        return [person for person in people.values() if person.presented]

    def person_days(self) -> Iterable[PersonDayLine]:
        """Return the visit days of each person who attended, by day."""
        days: dict[tuple[int, int, date], PersonDayLine] = {}
        covers = self.covers.select_related("volunteer", "session__visit__school")
        for cover in covers.order_by("session__day", "volunteer__name", "pk"):
            session, person = cover.session, cover.volunteer
            new = PersonDayLine(person.name, person.reference, session.day, session.visit.school.name, MINUTES_AROUND)
            days.setdefault((person.pk, session.visit_id, session.day), new).minutes += session.minutes
        return days.values()

    def chains_visited(self) -> list[int]:
        """Return the chains that were visited, in order."""
        return sorted(self.visited)

    def chains_online_only(self) -> list[int]:
        """Return the chains that had only online sessions, in order."""
        return sorted(self.online_only)

    @cached_property
    def visited(self) -> set[int]:
        """Chains with a counted in-person session here."""
        return self._chains(online=False)

    @cached_property
    def online_only(self) -> set[int]:
        """Chains that had only online sessions here."""
        return self._chains(online=True) - self.visited

    def _chains(self, *, online: bool) -> set[int]:
        types = [pk for pk in self.scope.for_pupils if (pk in self.scope.online) == online]
        counted = self._here(counting.counted(self.scope), OF_HEADCOUNTS).filter(session__type__in=types)
        bare = self._here(counting.without_headcounts(self.scope), OF_SESSIONS).filter(type__in=types)
        return {
            *counted.order_by().values_list(first_known("school__chain", "school_id"), flat=True),
            *bare.order_by().values_list(first_known("visit__school__chain", "visit__school_id"), flat=True),
        }

    def schools(self) -> list[SchoolLine]:
        """Return the schools that stand in the place, and whether each was visited, wherever it belonged then."""
        scope = self.scope
        place, kind = (None, None) if self.key is WHOLE else scope.parts(self.key)
        if not scope.counts_schools(kind):
            return []
        groups = scope.groups if self.key is WHOLE else scope.groups_of(kind)
        visited = self._visited_anywhere(kind)
        return [
            SchoolLine(
                school=standing.school,
                chain=standing.chain,
                visited=standing.chain in visited,
                in_cycle=standing.in_cycle,
                roll=sum(standing.roll.get(group, 0) for group in groups) if standing.roll and groups else None,
                roll_estimated=not groups.isdisjoint(standing.estimated),
            )
            for standing in standing_schools(scope, one_by_one=True).schools
            if self.key is WHOLE or standing.place == place
        ]

    def chains_standing(self) -> list[SchoolLine]:
        """Return the same schools with one line for each chain: two entries of one school are one school.

        Where they stand in areas with cycles of different lengths, the school is in its cycle as soon as one of them is.
        """
        lines: dict[int, SchoolLine] = {}
        for school in self.schools():
            if school.chain not in lines or school.in_cycle:
                lines[school.chain] = school
        return list(lines.values())

    def _visited_anywhere(self, kind: Hashable) -> set[int]:
        alone = replace(self.scope, within=None if self.scope.by_kind else self.scope.within, areas=None)
        return Behind(alone, (ALONE, kind) if self.scope.by_kind and self.key is not WHOLE else WHOLE).visited


def _by_day(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.select_related("type", "visit__school").order_by("day", "starts", "pk")


def _truth(condition: Q) -> Case:
    # An integer, because Python converts SQLite's booleans one by one.
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
