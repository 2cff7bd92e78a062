"""The lines behind a figure, as plain values; nothing here reads the database.

Which lines are behind which figure, and how they add up, is declared with the figure (schools.reach.figures).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from schools.visits.models import CountBasis


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
    basis: str
    """One of CountBasis: all but *counted* are estimates."""
    is_share: bool
    """Whether it is a share of a total that covers other schools too, or year groups that are not asked for."""

    @property
    def is_estimate(self) -> bool:
        """Whether its number is no count, class by class."""
        return self.basis != CountBasis.COUNTED


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
    roll: int | None = None
    """Its exact roll in that academic year; None where it is not known."""
    is_uncounted: bool = False
    """Whether somebody may have been in a session of it whom nobody counted."""

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
        """Return about how many pupils were reached by any session type, or by the types of one channel; at most the cap."""
        most = max((type_line.pupils for type_line in self.types if online is None or type_line.is_online == online), default=0)
        return most if self.roll is None else min(most, max(self.roll, self.largest(online=online)))

    def largest(self, *, online: bool | None = None) -> int:
        """Return the largest headcount that somebody counted class by class."""
        counted = (
            count.pupils
            for count in self.counts
            if count.pupils and count.basis == CountBasis.COUNTED and (online is None or count.is_online == online)
        )
        return max(counted, default=0)

    @property
    def most(self) -> int:
        """At most how many pupils: all of them as if nobody came twice, and the roll where somebody was not counted; the cap."""
        everybody = sum(count.pupils or 0 for count in self.counts)
        if self.roll is None:
            return everybody
        cap = max(self.roll, self.largest())
        return cap if self.is_uncounted else min(everybody, cap)

    @property
    def is_open(self) -> bool:
        """Whether more than `most` is possible: nobody counted, and the roll is not known."""
        return self.is_uncounted and self.roll is None

    @property
    def cohort(self) -> int:
        """The year in which its children started school: the Year 5 pupils of 2024/25 are the Year 6 pupils of 2025/26."""
        return self.academic_year - self.year_group


@dataclass(frozen=True)
class SchoolYearLine:
    """A school in a school year: its year groups."""

    classes: Sequence[ClassLine]
    entries: Mapping[int, str]
    """The school's register entries that had sessions, by id, with their names."""

    @property
    def academic_year(self) -> int:
        """The school year."""
        return self.classes[0].academic_year

    @property
    def school(self) -> tuple[int, str]:
        """Id and name of the register entry with the newest headcount, or of any that had a session."""
        counts = [count for of_class in self.classes for count in of_class.counts]
        if counts:
            newest = max(counts, key=attrgetter("day"))
            return newest.school, newest.school_name
        return next(iter(sorted(self.entries.items())))

    def low(self, *, online: bool | None = None) -> int:
        """Return at least how many pupils: the largest headcounts, or the largest session of a total that was counted."""
        totals: defaultdict[tuple[int, int], int] = defaultdict(int)
        for of_class in self.classes:
            for count in of_class.counts:
                is_certain = count.basis != CountBasis.SCHOOL and not count.is_share
                if is_certain and (online is None or count.is_online == online):
                    totals[count.school, count.session] += count.pupils or 0
        largest = sum(of_class.largest(online=online) for of_class in self.classes)
        return max(largest, *totals.values()) if totals else largest

    def pupils(self, *, online: bool | None = None) -> int:
        """Return about how many pupils; never fewer than at least."""
        return max(sum(of_class.reached(online=online) for of_class in self.classes), self.low(online=online))

    @property
    def most(self) -> int:
        """At most how many pupils."""
        return max(self.pupils(), sum(of_class.most for of_class in self.classes))

    @property
    def is_open(self) -> bool:
        """Whether more than `most` is possible."""
        return any(of_class.is_open for of_class in self.classes)


@dataclass(frozen=True)
class YearReached:
    """A school in a school year, and its pupils who count for a figure."""

    year: SchoolYearLine
    pupils: int


@dataclass(frozen=True)
class LineageYearLine:
    """Schools that followed one another in one school year: at least how many pupils they had."""

    school_names: list[str]
    academic_year: int
    stretches: list[int]
    """At least how many pupils between two days on which pupils changed their school; mostly there is one stretch."""
    by_group: dict[int, int]
    """The same by year group, each in the stretch with most."""

    @property
    def pupils(self) -> int:
        """The stretch with most; or all year groups together, if that is more: nobody is in two of them."""
        return max(*self.stretches, sum(self.by_group.values()))


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
class CohortReached:
    """A cohort, and the names of the schools in which it was reached."""

    school_names: list[str]
    cohort: CohortLine


@dataclass(frozen=True)
class LineageLines:
    """Schools that followed one another (mostly one school alone), and every headcount taken there."""

    counts: Sequence[CountLine]
    rolls: Mapping[tuple[int, int, int], int]
    """Exact rolls by chain, academic year and year group."""
    uncounted: Set[tuple[int, int, int]]
    """Chain, academic year and year group of those who may have been in a session without a number."""
    entries: Mapping[int, Mapping[int, str]]
    """The register entries of each chain that had sessions, by id, with their names."""
    stretch_of: Callable[[CountLine], Hashable]
    """The stretch of a headcount: between two days on which pupils changed their school."""

    @property
    def school_names(self) -> list[str]:
        """The names of its schools, sorted."""
        return sorted({name for entries in self.entries.values() for name in entries.values()})

    @cached_property
    def classes(self) -> list[ClassLine]:
        """The year groups of its schools, by school year; also those that nobody counted."""
        groups: defaultdict[tuple[int, int, int], list[CountLine]] = defaultdict(list)
        for count in self.counts:
            groups[count.chain, count.academic_year, count.year_group].append(count)
        keys = groups.keys() | self.uncounted
        return [ClassLine(*key, groups.get(key, []), self.rolls.get(key), key in self.uncounted) for key in sorted(keys)]

    @cached_property
    def years(self) -> list[SchoolYearLine]:
        """Its schools, school year by school year."""
        of_year = attrgetter("chain", "academic_year")
        return [
            SchoolYearLine(list(classes), self.entries.get(chain, {}))
            for (chain, _), classes in groupby(self.classes, key=of_year)
        ]

    @cached_property
    def low_years(self) -> list[LineageYearLine]:
        """At least how many pupils, school year by school year."""
        stretches: defaultdict[int, defaultdict[Hashable, list[CountLine]]] = defaultdict(lambda: defaultdict(list))
        for count in self.counts:
            stretches[count.academic_year][self.stretch_of(count)].append(count)
        return [
            LineageYearLine(self.school_names, year, [part.low for part in parts], _largest_by_group(parts))
            for year in sorted(stretches)
            if (parts := [replace(self, counts=counts, uncounted=set(), rolls={}) for counts in stretches[year].values()])
        ]

    @property
    def low(self) -> int:
        """At least how many pupils, if nobody changed the school."""
        return sum(year.low() for year in self.years)

    @cached_property
    def cohorts(self) -> list[CohortLine]:
        """Its children, by the year in which they started school."""
        years: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        for of_class in self.classes:
            years[of_class.cohort][of_class.academic_year] += of_class.reached()
        return [CohortLine(cohort, dict(years[cohort])) for cohort in sorted(years)]


def _largest_by_group(stretches: Iterable[LineageLines]) -> dict[int, int]:
    """Return at least how many pupils of each year group there were in the stretch with most of them."""
    groups: dict[int, int] = {}
    for stretch in stretches:
        own: defaultdict[int, int] = defaultdict(int)
        for of_class in stretch.classes:
            own[of_class.year_group] += of_class.largest()
        for group, pupils in own.items():
            groups[group] = max(pupils, groups.get(group, 0))
    return groups


def cohorts_together(years: Iterable[LineageYearLine]) -> list[CohortLine]:
    """Return at least how many children of each cohort there were in a whole place, by school year."""
    cohorts: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for year in years:
        for group, pupils in year.by_group.items():
            cohorts[year.academic_year - group][year.academic_year] += pupils
    return [CohortLine(cohort, dict(cohorts[cohort])) for cohort in sorted(cohorts)]


@dataclass(frozen=True)
class SchoolLine:
    """A school that stands in the place."""

    school: int
    chain: int
    visited: bool
    in_cycle: bool
    whole_programme: bool
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
