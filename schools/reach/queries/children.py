"""Which children were reached over the years that they spend at school, and which never."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Area, School
from schools.reach.filters import EVERYTHING
from schools.reach.fold import PLACE, children_by_cohort, reached_by_lineage
from schools.reach.headcount_codec import year_and_group
from schools.reach.places import OUTSIDE, Scope
from schools.reach.queries import counting
from schools.reach.queries.standing import StandingSchool, standing_schools
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut


def years_at_school(year: AcademicYear) -> Period:
    """The academic years in which those who are in Reception to Year 6 in `year` were at school."""
    first = AcademicYear(year.start - len(YEAR_GROUPS) + 1)
    return Period.parse(f"{first}..{year}")


def pupils_by_class(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> dict[tuple[int, int], int]:
    """Pupils reached by academic year and year group, in the years in which this year's pupils were at school."""
    found: defaultdict[tuple[int, int], int] = defaultdict(int)
    with snapshot():
        scope = _scope(year, as_of=as_of, areas=areas)
        rows = counting.headcounts(scope, frozenset())
        for _, reached in reached_by_lineage(row for row in rows if row[PLACE] is not OUTSIDE):
            for classes in reached.values():
                for of_class, pupils in classes.items():
                    found[year_and_group(of_class)] += pupils
    return dict(found)


@dataclass(frozen=True)
class ColdSchool:
    """A school, its pupils on roll, and how many of them, at most, were never reached."""

    school: int
    area: int | None
    roll: int
    never: int
    is_estimated: bool


@dataclass
class ColdSpots:
    """The schools by children never reached, most first, and the areas."""

    schools: list[ColdSchool] = field(default_factory=list)
    without_roll: int = 0
    """Schools of which nobody knows how many pupils they have: they are left out."""

    def by_area(self) -> list[tuple[int | None, int, int, int]]:
        """Area, children never reached, pupils on roll, schools where nobody was ever reached; most children first."""
        sums: defaultdict[int | None, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in self.schools:
            for place, number in enumerate((one.never, one.roll, one.never == one.roll)):
                sums[one.area][place] += number
        return sorted(((area, *numbers) for area, numbers in sums.items()), key=lambda line: -line[1])  # type: ignore[misc]  # three


def cold_spots(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> ColdSpots:
    """Children on roll in `year` who were in no session in any of their years at school, school by school.

    Of each cohort the pupils on roll without the children reached (REACH.md, figure 3), in whatever place that was. Children
    reached are a lower bound, so these are at most so many. Schools that followed one another share who was reached: it is
    taken off the larger ones first. The number of queries is constant.
    """
    with snapshot():
        scope = _scope(year, as_of=as_of, areas=areas)
        standing = standing_schools(scope, one_by_one=True)
        lineages = dict(School.objects.exclude(lineage=None).values_list("pk", "lineage"))
        together: defaultdict[int, list[StandingSchool]] = defaultdict(list)
        for one in standing.schools:
            together[lineages.get(one.school) or one.school].append(one)
        counted = counting.headcounts(scope, standing.chains)
        reached = {lineage: chains for lineage, chains in reached_by_lineage(counted) if lineage in together}
    found = ColdSpots()
    for lineage, schools in together.items():
        known = [one for one in schools if one.roll]
        found.without_roll += len(schools) - len(known)
        found.schools += _of_lineage(known, children_by_cohort(reached.get(lineage, {}).values()), year)
    found.schools.sort(key=lambda one: (-one.never, -one.roll, one.school))
    return found


def _of_lineage(schools: list[StandingSchool], cohorts: dict[int, int], year: AcademicYear) -> Iterator[ColdSchool]:
    left = dict(cohorts)
    for one in sorted(schools, key=lambda school: (-sum(school.roll.values()), school.school)):
        never = 0
        for group, pupils in one.roll.items():
            cohort = year.start - group
            seen = min(pupils, left.get(cohort, 0))
            left[cohort] = left.get(cohort, 0) - seen
            never += pupils - seen
        area = one.place if isinstance(one.place, int) else None
        yield ColdSchool(one.school, area, sum(one.roll.values()), never, bool(one.estimated))


def _scope(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None) -> Scope:
    return scope_of(years_at_school(year), by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
