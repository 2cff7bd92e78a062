"""In how many of their years at school the children who now leave it were reached (docs/figures.md, dose)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import F, Min, QuerySet

from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.core.year_groups import YEAR_GROUPS, year_groups_of_ages
from schools.directory.models import Area, School
from schools.programme.models import Audience
from schools.reach.dose import DoseRow, DoseTable, Leavers
from schools.reach.figures.declaration import DrillDown
from schools.reach.filters import EVERYTHING
from schools.reach.places import Scope, in_order
from schools.reach.queries.kin import CHUNK, first_known
from schools.reach.queries.standing import StandingSchool, standing_schools
from schools.reach.queries.tables import scope_of
from schools.reach.rows import TOTAL, Cut
from schools.visits.models import Headcount, Session, SessionStage

LEAVING = YEAR_GROUPS[-1]
"""Year 6 or P7: the last year group of ours."""


def dose(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> DoseTable:
    """Return the children who leave Year 6 (P7) in `year`, by area and by the number of years in which they were reached.

    Schools, places and rolls are those of schools in area. `areas` None means all. The number of queries is constant.
    """
    lines, scope, first_year = _leavers(year, as_of=as_of, areas=areas)
    by_place: defaultdict[int | None, DoseRow] = defaultdict(DoseRow)
    total = DoseRow(area=TOTAL, cell="total")
    for line in lines:
        by_place[line.area] = by_place[line.area].plus(line)
        total = total.plus(line)
    rows = [
        replace(by_place[area], nation=names.nation, region=names.region, area=names.area, cell=names.cell)  # type: ignore[index]  # an area's id
        for area, names in in_order(scope, by_place)
    ]
    return DoseTable(year, as_of, first_year, rows, total)


@dataclass(frozen=True)
class DoseBehind:
    """The schools behind one cell of the table of dose."""

    schools: list[Leavers] = field(default_factory=list)

    def lines(self, drill_down: DrillDown) -> Iterator[Leavers]:
        """Return the lines behind a figure, from the method that its declaration names."""
        return iter(getattr(self, drill_down.question)())

    def leavers(self) -> list[Leavers]:
        """Return every school that has children in Year 6."""
        return self.schools

    def with_roll(self) -> list[Leavers]:
        """Return those whose roll of Year 6 is known."""
        return [line for line in self.schools if line.pupils is not None]

    def estimated(self) -> list[Leavers]:
        """Return those whose roll of Year 6 is a share of the register's total."""
        return [line for line in self.schools if line.is_estimated]

    def without_roll(self) -> list[Leavers]:
        """Return those of which nobody knows how many leave."""
        return [line for line in self.schools if line.pupils is None]


def dose_behind(year: AcademicYear, *, cell: str, as_of: date, areas: QuerySet[Area] | None = None) -> DoseBehind:
    """Return the schools behind a row of `dose` with the same arguments; none where there is no such row."""
    lines, _, _ = _leavers(year, as_of=as_of, areas=areas)
    return DoseBehind([line for line in lines if cell in {"total", "none" if line.area is None else str(line.area)}])


def _leavers(
    year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None
) -> tuple[list[Leavers], Scope, AcademicYear | None]:
    """Return a line for each school with children in Year 6, the scope, and the first year of which anything is recorded."""
    with snapshot():
        scope = scope_of(year.period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        standing = standing_schools(scope, one_by_one=True)
        columns = ("pk", first_known("lineage", "pk"), "low_age", "high_age")
        facts = {pk: rest for pk, *rest in School.objects.order_by().values_list(*columns).iterator(CHUNK)}
        reached = _years_reached(scope, year)
        recorded = Session.objects.delivered().filter(type__audience=Audience.PUPILS)
        first = recorded.aggregate(first=Min("academic_year"))["first"]
    at_school = range(year.start - len(YEAR_GROUPS) + 1, year.start + 1)
    lines = []
    for school in standing.schools:
        lineage, *ages = facts[school.school]
        if LEAVING in year_groups_of_ages(*ages) or LEAVING in school.roll:
            years = tuple(AcademicYear(start) for start in sorted(reached.get(lineage, ())))
            unknown = sum(first is None or start < first for start in at_school)
            lines.append(_line(school, years, unknown))
    lines.sort(key=lambda line: (len(line.years), -(line.pupils or 0), line.school))
    return lines, scope, None if first is None else AcademicYear(first)


def _line(school: StandingSchool, years: tuple[AcademicYear, ...], unknown: int) -> Leavers:
    area = school.place if isinstance(school.place, int) else None
    is_estimated = LEAVING in school.estimated
    return Leavers(school.school, area, school.roll.get(LEAVING), is_estimated, years, unknown)


def _years_reached(scope: Scope, year: AcademicYear) -> dict[int, set[int]]:
    """Return by lineage the academic years in which pupils of the cohort were counted, more than none, series left out."""
    types = [
        session_type.pk for session_type in scope.types if session_type.audience == Audience.PUPILS and not session_type.series
    ]
    counted = Headcount.objects.filter(
        session__stage=SessionStage.DELIVERED,
        session__type__in=types,
        session__academic_year=F("year_group") + year.start - LEAVING,
        session__day__lte=year.last_day,
        pupils__gt=0,
    )
    years: defaultdict[int, set[int]] = defaultdict(set)
    rows = counted.order_by().values_list(first_known("school__lineage", "school_id"), "session__academic_year").distinct()
    for lineage, start in rows.iterator(CHUNK):
        years[lineage].add(start)
    return years
