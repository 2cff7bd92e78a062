"""What is behind a figure, line by line. Plain values; nothing is asked here.

Which lines are behind which figure, and how they add up, is declared with the figure (schools.reach.figures).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby


@dataclass(frozen=True, slots=True)
class CountLine:
    """A headcount of a delivered session for pupils."""

    session: int
    day: date
    session_type: int
    type_name: str
    is_online: bool
    school: int
    school_name: str
    register_id: str
    lineage: int
    chain: int
    academic_year: int
    year_group: int
    pupils: int | None
    """None: not counted, which adds nothing."""
    is_again: bool
    is_estimate: bool


@dataclass(frozen=True)
class TypeLine:
    """Pupils of one class in the sessions of one type."""

    type_name: str
    is_online: bool
    new: int
    again: int

    @property
    def pupils(self) -> int:
        """The new pupils, or the largest group that came again if that is more."""
        return max(self.new, self.again)


@dataclass(frozen=True)
class ClassLine:
    """A school's year group in a school year."""

    chain: int
    academic_year: int
    year_group: int
    counts: Sequence[CountLine]

    @cached_property
    def types(self) -> list[TypeLine]:
        """What each session type reached, in the order of the types."""
        found = []
        for _, of_type in groupby(
            sorted(self.counts, key=lambda count: count.session_type), key=lambda count: count.session_type
        ):
            counts = list(of_type)
            again: defaultdict[int, int] = defaultdict(int)
            for count in counts:
                if count.is_again:
                    again[count.session] += count.pupils or 0
            new = sum(count.pupils or 0 for count in counts if not count.is_again)
            found.append(TypeLine(counts[0].type_name, counts[0].is_online, new, max(again.values(), default=0)))
        return found

    def reached(self, *, online: bool | None = None) -> int:
        """Pupils reached by any type, or by those of one channel."""
        return max((one.pupils for one in self.types if online is None or one.is_online == online), default=0)

    @property
    def cohort(self) -> int:
        """The starting year of its children: the Year 5 pupil of 2024/25 is the Year 6 pupil of 2025/26."""
        return self.academic_year - self.year_group


@dataclass(frozen=True)
class CohortLine:
    """Children of one starting year in schools that followed one another: pupils reached by school year."""

    cohort: int
    by_year: dict[int, int]

    @property
    def children(self) -> int:
        """The largest number of any year."""
        return max(self.by_year.values())


@dataclass(frozen=True)
class ClassReached:
    """A class, and the pupils of it who count for a figure."""

    of_class: ClassLine
    pupils: int


@dataclass(frozen=True)
class CohortReached:
    """A cohort, and the schools that it was reached in."""

    school_names: list[str]
    cohort: CohortLine


@dataclass(frozen=True)
class LineageLines:
    """Schools that followed one another (mostly one school alone), and everything counted there."""

    counts: Sequence[CountLine]

    @property
    def school_names(self) -> list[str]:
        """Its schools by name."""
        return sorted({count.school_name for count in self.counts})

    @cached_property
    def classes(self) -> list[ClassLine]:
        """Its schools' year groups by school year."""
        groups: defaultdict[tuple[int, int, int], list[CountLine]] = defaultdict(list)
        for count in self.counts:
            groups[count.chain, count.academic_year, count.year_group].append(count)
        return [ClassLine(*key, groups[key]) for key in sorted(groups)]

    @cached_property
    def cohorts(self) -> list[CohortLine]:
        """Its children by starting year."""
        return self._cohorts_of(self.classes)

    def _cohorts_of(self, classes: Collection[ClassLine]) -> list[CohortLine]:
        years: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        for one in classes:
            years[one.cohort][one.academic_year] += one.reached()
        return [CohortLine(cohort, dict(years[cohort])) for cohort in sorted(years)]

    @property
    def attendances(self) -> int:
        """Its part of the figure of that name; so are the others."""
        return sum(count.pupils or 0 for count in self.counts)

    @property
    def attendances_estimated(self) -> int:
        """The part of it that is no count."""
        return sum(count.pupils or 0 for count in self.counts if count.is_estimate)

    @property
    def pupils_reached(self) -> int:
        """The sum over its classes."""
        return sum(one.reached() for one in self.classes)

    @property
    def pupils_in_person(self) -> int:
        """The same over in-person types alone."""
        return sum(one.reached(online=False) for one in self.classes)

    @property
    def pupils_online(self) -> int:
        """The same over online types alone."""
        return sum(one.reached(online=True) for one in self.classes)

    @property
    def children_reached(self) -> int:
        """The sum over its cohorts."""
        return sum(one.children for one in self.cohorts)


@dataclass(frozen=True)
class SchoolLine:
    """A school that stands in the place."""

    school: int
    chain: int
    visited: bool
    in_cycle: bool
    roll: int | None
    """Of the year groups asked for; None is not known."""
    roll_estimated: bool


@dataclass
class PersonLine:
    """A volunteer, and how many sessions they led or presented."""

    name: str
    reference: str
    presented: int = 0


@dataclass
class PersonDayLine:
    """A volunteer on a visit day, and the minutes that they gave to it."""

    name: str
    reference: str
    day: date
    school: str
    minutes: int
