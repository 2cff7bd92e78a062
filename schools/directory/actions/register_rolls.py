"""Pupils by year group from a register: the school year they belong to, what is new about them, and storing them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from schools.core.periods import AcademicYear
from schools.directory.actions.days import last_run_with_rolls
from schools.directory.models import Roll, RollSource
from schools.directory.registers import Register

ROWS_A_STATEMENT = 500


@dataclass(frozen=True)
class RollCounts:
    """Counts of the rolls (one school, one year group) that an import stored, or would store."""

    academic_year: str
    created: int
    updated: int
    unchanged: int
    ignored: int
    """Those that say otherwise than a register of a later day."""


@dataclass
class RollPlan:
    """Rolls of one school year that the import will write; `pupils` by register id and year group."""

    academic_year: int
    day: date
    """Of which day the file speaks."""
    pupils: dict[tuple[str, int], int] = field(default_factory=dict)
    before: dict[tuple[str, int], int] = field(default_factory=dict)
    """The stored number of those rolls that are stored with another number."""
    again: dict[tuple[str, int], int] = field(default_factory=dict)
    """Rolls of which an earlier register says the same: only the day is written."""
    unchanged: int = 0
    ignored: int = 0

    @property
    def updated(self) -> int:
        """The number of rolls that are stored with another number."""
        return len(self.before)

    def counts(self) -> RollCounts:
        """Return the counts for the report."""
        year = str(AcademicYear(self.academic_year))
        return RollCounts(year, len(self.pupils) - self.updated, self.updated, self.unchanged, self.ignored)


def academic_year_of_file(name: str, *, day: date | None, today: date) -> AcademicYear | None:
    """Return the school year of the pupils in a register file; None where nothing tells it.

    It is the year of `day` (which somebody gave, or which is in the file's name); else the school year in the name (2025-26,
    2025_2026, 202526); else the one year in the name (2025), as the year in which the school year began: the registers with
    pupils by year group count them in September and October. A year that has not begun yet is not taken.
    """
    if day:
        return AcademicYear.of(day)
    this_year = AcademicYear.of(today).start
    for match in re.finditer(r"(?<!\d)(\d{4})[-_ ]?(?:\d\d)?(\d\d)(?!\d)", name):
        first, next_year = int(match[1]), int(match[2])
        if 1990 <= first <= this_year and next_year == (first + 1) % 100:
            return AcademicYear(first)
    alone = {int(year) for year in re.findall(r"(?<!\d)\d{4}(?!\d)", name)}
    believable = [year for year in alone if 1990 <= year <= this_year]
    return AcademicYear(believable[0]) if len(believable) == 1 else None


def plan_rolls(rolls: Mapping[str, tuple[int | None, ...]], source: Register, *, year: AcademicYear, day: date) -> RollPlan:
    """Compare with what the register gave for that year before; nothing is written. Unknown numbers erase nothing.

    `day`: of which the file speaks. A number that a register of a later day gave stays (rule 22).
    """
    plan = RollPlan(year.start, day)
    stored = Roll.objects.filter(school__nation=source.nation, academic_year=year.start, source=RollSource.REGISTER)
    columns = ("school__register_id", "year_group", "pupils", "given_on")
    known = {(number, group): given for number, group, *given in stored.order_by().values_list(*columns)}
    if any(given_on is None for _, given_on in known.values()):
        undated = last_run_with_rolls(source.name, year)
        known = {key: [pupils, given_on or undated] for key, (pupils, given_on) in known.items()}
    for register_id, numbers in rolls.items():
        for key, pupils in (((register_id, group), pupils) for group, pupils in enumerate(numbers) if pupils is not None):
            before, given_on = known.get(key, (None, None))
            is_older = given_on is not None and day < given_on
            if pupils == before:
                plan.unchanged += 1
                if given_on != day and not is_older:
                    plan.again[key] = pupils
            elif is_older:
                plan.ignored += 1
            else:
                plan.pupils[key] = pupils
                if before is not None:
                    plan.before[key] = before
    return plan


def write_rolls(plan: RollPlan, ids: Mapping[str, int]) -> None:
    """Write the plan inside the caller's transaction; `ids` are those of the stored schools.

    Rolls of coordinators are not touched.
    """
    Roll.objects.bulk_create(
        [
            Roll(
                school_id=ids[register_id],
                academic_year=plan.academic_year,
                year_group=year_group,
                pupils=pupils,
                source=RollSource.REGISTER,
                given_on=plan.day,
            )
            for (register_id, year_group), pupils in (plan.pupils | plan.again).items()
        ],
        batch_size=ROWS_A_STATEMENT,
        update_conflicts=True,
        unique_fields=["school", "academic_year", "year_group", "source"],
        update_fields=["pupils", "given_on"],
    )
