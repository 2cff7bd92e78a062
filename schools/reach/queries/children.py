"""Which children were reached over their years at school, and which never were."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from schools.core.ids import Ids
from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Area, School
from schools.reach.filters import EVERYTHING
from schools.reach.fold import children_by_cohort, reached_by_lineage
from schools.reach.places import Scope
from schools.reach.queries import counting, known
from schools.reach.queries.kin import stored_kin
from schools.reach.queries.standing import StandingSchool, standing_schools
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut


def years_at_school(year: AcademicYear) -> Period:
    """Return the academic years in which the pupils of Reception to Year 6 in `year` were at school."""
    first = AcademicYear(year.start - len(YEAR_GROUPS) + 1)
    return Period.parse(f"{first}..{year}")


@dataclass(frozen=True)
class ColdSchool:
    """A school, its pupils on roll, and about how many of them were never reached."""

    school: int
    area: int | None
    roll: int
    never: int
    is_estimated: bool


@dataclass
class ColdSpots:
    """The schools ordered by children never reached, most first, and the same by area."""

    schools: list[ColdSchool] = field(default_factory=list)
    without_roll: int = 0
    """The number of schools that are left out, because nobody knows how many pupils they have."""

    def by_area(self) -> list[tuple[int | None, int, int, int]]:
        """Return a line for each area, most children never reached first.

        Area, children never reached, pupils on roll, schools where nobody was ever reached: of an empty one there is nobody.
        """
        sums: defaultdict[int | None, list[int]] = defaultdict(lambda: [0, 0, 0])
        for cold_school in self.schools:
            nobody = 0 < cold_school.never == cold_school.roll
            for place, number in enumerate((cold_school.never, cold_school.roll, nobody)):
                sums[cold_school.area][place] += number
        return sorted(((area, *numbers) for area, numbers in sums.items()), key=lambda line: -line[1])  # type: ignore[misc]  # three


def cold_spots(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> ColdSpots:
    """Return the children on roll in `year` who were in no session in any of their years at school, school by school.

    For each cohort that is the pupils on roll without the children reached (docs/figures.md), wherever they were reached.
    Children reached is *about*: where the same pupils came again and nobody marked it, more were never reached. Schools that
    followed one another share the children reached, who are subtracted from the larger schools first. The number of queries is
    constant.
    """
    with snapshot():
        scope = _scope(year, as_of=as_of, areas=areas)
        standing = standing_schools(scope, one_by_one=True)
        kin = stored_kin({school.school for school in standing.schools})
        together: defaultdict[int, list[StandingSchool]] = defaultdict(list)
        for school in standing.schools:
            lineage, _ = kin.get(school.school, (school.school, school.chain))
            together[lineage].append(school)
        stretches = known.stretches(scope)
        counted = counting.headcounts(scope, _chains_of(together) if scope.areas is not None else (), stretches)
        by_lineage = reached_by_lineage(counted, known.known(scope, stretches))
        reached = {lineage: chains for lineage, chains in by_lineage if lineage in together}
    spots = ColdSpots()
    for lineage, schools in together.items():
        with_roll = [school for school in schools if school.roll]
        spots.without_roll += len(schools) - len(with_roll)
        spots.schools += _of_lineage(with_roll, children_by_cohort(reached.get(lineage, {}).values()), year)
    spots.schools.sort(key=lambda school: (-school.never, -school.roll, school.school))
    return spots


def _chains_of(lineages: Collection[int]) -> set[int]:
    """Return the chains of the lineages, also those of which no school stands in the areas: their children were reached too."""
    rows = School.objects.filter(lineage__in=Ids(lineages)).order_by().values_list("chain", "pk")
    return {chain or pk for chain, pk in rows}.union(lineages)


def _of_lineage(schools: list[StandingSchool], cohorts: dict[int, int], year: AcademicYear) -> Iterator[ColdSchool]:
    left = dict(cohorts)
    for standing in sorted(schools, key=lambda school: (-sum(school.roll.values()), school.school)):
        never = 0
        for group, pupils in standing.roll.items():
            cohort = year.start - group
            seen = min(pupils, left.get(cohort, 0))
            left[cohort] = left.get(cohort, 0) - seen
            never += pupils - seen
        area = standing.place if isinstance(standing.place, int) else None
        yield ColdSchool(standing.school, area, sum(standing.roll.values()), never, bool(standing.estimated))


def _scope(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None) -> Scope:
    return scope_of(years_at_school(year), by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
