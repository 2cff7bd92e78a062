"""What was counted in one chain, and how many different pupils that can be: at least, about, at most (docs/figures.md).

Every headcount of a charity passes through here, so what happens once for each of them is written to be quick.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from schools.reach.headcount_codec import (
    CLASSES,
    GROUPS,
    MARKED,
    ROOM,
    Cell,
    Class,
    Mark,
    by_session,
    classes_of,
    numbers_in,
    year_of,
)

type ByClass = dict[Class, int]
type ByYear = dict[int, int]
type Rolls = Mapping[Class, int]
"""Exact rolls: pupils by class; a class whose roll is not known exactly is missing."""

type ChainRow = tuple[int, str | None, str | None]
"""A register entry of the chain, its headcounts as text, and those that carry their session's id."""

NO_ROLLS: Rolls = {}

# As plain numbers: a name of an enumeration is slow to look up for every headcount.
COUNTED, SPREAD, BLANK, UNREPORTED, AGAIN = map(int, (Mark.COUNTED, Mark.SPREAD, Mark.BLANK, Mark.UNREPORTED, Mark.AGAIN))


class Counts:
    """All headcounts of one chain, in one place or in all."""

    __slots__ = ("again", "attendances", "estimated", "is_counted", "largest", "new", "spread", "uncounted")

    def __init__(self, numbers: list[int]) -> None:
        """Begin with new pupils who were counted class by class, nearly all headcounts."""
        numbers.sort()
        # Of equal keys a dict keeps the last value: here the largest.
        self.largest: dict[Cell, int] = dict(map(divmod, numbers, repeat(ROOM)))
        """The largest headcount that somebody counted class by class; where nothing else is said, it is all that a cell has."""
        self.new: dict[Cell, int] = {}
        """The sum of new pupils, of the cells in which that may be other than the largest headcount; 0 where nobody counted."""
        self.again: dict[tuple[Cell, int], int] = {}
        """Pupils who came again, by cell and session; two register entries in one session are one group."""
        self.spread: dict[tuple[int, int], tuple[Cell, int]] = {}
        """By register entry and session whose total was spread: one of its cells, and the total."""
        self.uncounted: set[Class] = set()
        """The classes in which somebody may have been whom nobody counted."""
        self.attendances = sum(self.largest.values())
        """All pupils of all headcounts."""
        self.estimated = 0
        self.is_counted = bool(numbers)
        """Whether there is any headcount with a number, be it 0."""
        if len(self.largest) < len(numbers):
            self._add_up(numbers)

    @classmethod
    def of(cls, rows: Sequence[ChainRow], within: Callable[[int], bool] | None = None) -> "Counts":
        """Return what was counted in the chain's rows; with `within`, only in sessions for which it is true."""
        counts = cls([number for _, alone, _ in rows for number in numbers_in(alone)])
        for school, _, grouped in rows:
            if grouped:
                numbers = by_session(grouped)
                counts._add_marked(school, numbers if within is None else (pair for pair in numbers if within(pair[0])))
        return counts

    def _add_up(self, numbers: list[int]) -> None:
        """Add up the cells with several of these sorted numbers; the largest of each is added already."""
        new = self.new
        before = pupils_before = -1
        for cell, pupils in map(divmod, numbers, repeat(ROOM)):
            if cell == before:
                new[cell] = new.get(cell, pupils_before) + pupils
                self.attendances += pupils_before
            before, pupils_before = cell, pupils

    def _add_marked(self, school: int, numbers: Iterable[tuple[int, int]]) -> None:
        """Add the other headcounts of a register entry, each with its session."""
        new, again, largest, spread = self.new, self.again, self.largest, self.spread
        for session, number in numbers:
            cell, marked = divmod(number, ROOM)
            mark, pupils = divmod(marked, MARKED)
            basis = mark % AGAIN
            if basis == UNREPORTED:
                self.uncounted.add(cell % CLASSES)
                continue
            if cell not in new:
                new[cell] = largest.get(cell, 0)
            if basis == BLANK:
                self.uncounted.add(cell % CLASSES)
                continue
            self.is_counted = True
            self.attendances += pupils
            if mark >= AGAIN:
                again[cell, session] = again.get((cell, session), 0) + pupils
            else:
                new[cell] += pupils
            if basis == COUNTED:
                largest[cell] = max(pupils, largest.get(cell, 0))
                continue
            self.estimated += pupils
            if basis == SPREAD:
                spread[school, session] = (cell, spread.get((school, session), (0, 0))[1] + pupils)

    def more_by_type(self) -> dict[Cell, int]:
        """Return n of each cell where it may be more than the largest headcount (docs/figures.md).

        n is all new pupils, or the largest group that came again if that is more.
        """
        if not self.again:
            return self.new
        cells = dict(self.new)
        for (cell, _), pupils in self.again.items():
            cells[cell] = max(pupils, cells[cell])
        return cells

    def everybody(self) -> ByClass:
        """Return all pupils of all headcounts by class, as if nobody had come twice."""
        classes: ByClass = {}
        for cell, pupils in (self.largest | self.new if self.new else self.largest).items():
            of_class = cell % CLASSES
            classes[of_class] = classes.get(of_class, 0) + pupils
        for (cell, _), pupils in self.again.items():
            classes[cell % CLASSES] += pupils
        return classes


@dataclass(slots=True)
class Range:
    """The different pupils of one chain in sessions of some types."""

    reached: ByClass
    """About how many, by class."""
    largest: ByClass
    """At least how many, by class: the largest headcount; never more than `reached`."""
    together: ByYear
    """The largest total of one session that was spread over the classes, by academic year."""

    @property
    def pupils(self) -> int:
        """About how many pupils; in no academic year fewer than at least."""
        pupils = sum(self.reached.values())
        return pupils + self._more_together(self.reached) if self.together else pupils

    @property
    def low(self) -> int:
        """At least how many pupils: the largest headcounts, or the largest total that was spread, if that is more."""
        pupils = sum(self.largest.values())
        return pupils + self._more_together(self.largest) if self.together else pupils

    def _more_together(self, classes: ByClass) -> int:
        """Return by how much the spread totals are more than the classes of their years."""
        return sum(max(0, pupils - _of_year(classes, year)) for year, pupils in self.together.items())

    def about_by_year(self) -> ByYear:
        """Return about how many pupils by academic year."""
        years: ByYear = {}
        for of_class, pupils in self.reached.items():
            year = of_class // GROUPS  # as year_of, which would be called for every class of every school
            years[year] = years.get(year, 0) + pupils
        return _larger(years, self.together) if self.together else years

    def low_by_year(self) -> ByYear:
        """Return at least how many pupils by academic year."""
        years = {year: _of_year(self.largest, year) for year in {year_of(of_class) for of_class in self.reached}}
        return _larger(years, self.together)


def _of_year(classes: ByClass, year: int) -> int:
    return sum(classes.get(of_class, 0) for of_class in classes_of(year))


NOBODY = Range({}, {}, {})
NO_TOTALS: tuple[ByYear, ByYear] = ({}, {})


def ranges(counts: Counts, rolls: Rolls, online: Collection[int] = (), *, has_low: bool = True) -> tuple[Range, Range, Range]:
    """Return the different pupils in sessions of all types, of those in person, and of those online.

    Without `has_low` nothing is known of *at least*, as in the first definitions.
    """
    largest: tuple[ByClass, ByClass] = ({}, {})
    _raise(largest, counts.largest, online)
    reached = largest
    if counts.new:  # as everywhere where somebody came again
        reached = (dict(largest[0]), dict(largest[1]))
        _raise(reached, counts.more_by_type(), online)
    together = _together(counts, online) if counts.spread else NO_TOTALS
    if not has_low:
        largest, together = ({}, {}), NO_TOTALS
    if reached[0] and reached[1]:
        whole = _range(_larger(*reached), _larger(*largest), _larger(*together), rolls)
        in_person, by_screen = (_range(reached[at], largest[at], together[at], rolls) for at in (0, 1))
        return whole, in_person, by_screen
    at = int(not reached[0])
    whole = _range(reached[at], largest[at], together[at], rolls)
    return (whole, whole, NOBODY) if at == 0 else (whole, NOBODY, whole)


def _range(reached: ByClass, largest: ByClass, together: ByYear, rolls: Rolls) -> Range:
    if more := [of_class for of_class, roll in rolls.items() if reached.get(of_class, 0) > roll]:
        reached = reached | {of_class: min(reached[of_class], cap(of_class, largest, rolls, 0)) for of_class in more}
    return Range(reached, largest, together)


def cap(of_class: Class, largest: Mapping[Class, int], rolls: Rolls, otherwise: int) -> int:
    """Return the most pupils that a class can have: its exact roll, or its largest headcount if that is more.

    `otherwise` where no exact roll is known.
    """
    return max(rolls[of_class], largest.get(of_class, 0)) if of_class in rolls else otherwise


def high(counts: Counts, whole: Range, rolls: Rolls) -> tuple[int, bool]:
    """Return at most how many different pupils there were in the chain, and whether that is open: there may be more.

    `whole` is the range of all types. Open is what nobody counted in a class whose roll is not known.
    """
    if not rolls:
        return counts.attendances, bool(counts.uncounted)
    years: ByYear = {}
    is_open = False
    everybody, uncounted, largest = counts.everybody(), counts.uncounted, whole.largest
    for of_class in everybody.keys() | uncounted if uncounted else everybody:
        most = pupils = everybody.get(of_class, 0)
        if of_class in rolls:
            most = cap(of_class, largest, rolls, pupils)
            if of_class not in uncounted:
                most = min(pupils, most)
        elif of_class in uncounted:
            is_open = True
        year = of_class // GROUPS  # as year_of, which would be called for every class of every school
        years[year] = years.get(year, 0) + most
    reached = whole.about_by_year()
    return sum(max(pupils, reached.get(year, 0)) for year, pupils in years.items()), is_open


def _raise(classes: tuple[ByClass, ByClass], cells: Mapping[Cell, int], apart: Collection[int]) -> None:
    """Raise each class to the largest number of any session type: of types that are not `apart`, and of those that are."""
    ours, theirs = classes
    for cell, pupils in cells.items():
        of_class = cell % CLASSES
        into = theirs if cell // CLASSES in apart else ours
        if of_class not in into or pupils > into[of_class]:
            into[of_class] = pupils


def _together(counts: Counts, apart: Collection[int]) -> tuple[ByYear, ByYear]:
    """Return the largest spread total of each academic year, of types that are not `apart` and of those that are."""
    years: ByYear = {}
    years_apart: ByYear = {}
    for cell, pupils in counts.spread.values():
        session_type, of_class = divmod(cell, CLASSES)
        into = years_apart if session_type in apart else years
        year = year_of(of_class)
        into[year] = max(pupils, into.get(year, 0))
    return years, years_apart


def _larger(some: dict[int, int], others: dict[int, int]) -> dict[int, int]:
    """Return the larger number for each key."""
    larger = dict(some)
    for key, number in others.items():
        if number > larger.get(key, -1):
            larger[key] = number
    return larger
