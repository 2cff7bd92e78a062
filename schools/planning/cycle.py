"""The programme's cycle (rule 25): whether a school is due, whether it may be asked, which children were never reached.

Every school is visited once in its area's cycle of academic years, so that every child is reached at least once. Works on plain
values.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from schools.core.periods import AcademicYear

type Class = tuple[int, int]
"""A class of children: the academic year (its first calendar year) and the year group in it."""


class Priority(StrEnum):
    """How urgently a school is due, the most urgent first."""

    NEVER = "never"
    OVERDUE = "overdue"
    DUE = "due"
    NOT_YET = "not-yet"

    @property
    def words(self) -> str:
        """The label that people read."""
        return {"never": "Never visited", "overdue": "Overdue", "due": "Due this year", "not-yet": "Not yet"}[self.value]

    @property
    def rank(self) -> int:
        """The place in the order; 0 for the most urgent."""
        return list(Priority).index(self)


class Record(NamedTuple):
    """The facts about one school: visits of its whole chain, and children of its lineage."""

    year_groups: Collection[int]
    """The year groups that the school teaches."""
    last_visit: date | None = None
    """The last day of a delivered session that counts for the cycle; None: never."""
    reached: Collection[Class] = ()
    """Classes that were in a delivered session, counted or not."""
    pupils: Mapping[int, int | None] = MappingProxyType({})
    """Pupils expected in each year group this academic year; None or absent: not known."""
    cycle_years: int = 2
    ask_again_on: date | None = None
    """The day from which the school wants to be asked again; None: it named none."""
    declined_on: date | None = None
    """The day on which the school last declined; None: it never did."""


class Standing(NamedTuple):
    """The state of a school in its cycle on a day."""

    priority: Priority
    years_since: int | None
    """Academic years since that of the last visit; 0: visited this year; None: never visited."""
    never_reached: tuple[int, ...]
    """Year groups whose children were in no recorded session yet, neither now nor in an earlier year group."""
    pupils_to_gain: int | None
    """Pupils in those year groups; 0 where there is no such group, None where no number is known."""
    gain_is_whole: bool
    """Whether the number of pupils of every such year group is known."""
    waits_until: date | None
    """The day before which the school must not be asked; None: it may be asked now."""


def standing(record: Record, *, on: date) -> Standing:
    """Return the state of the school on the day `on`.

    A visited school is due again `cycle_years` academic years after the year of the visit, at any time of that year. A school
    that declined waits until the day that it named, or until the end of that academic year where it named none.
    """
    year = AcademicYear.of(on).start
    # A class is identified by the year in which its children were in year group 0; they move up one group every year.
    reached = {then - group for then, group in record.reached}
    never_reached = tuple(group for group in sorted(record.year_groups) if year - group not in reached)
    known = [pupils for group in never_reached if (pupils := record.pupils.get(group)) is not None]
    return Standing(
        priority=_priority(record, year),
        years_since=None if record.last_visit is None else year - AcademicYear.of(record.last_visit).start,
        never_reached=never_reached,
        pupils_to_gain=None if never_reached and not known else sum(known),
        gain_is_whole=len(known) == len(never_reached),
        waits_until=_waits_until(record, on=on),
    )


def _priority(record: Record, year: int) -> Priority:
    if record.last_visit is None:
        return Priority.NEVER
    due_in = AcademicYear.of(record.last_visit).start + record.cycle_years
    if due_in < year:
        return Priority.OVERDUE
    return Priority.DUE if due_in == year else Priority.NOT_YET


def _waits_until(record: Record, *, on: date) -> date | None:
    day = record.ask_again_on
    if day is None and record.declined_on is not None:
        day = AcademicYear(AcademicYear.of(record.declined_on).start + 1).first_day
    return day if day is not None and day > on else None
