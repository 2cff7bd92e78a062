"""What is behind a cell of the table: the headcounts, sessions, covers and schools that make its figures."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from schools.core.periods import Period
from schools.directory.models import Area
from schools.reach.behind import CountLine, LineageLines, SchoolLine
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.places import ALONE, OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, Paths, Scope
from schools.reach.queries import counting
from schools.reach.queries.standing import CHUNK, first_known, standing_schools
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut
from schools.visits.models import CountBasis, Cover, PupilsAre, Session

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
    """What makes the figures of one row of `reach` with the same arguments; `cell` is the row's, "total" the total's.

    Raises ValueError where there is no such cell in the cut.
    """
    scope = scope_of(period, by=by, within=within, filters=filters, as_of=as_of, areas=areas)
    if cell == "total":
        if scope.by_year_group:
            # A session is in several rows, but once in the total.
            scope = replace(scope, by=Cut.NATION, within=None)
        return Behind(scope, WHOLE)
    key = scope.key_of(cell)
    if scope.by_year_group:
        group: Any = scope.parts(key)[1]
        if filters.year_groups and group not in filters.year_groups:
            raise ValueError(cell)
        # A session is in the rows of all its year groups: behind this one is what the table filtered to it has.
        scope = replace(scope, filters=replace(filters, year_groups=frozenset({group})))
    return Behind(scope, key)


@dataclass(frozen=True)
class Behind:
    """The lines behind one cell; each list is asked for when it is looked at."""

    scope: Scope
    key: Any
    """The row's key; WHOLE for the total."""

    def _here[M: Model](self, rows: QuerySet[M], paths: Paths) -> QuerySet[M]:
        return rows if self.key is WHOLE else self.scope.at(self.key, rows, paths)

    def lineages(self) -> Iterator[LineageLines]:
        """Everything that was counted, by schools that followed one another; what each adds to a figure, it says itself."""
        for _, counts in groupby(self.counts(), key=attrgetter("lineage")):
            yield LineageLines(list(counts))

    def counts(self) -> Iterator[CountLine]:
        """The headcounts, lineage by lineage, within one by day."""
        series = [one.pk for one in self.scope.types if one.series]
        types = {one.pk: one for one in self.scope.types}
        lineage = first_known("school__lineage", "school_id")
        again = _truth(Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series))
        estimate = _truth(~Q(session__count_basis=CountBasis.COUNTED))
        rows = self._here(counting.counted(self.scope), OF_HEADCOUNTS)
        ordered = rows.order_by(lineage, "session__day", "session__starts", "session_id", "year_group", "school_id")
        columns = ("school_id", "school__name", "school__register_id", lineage, first_known("school__chain", "school_id"))
        facts = ("session__academic_year", "year_group", "pupils", again, estimate)
        found = ordered.values_list("session_id", "session__day", "session__type_id", "school__nation", *columns, *facts)
        for session, day, kind, nation, *rest in found.iterator(CHUNK):
            yield CountLine(session, day, kind, types[kind].name_in(nation), types[kind].is_online, *rest)

    @property
    def sessions(self) -> QuerySet[Session]:
        """The delivered sessions; the sum of adults is over those for adults."""
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
        found = counting.outcomes_missing(self.scope)
        return Session.objects.filter(pk__in=[pk for pk, key in found if self.key is WHOLE or key == self.key])

    @property
    def covers(self) -> QuerySet[Cover]:
        """Covers of people who were there, in any role."""
        rows = self._here(counting.attended(self.scope), OF_COVERS).order_by().values("pk")
        return Cover.objects.filter(pk__in=rows)

    @cached_property
    def visited(self) -> set[int]:
        """Chains with a counted in-person session here."""
        return self._chains(online=False)

    @cached_property
    def online_only(self) -> set[int]:
        """Chains with online sessions alone here."""
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
        """The schools that stand in the place, and which of them were visited, wherever they belonged then."""
        scope = self.scope
        place, kind = (None, None) if self.key is WHOLE else scope.parts(self.key)
        if not scope.counts_schools(kind):
            return []
        groups = scope.groups if self.key is WHOLE else scope.groups_of(kind)
        visited = self._visited_anywhere(kind)
        return [
            SchoolLine(
                school=one.school,
                chain=one.chain,
                visited=one.chain in visited,
                in_cycle=one.in_cycle,
                roll=sum(one.roll.get(group, 0) for group in groups) if one.roll and groups else None,
                roll_estimated=not groups.isdisjoint(one.estimated),
            )
            for one in standing_schools(scope, one_by_one=True).schools
            if self.key is WHOLE or one.place == place
        ]

    def _visited_anywhere(self, kind: Hashable) -> set[int]:
        alone = replace(self.scope, within=None if self.scope.by_kind else self.scope.within, areas=None)
        return Behind(alone, (ALONE, kind) if self.scope.by_kind and self.key is not WHOLE else WHOLE).visited


def _truth(condition: Q) -> Case:
    # An integer: SQLite's booleans are converted one by one in Python.
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
