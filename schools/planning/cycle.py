"""The promise of the programme, school by school: who is due, who may be asked, which children nobody has reached.

Every school once in its area's cycle of academic years, every child at least once. Plain values in, plain values out.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from schools.core.periods import AcademicYear

type Class = tuple[int, int]
"""An academic year (its first calendar year) and a year group in it."""


class Priority(StrEnum):
    """How much a school is due, the most pressing first."""

    NEVER = "never"
    OVERDUE = "overdue"
    DUE = "due"
    NOT_YET = "not-yet"

    @property
    def words(self) -> str:
        """What people read."""
        return {"never": "Never visited", "overdue": "Overdue", "due": "Due this year", "not-yet": "Not yet"}[self.value]

    @property
    def rank(self) -> int:
        """0 for the most pressing."""
        return list(Priority).index(self)


class Record(NamedTuple):
    """What is known of one school: of its whole chain where visits are concerned, of its lineage where children are."""

    year_groups: Collection[int]
    """Those of the programme that it teaches."""
    last_visit: date | None = None
    """The last day of a delivered session that counts for the cycle; None: never."""
    reached: Collection[Class] = ()
    """Classes that were in a delivered session, be they counted or not."""
    pupils: Mapping[int, int | None] = MappingProxyType({})
    """Pupils to expect in each year group this academic year; None or absent: not known."""
    cycle_years: int = 2
    ask_again_on: date | None = None
    """From when on the school wants to be asked again."""
    declined_on: date | None = None
    """When it last said no."""


class Standing(NamedTuple):
    """Where the school stands on the day."""

    priority: Priority
    years_since: int | None
    """Academic years since the last visit's; 0: this year; None: never visited."""
    never_reached: tuple[int, ...]
    """Year groups whose children, as far as anybody wrote down, were in no session yet, in this or an earlier year group."""
    pupils_to_gain: int | None
    """Pupils in those year groups; 0 where there is none, None where none of their numbers is known."""
    gain_is_whole: bool
    """Whether the number of every one of them is known."""
    waits_until: date | None
    """The school is not to be asked before this day; None: it may be."""


def standing(record: Record, *, on: date) -> Standing:
    """Where the school stands on the day `on`.

    Its year of visit is due again `cycle_years` academic years later, at any time of that year. A school that declined waits
    until the day it named, or for the rest of that academic year where it named none.
    """
    year = AcademicYear.of(on).start
    # The children of a class are those who would have begun with year group 0 in the same year, whatever their year group then.
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
