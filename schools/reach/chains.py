"""What was counted in one chain, and how many different pupils that can be: at least, about, at most (docs/figures.md).

Every headcount of a charity passes through here, so what happens once for each of them is written to be quick.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from schools.reach.headcount_codec import CLASSES, MARKED, ROOM, Cell, Class, Mark, by_session, classes_of, numbers_in, year_of

type ByClass = dict[Class, int]
type ByYear = dict[int, int]
type Rolls = Mapping[Class, int]
"""Exact rolls: pupils by class; a class whose roll is not known exactly is missing."""

type ChainRow = tuple[int, str | None, str | None]
"""A register entry of the chain, its headcounts as text, and those that carry their session's id."""

NO_ROLLS: Rolls = {}


@dataclass(slots=True)
class Counts:
    """All headcounts of one chain, in one place or in all."""

    counted: dict[Cell, int] = field(default_factory=dict)
    """The sum of new pupils whom somebody counted class by class."""
    largest: dict[Cell, int] = field(default_factory=dict)
    """The largest of those headcounts, where a cell has several."""
    other: dict[Cell, int] = field(default_factory=dict)
    """The sum of other new pupils; 0 where the session took place and nobody counted."""
    again: dict[tuple[Cell, int], int] = field(default_factory=dict)
    """Pupils who came again, by cell and session; two register entries in one session are one group."""
    largest_with_session: dict[Cell, int] = field(default_factory=dict)
    """The largest headcount that somebody counted class by class, of those that carry their session's id."""
    spread: dict[tuple[int, int], tuple[Cell, int]] = field(default_factory=dict)
    """By register entry and session whose total was spread: one of its cells, and the total."""
    uncounted: set[Class] = field(default_factory=set)
    """The classes in which somebody may have been whom nobody counted."""
    estimated: int = 0
    is_counted: bool = False
    """Whether there is any headcount with a number, be it 0."""

    @property
    def attendances(self) -> int:
        """All pupils of all headcounts."""
        return sum(self.counted.values()) + sum(self.other.values()) + sum(self.again.values())

    def add(self, row: ChainRow, within: Callable[[int], bool] | None = None) -> None:
        """Add the headcounts of a register entry; with `within`, only those of sessions for which it is true."""
        school, alone, grouped = row
        counted, largest = self.counted, self.largest
        for number in numbers_in(alone):
            cell, pupils = divmod(number, ROOM)
            if pupils >= MARKED:
                self._add_marked(school, 0, cell, *divmod(pupils, MARKED))
            elif cell in counted:
                largest[cell] = max(largest.get(cell, 0) or counted[cell], pupils)
                counted[cell] += pupils
            else:
                counted[cell] = pupils
        for session, number in by_session(grouped):
            if within is None or within(session):
                cell, pupils = divmod(number, ROOM)
                self._add_marked(school, session, cell, *divmod(pupils, MARKED))
        self.is_counted |= bool(counted)

    def _add_marked(self, school: int, session: int, cell: Cell, mark: int, pupils: int) -> None:
        again, basis = divmod(mark, Mark.AGAIN)
        if basis >= Mark.BLANK:
            self.uncounted.add(cell % CLASSES)
            if basis == Mark.BLANK:
                # The school was visited all the same.
                self.other.setdefault(cell, 0)
            return
        self.is_counted = True
        if again:
            self.again[cell, session] = self.again.get((cell, session), 0) + pupils
        else:
            self.other[cell] = self.other.get(cell, 0) + pupils
        if basis == Mark.COUNTED:
            self.largest_with_session[cell] = max(pupils, self.largest_with_session.get(cell, 0))
            return
        self.estimated += pupils
        if basis == Mark.SPREAD:
            before = self.spread.get((school, session), (cell, 0))[1]
            self.spread[school, session] = (cell, before + pupils)

    def more_by_type(self) -> dict[Cell, int]:
        """Return n of each cell where it may be more than the largest headcount (docs/figures.md).

        n is all new pupils, or the largest group that came again if that is more.
        """
        counted = self.counted
        cells = {cell: counted[cell] for cell in self.largest}
        for cell, pupils in self.other.items():
            cells[cell] = counted.get(cell, 0) + pupils
        for (cell, _), pupils in self.again.items():
            cells[cell] = max(pupils, cells.get(cell, 0) or counted.get(cell, 0))
        return cells

    def largest_by_type(self) -> dict[Cell, int]:
        """Return the largest headcount of each cell that somebody counted class by class."""
        if not self.largest and not self.largest_with_session:
            return self.counted
        # A cell with one headcount has that.
        cells = self.counted | self.largest
        for cell, pupils in self.largest_with_session.items():
            if pupils > cells.get(cell, 0):
                cells[cell] = pupils
        return cells

    def everybody(self) -> ByClass:
        """Return all pupils of all headcounts by class, as if nobody had come twice."""
        classes: ByClass = {}
        for cells in (self.counted, self.other):
            for cell, pupils in cells.items():
                classes[cell % CLASSES] = classes.get(cell % CLASSES, 0) + pupils
        for (cell, _), pupils in self.again.items():
            classes[cell % CLASSES] = classes.get(cell % CLASSES, 0) + pupils
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
        return sum(self.reached.values()) + self._more_together(self.reached)

    @property
    def low(self) -> int:
        """At least how many pupils: the largest headcounts, or the largest total that was spread, if that is more."""
        return sum(self.largest.values()) + self._more_together(self.largest)

    def _more_together(self, classes: ByClass) -> int:
        """Return by how much the spread totals are more than the classes of their years."""
        if not self.together:
            return 0
        return sum(max(0, pupils - _of_year(classes, year)) for year, pupils in self.together.items())

    def low_by_year(self) -> ByYear:
        """Return the same by academic year."""
        years = {year: _of_year(self.largest, year) for year in {year_of(of_class) for of_class in self.reached}}
        return _larger(years, self.together)


def _of_year(classes: ByClass, year: int) -> int:
    return sum(classes.get(of_class, 0) for of_class in classes_of(year))


NOBODY = Range({}, {}, {})


def ranges(counts: Counts, rolls: Rolls, online: Collection[int] = (), *, has_low: bool = True) -> tuple[Range, Range, Range]:
    """Return the different pupils in sessions of all types, of those in person, and of those online.

    Without `has_low` nothing is known of *at least*, as in the first definitions.
    """
    largest, largest_online = _largest(counts.largest_by_type(), online)
    reached, reached_online = _raised(largest, largest_online, counts.more_by_type(), online)
    together, together_online = _together(counts, online) if counts.spread else ({}, {})
    if not has_low:
        largest, largest_online, together, together_online = {}, {}, {}, {}
    if not reached_online:
        in_person = _range(reached, largest, together, rolls)
        return in_person, in_person, NOBODY
    if not reached:
        by_screen = _range(reached_online, largest_online, together_online, rolls)
        return by_screen, NOBODY, by_screen
    both = _range(_larger(reached, reached_online), _larger(largest, largest_online), _larger(together, together_online), rolls)
    in_person = _range(reached, largest, together, rolls)
    return both, in_person, _range(reached_online, largest_online, together_online, rolls)


def _range(reached: ByClass, largest: ByClass, together: ByYear, rolls: Rolls) -> Range:
    if rolls:
        reached = {of_class: min(pupils, cap(of_class, largest, rolls, pupils)) for of_class, pupils in reached.items()}
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
    everybody = counts.everybody()
    for of_class in everybody.keys() | counts.uncounted:
        pupils = everybody.get(of_class, 0)
        most = cap(of_class, whole.largest, rolls, pupils)
        if of_class not in counts.uncounted:
            most = min(pupils, most)
        is_open |= of_class in counts.uncounted and of_class not in rolls
        year = year_of(of_class)
        years[year] = years.get(year, 0) + most
    reached = {year: max(_of_year(whole.reached, year), whole.together.get(year, 0)) for year in years}
    return sum(max(pupils, reached[year]) for year, pupils in years.items()), is_open


def _largest(cells: Mapping[Cell, int], apart: Collection[int]) -> tuple[ByClass, ByClass]:
    """Return for each class the largest number of one session type: of types that are not `apart`, and of those that are."""
    return _raised({}, {}, cells, apart)


def _raised(
    classes: ByClass, classes_apart: ByClass, cells: Mapping[Cell, int], apart: Collection[int]
) -> tuple[ByClass, ByClass]:
    """Return copies of what _largest returned, raised to the numbers of more cells."""
    classes, classes_apart = dict(classes), dict(classes_apart)
    for cell, pupils in cells.items():
        session_type, of_class = divmod(cell, CLASSES)
        into = classes_apart if session_type in apart else classes
        if pupils >= into.get(of_class, 0):
            into[of_class] = pupils
    return classes, classes_apart


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
