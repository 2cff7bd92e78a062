"""The pupils of a school year for its pictures, beside those of a year before, and of the years in which they were at school."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.directory.models import Area
from schools.reach.filters import EVERYTHING
from schools.reach.fold import Figures, reached_by_lineage
from schools.reach.fold_rows import PLACE, Known, Row
from schools.reach.headcount_codec import year_and_group
from schools.reach.places import OUTSIDE
from schools.reach.queries import known
from schools.reach.queries.children import years_at_school
from schools.reach.queries.standing import in_places
from schools.reach.queries.standing_facts import standing_facts
from schools.reach.queries.tables import by_cell, fold_of, of_pupils, rows_for_fold, scope_of
from schools.reach.rows import Cut, ReachTable


@dataclass(frozen=True)
class YearsCompared:
    """A school year by area, beside what it is compared with."""

    now: ReachTable
    """As `pupils_alone`."""
    before: dict[str, Figures]
    """As `figures_alone`: the figures of each row of the period before by its cell, and of the total."""
    by_class: Mapping[tuple[int, int], int]
    """Pupils reached by academic year and year group, in the years in which the pupils of the year were at school."""


def years_compared(year: AcademicYear, before: Period, *, as_of: date, areas: QuerySet[Area] | None = None) -> YearsCompared:
    """Return the pupils of the year, and what they are compared with.

    What the three periods rest on is asked for together; the headcounts of everything are read one period after the other.
    """
    with snapshot():
        scopes = [
            scope_of(period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
            for period in (year.period, before, years_at_school(year))
        ]
        facts = standing_facts(scopes[0])
        now, then, at_school = rows_for_fold(scopes, known.stretches_of_periods(scopes), [facts, None, None])
        standing = in_places(scopes[0], facts)
        return YearsCompared(
            of_pupils(scopes[0], standing, fold_of(scopes[0], *now, standing)),
            by_cell(scopes[1], fold_of(scopes[1], *then, None)),
            _by_class(at_school[0](), at_school[1]),
        )


def _by_class(rows: Iterable[Row], own: Known) -> dict[tuple[int, int], int]:
    pupils_of: defaultdict[tuple[int, int], int] = defaultdict(int)
    for _, reached in reached_by_lineage((row for row in rows if row[PLACE] is not OUTSIDE), own):
        for classes in reached.values():
            for of_class, pupils in classes.items():
                pupils_of[year_and_group(of_class)] += pupils
    return dict(pupils_of)
