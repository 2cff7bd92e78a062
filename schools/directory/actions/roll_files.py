"""Importing pupils by year group from the charity's own list.

The list takes precedence over a register, and a coordinator's number over the list.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from schools.core.nations import Nation, classes_are_p1_to_p7
from schools.core.periods import AcademicYear
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_name
from schools.directory.actions.locks import lock_register
from schools.directory.actions.own_files import (
    OwnFile,
    OwnTable,
    TableReport,
    nation_named,
    read_own,
    refuse_contradictions,
    write_table,
)
from schools.directory.actions.reading import RowProblem, no_progress
from schools.directory.actions.table_kinds import BY_NAME, Fields, Importer, Matches, RowChange, TableKind, TablePlan
from schools.directory.models import Roll, RollSource, School
from schools.directory.registers import Ignored, Refused, cells, columns

ROWS_A_STATEMENT = 500
TABLE = OwnTable(
    title="a table of pupils by year group",
    needs=("register_id", "academic_year", "year_group", "pupils"),
    columns={
        "nation": (),
        "register_id": ("URN", "SEED code", "school number", "DE reference", "register number"),
        "academic_year": ("school year",),
        "year_group": ("year", "class", "stage"),
        "pupils": ("roll", "number of pupils", "pupils on roll"),
    },
    number="register_id",
)


class RollRow(NamedTuple):
    """One row of the file."""

    nation: Nation
    register_id: str
    academic_year: int
    year_group: int
    pupils: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        """The school, year and year group whose pupils the row gives."""
        return self.nation.value, self.register_id, self.academic_year, self.year_group


@dataclass
class RollFilePlan(TablePlan):
    """Everything that the import will write: pupils by school, academic year and year group."""

    pupils: dict[tuple[int, int, int], int] = field(default_factory=dict)


def preview_rolls(path: Path, *, on: date, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_rolls` would do with the file; nothing is changed. Raises the same errors."""
    return _plan(_read(path, on, progress=progress)).report


def import_rolls(path: Path, *, on: date, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the pupils by year group of the file; `on` is today: rows of a school year after the next one are refused.

    Rows that cannot be used are in the report; the rest is stored. The numbers of registers and coordinators are kept beside it:
    for one school year the coordinator's counts first, then this list, then the register. Raises UnreadableTable or
    NotThisRegister, each with a message of one line; nothing is changed then.
    """
    content = _read(path, on, progress=progress)
    plan = _plan(content)
    return write_table(lambda: _apply(content)) if plan.pupils else plan.report


def _read(path: Path, on: date, *, matches: Matches = BY_NAME, progress: Callable[[int], None]) -> OwnFile[RollRow]:
    latest = AcademicYear.of(on).start + 1
    content = read_own(path, TABLE, lambda named: _row(named, latest), progress=progress, matches=matches)
    refuse_contradictions(content, lambda row: row.key, name=lambda row: row.register_id)
    return content


def _row(named: Mapping[str, str], latest: int) -> RollRow:
    if not columns.known_text(named["pupils"]):
        raise Ignored("no number of pupils")
    nation = nation_named(named["nation"] or Nation.ENGLAND.value)
    pupils = columns.pupils(named, "pupils", among=range(MOST_PUPILS + 1))
    assert pupils is not None  # noqa: S101  # the cell is not blank
    return RollRow(
        nation,
        register_number(nation, named["register_id"]),
        _academic_year(named["academic_year"], latest),
        _year_group(named["year_group"], nation),
        pupils,
    )


def register_number(nation: Nation, cell: str) -> str:
    """Return the number of a school as its register writes it, also where a spreadsheet changed it. Raises Refused.

    A spreadsheet can take out the hyphen of Northern Ireland's numbers, or add `.0`.
    """
    number = re.sub(r"\.0+$", "", cell)
    if nation == Nation.NORTHERN_IRELAND and re.fullmatch(r"[0-9]{7}", number):
        number = f"{number[:3]}-{number[3:]}"
    if not number:
        raise Refused("register_id is blank. Give the school's number in its register.")
    return number


def _academic_year(cell: str, latest: int) -> int:
    """Return the first calendar year of a school year written 2025/26, 2025-26 or, as stored, 2025. Raises Refused."""
    match = re.fullmatch(r"([0-9]{4})(?:\.0+)?(?:[/-](?:20)?([0-9]{2}))?", cell)
    if not match or (match[2] and int(match[2]) != (int(match[1]) + 1) % 100) or not 1990 <= int(match[1]) <= latest:
        raise Refused(f"academic_year is “{cells.shortened(cell)}”; write it like 2025/26, at the latest {AcademicYear(latest)}.")
    return int(match[1])


def _year_group(cell: str, nation: Nation) -> int:
    """Return the year group of a cell: the name that schools of the nation use, or 0 to 6 where these are the years too.

    Raises Refused, also for a bare number where classes are P1 to P7: 1 is P1 to a school there, and P2 as a year group's number.
    """
    word = re.sub(r"\.0+$|\s", "", cell).casefold()
    if classes_are_p1_to_p7(nation) and word.isdecimal():
        words = f"year_group is “{cells.shortened(cell)}”, which may be the class or the number of a year group"
        raise Refused(f"{words}. Write the class with its P: P1 to P7.")
    for group in YEAR_GROUPS:
        name = year_group_name(group, nation).replace(" ", "").casefold()
        if word in {str(group), name, name.replace("year", "y"), name.replace("reception", "r")}:
            return group
    first, last = (year_group_name(group, nation) for group in (YEAR_GROUPS[0], YEAR_GROUPS[-1]))
    numbers = "" if classes_are_p1_to_p7(nation) else "0 to 6: "
    raise Refused(f"year_group is “{cells.shortened(cell)}”; it must be {numbers}{first} to {last}.")


def _plan(content: OwnFile[RollRow], _importer: Importer | None = None) -> RollFilePlan:
    plan = RollFilePlan(content.report())
    nations = {row.nation for _, row in content.rows}
    schools = {
        (nation, number): pk
        for nation, number, pk in School.objects.filter(nation__in=nations).order_by().values_list("nation", "register_id", "pk")
    }
    stored = Roll.objects.filter(source=RollSource.LIST, school__nation__in=nations).order_by()
    known = {
        (school, year, group): pupils
        for school, year, group, pupils in stored.values_list("school_id", "academic_year", "year_group", "pupils")
    }
    for line, row in content.rows:
        school = schools.get((row.nation.value, row.register_id))
        if school is None:
            reason = f"No school of {row.nation.label} has this number. Import the register first, or correct it."
            plan.report.refused.append(RowProblem(line, row.register_id, reason))
            continue
        key = school, row.academic_year, row.year_group
        if known.get(key) == row.pupils:
            plan.report.unchanged += 1
        else:
            plan.pupils[key] = row.pupils
            label = f"{year_group_name(row.year_group, row.nation)} in {AcademicYear(row.academic_year)}"
            fields: Fields = {label: [known.get(key), row.pupils]}
            plan.changes.append(RowChange(":".join(map(str, row.key)), row.register_id, (line,), key not in known, fields))
            plan.report.updated += key in known
            plan.report.created += key not in known
    plan.report.refused.sort(key=lambda problem: problem.line)
    return plan


@transaction.atomic
def _apply(content: OwnFile[RollRow]) -> TableReport:
    lock_register()
    plan = _plan(content)
    _write(plan)
    return plan.report


def _write(plan: RollFilePlan, _importer: Importer | None = None) -> None:
    Roll.objects.bulk_create(
        [
            Roll(school_id=school, academic_year=year, year_group=group, pupils=pupils, source=RollSource.LIST)
            for (school, year, group), pupils in plan.pupils.items()
        ],
        batch_size=ROWS_A_STATEMENT,
        update_conflicts=True,
        unique_fields=["school", "academic_year", "year_group", "source"],
        update_fields=["pupils"],
    )


def _read_kind(path: Path, importer: Importer, *, matches: Matches, progress: Callable[[int], None]) -> OwnFile[RollRow]:
    return _read(path, importer.on, matches=matches, progress=progress)


ROLLS: TableKind[RollRow, RollFilePlan] = TableKind(TABLE, _read_kind, _plan, _write, lock_register)
"""The table of pupils by year group as a kind of file."""
