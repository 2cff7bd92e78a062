"""What is behind a cell of the table: the headcounts, sessions, covers and schools of its figures."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from schools.core.periods import Period
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Area, School
from schools.programme.models import Audience
from schools.reach.behind import (
    CohortReached,
    CountLine,
    LineageLines,
    LineageYearLine,
    PersonDayLine,
    PersonLine,
    SchoolLine,
    YearReached,
    cohorts_together,
)
from schools.reach.figures import DrillDown
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.fold_rows import ENTRY, PLACE, RollsInOrder
from schools.reach.headcount_codec import CLASSES, ROOM, by_session, year_and_group
from schools.reach.places import ALONE, OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, Paths, Scope
from schools.reach.queries import counting, known
from schools.reach.queries.kin import CHUNK, first_known
from schools.reach.queries.standing import standing_schools
from schools.reach.queries.tables import scope_of
from schools.reach.queries.tallies import MINUTES_AROUND, is_outside
from schools.reach.rows import Cut
from schools.visits.models import PRESENTING_ROLES, Cover, PupilsAre, Session

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
    key: Any = scope.key_of(cell)
    if scope.by_year_group:
        place, group = key
        if group not in (filters.year_groups or YEAR_GROUPS):
            raise ValueError(cell)
        return Behind(scope.of_year_group(group), WHOLE if within is None else place)
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
        """Yield everything that was counted, and those whom nobody counted, by lineage."""
        scope = self.scope
        missing = self._uncounted()
        stretches = known.stretches(scope)
        rolls = RollsInOrder(known.exact_rolls(scope))
        by_lineage = groupby(self.counts(), key=attrgetter("lineage"))
        counted = ((lineage, list(counts)) for lineage, counts in by_lineage)
        alone = ((lineage, None) for lineage in sorted(missing))
        for lineage, parts in groupby(merge(counted, alone, key=itemgetter(0)), key=itemgetter(0)):
            counts = [count for _, some in parts for count in some or ()]
            entries: defaultdict[int, dict[int, str]] = defaultdict(dict)
            uncounted = {(count.chain, count.academic_year, count.year_group) for count in counts if count.pupils is None}
            for count in counts:
                entries[count.chain][count.school] = count.school_name
            for chain, school, name, of_class in missing.get(lineage, ()):
                uncounted.add((chain, *of_class))
                entries[chain].setdefault(school, name)
            exact = {
                (chain, *year_and_group(of_class)): pupils
                for chain, classes in rolls.of(lineage).items()
                for of_class, pupils in classes.items()
            }

            def stretch_of(count: CountLine) -> Hashable:
                return stretches.of(count.lineage, count.chain, count.session)

            yield LineageLines(counts, exact, uncounted, entries, stretch_of)

    def _uncounted(self) -> dict[int, list[tuple[int, int, str, tuple[int, int]]]]:
        """Return by lineage chain, school, its name and class of those who may have been in sessions without a number."""
        rows = known.uncounted(self.scope, counting.visits_without_headcounts(self.scope))
        here = [row for row in rows if row[PLACE] == self.key or (self.key is WHOLE and not is_outside(row[PLACE]))]
        names = dict(School.objects.filter(pk__in={row[ENTRY] for row in here}).values_list("pk", "name"))
        missing: defaultdict[int, list[tuple[int, int, str, tuple[int, int]]]] = defaultdict(list)
        for lineage, chain, school, _, grouped, _ in here:
            for _, number in by_session(grouped):
                missing[lineage].append((chain, school, names[school], year_and_group(number // ROOM % CLASSES)))
        return missing

    def counts(self) -> Iterator[CountLine]:
        """Yield the headcounts, ordered by lineage and, within a lineage, by day."""
        series = [session_type.pk for session_type in self.scope.types if session_type.series]
        types = {session_type.pk: session_type for session_type in self.scope.types}
        lineage = first_known("school__lineage", "school_id")
        again = _truth(Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series))
        rows = self._here(counting.counted(self.scope), OF_HEADCOUNTS)
        ordered = rows.order_by(lineage, "session__day", "session__starts", "session_id", "year_group", "school_id")
        columns = ("school_id", "school__name", "school__register_id", lineage, first_known("school__chain", "school_id"))
        share = _truth(counting.is_a_share(self.scope))
        facts = ("session__academic_year", "year_group", "pupils", again, "session__count_basis", share)
        headcounts = ordered.values_list("session_id", "session__day", "session__type_id", "school__nation", *columns, *facts)
        for session, day, kind, nation, *rest in headcounts.iterator(CHUNK):
            yield CountLine(session, day, kind, types[kind].name_in(nation), types[kind].is_online, *rest)

    def estimates(self) -> Iterator[CountLine]:
        """Return the headcounts that are estimates and add something."""
        return (count for count in self.counts() if count.is_estimate and count.pupils)

    def years(self, *, online: bool | None = None) -> Iterator[YearReached]:
        """Yield the schools that were reached in each school year, by any session type or by the types of one channel."""
        for lineage in self.lineages():
            for year in lineage.years:
                if pupils := year.pupils(online=online):
                    yield YearReached(year, pupils)

    def years_in_person(self) -> Iterator[YearReached]:
        """Return the schools that were reached in person."""
        return self.years(online=False)

    def years_online(self) -> Iterator[YearReached]:
        """Return the schools that were reached online."""
        return self.years(online=True)

    def years_at_most(self) -> Iterator[YearReached]:
        """Yield each school and school year with at most how many pupils, also those of which nothing is known."""
        for lineage in self.lineages():
            for year in lineage.years:
                if year.most or year.is_open:
                    yield YearReached(year, year.most)

    def years_open(self) -> Iterator[YearReached]:
        """Yield each school and school year of which nobody knows at most how many pupils there were."""
        return (year for year in self.years_at_most() if year.year.is_open)

    def low_years(self) -> Iterator[LineageYearLine]:
        """Yield at least how many pupils there were, lineage by lineage and school year by school year."""
        return (year for lineage in self.lineages() for year in lineage.low_years if year.pupils)

    def low_cohorts(self) -> Iterator[CohortReached]:
        """Yield at least how many children of each cohort there were in all schools together."""
        together = cohorts_together(self.low_years())
        return (CohortReached(["All schools together"], cohort) for cohort in together if cohort.children)

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

    def chains_not_counted(self) -> list[int]:
        """Return the chains that were visited and in whose sessions nobody counted, in order."""
        counted = self._here(counting.counted(self.scope), OF_HEADCOUNTS).exclude(pupils=None)
        chains = counted.order_by().values_list(first_known("school__chain", "school_id"), flat=True)
        return sorted(self.visited.difference(chains))

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
                whole_programme=standing.whole_programme,
                roll=standing.pupils(groups),
                roll_estimated=not groups.isdisjoint(standing.estimated),
            )
            for standing in standing_schools(scope, one_by_one=True).schools
            if self.key is WHOLE or standing.place == place
        ]

    def chains_standing(self) -> list[SchoolLine]:
        """Return the same schools with one line for each chain: two entries of one school are one school.

        Where they stand in areas with cycles of different lengths, the school is in its cycle as soon as one of them is, and has
        had the whole programme as soon as one of them has.
        """
        lines: dict[int, SchoolLine] = {}
        for school in self.schools():
            line = lines.setdefault(school.chain, school)
            both = {
                "in_cycle": line.in_cycle or school.in_cycle,
                "whole_programme": line.whole_programme or school.whole_programme,
            }
            lines[school.chain] = replace(line, **both)
        return list(lines.values())

    def _visited_anywhere(self, kind: Hashable) -> set[int]:
        within = None if self.scope.by_kind else self.scope.within
        alone = replace(self.scope, within=within, areas=None, filters=replace(self.scope.filters, fifths=frozenset()))
        return Behind(alone, (ALONE, kind) if self.scope.by_kind and self.key is not WHOLE else WHOLE).visited


def _by_day(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.select_related("type", "visit__school").order_by("day", "starts", "pk")


def _truth(condition: Q) -> Case:
    # An integer, because Python converts SQLite's booleans one by one.
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
