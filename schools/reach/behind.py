"""The lines behind a figure, as plain values; nothing here reads the database.

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
    """None means not counted, which adds nothing."""
    is_again: bool
    is_estimate: bool


@dataclass(frozen=True)
class TypeLine:
    """The pupils of one class in the sessions of one type."""

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
    """A year group of a school in a school year."""

    chain: int
    academic_year: int
    year_group: int
    counts: Sequence[CountLine]

    @cached_property
    def types(self) -> list[TypeLine]:
        """The pupils that each session type reached, in the order of the types."""
        types = []
        for _, of_type in groupby(
            sorted(self.counts, key=lambda count: count.session_type), key=lambda count: count.session_type
        ):
            counts = list(of_type)
            again: defaultdict[int, int] = defaultdict(int)
            for count in counts:
                if count.is_again:
                    again[count.session] += count.pupils or 0
            new = sum(count.pupils or 0 for count in counts if not count.is_again)
            types.append(TypeLine(counts[0].type_name, counts[0].is_online, new, max(again.values(), default=0)))
        return types

    def reached(self, *, online: bool | None = None) -> int:
        """Return the pupils reached by any session type, or by the types of one channel."""
        return max((type_line.pupils for type_line in self.types if online is None or type_line.is_online == online), default=0)

    @property
    def cohort(self) -> int:
        """The year in which its children started school: the Year 5 pupils of 2024/25 are the Year 6 pupils of 2025/26."""
        return self.academic_year - self.year_group


@dataclass(frozen=True)
class CohortLine:
    """Children who started school in the same year, in schools that followed one another: pupils reached by school year."""

    cohort: int
    by_year: dict[int, int]

    @property
    def children(self) -> int:
        """The largest number of any school year."""
        return max(self.by_year.values())


@dataclass(frozen=True)
class ClassReached:
    """A class, and its pupils who count for a figure."""

    of_class: ClassLine
    pupils: int


@dataclass(frozen=True)
class CohortReached:
    """A cohort, and the names of the schools in which it was reached."""

    school_names: list[str]
    cohort: CohortLine


@dataclass(frozen=True)
class LineageLines:
    """Schools that followed one another (mostly one school alone), and every headcount taken there.

    Each property with the name of a figure is the lineage's part of that figure.
    """

    counts: Sequence[CountLine]

    @property
    def school_names(self) -> list[str]:
        """The names of its schools, sorted."""
        return sorted({count.school_name for count in self.counts})

    @cached_property
    def classes(self) -> list[ClassLine]:
        """The year groups of its schools, by school year."""
        groups: defaultdict[tuple[int, int, int], list[CountLine]] = defaultdict(list)
        for count in self.counts:
            groups[count.chain, count.academic_year, count.year_group].append(count)
        return [ClassLine(*key, groups[key]) for key in sorted(groups)]

    @cached_property
    def cohorts(self) -> list[CohortLine]:
        """Its children, by the year in which they started school."""
        return self._cohorts_of(self.classes)

    def _cohorts_of(self, classes: Collection[ClassLine]) -> list[CohortLine]:
        years: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        for of_class in classes:
            years[of_class.cohort][of_class.academic_year] += of_class.reached()
        return [CohortLine(cohort, dict(years[cohort])) for cohort in sorted(years)]

    @property
    def attendances(self) -> int:
        """All pupils counted."""
        return sum(count.pupils or 0 for count in self.counts)

    @property
    def attendances_estimated(self) -> int:
        """Attendances that are estimates."""
        return sum(count.pupils or 0 for count in self.counts if count.is_estimate)

    @property
    def pupils_reached(self) -> int:
        """The sum over its classes."""
        return sum(of_class.reached() for of_class in self.classes)

    @property
    def pupils_in_person(self) -> int:
        """The sum over its classes, of in-person types alone."""
        return sum(of_class.reached(online=False) for of_class in self.classes)

    @property
    def pupils_online(self) -> int:
        """The sum over its classes, of online types alone."""
        return sum(of_class.reached(online=True) for of_class in self.classes)

    @property
    def children_reached(self) -> int:
        """The sum over its cohorts."""
        return sum(cohort.children for cohort in self.cohorts)


@dataclass(frozen=True)
class SchoolLine:
    """A school that stands in the place."""

    school: int
    chain: int
    visited: bool
    in_cycle: bool
    roll: int | None
    """Pupils of the year groups asked for; None means not known."""
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
