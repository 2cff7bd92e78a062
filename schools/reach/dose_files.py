"""The table of dose in words and as files; page, files and JSON read the same declarations."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schools.core import csv, xlsx
from schools.reach.dose import DoseRow, DoseTable
from schools.reach.exports import Stamp, csv_cell
from schools.reach.figures import DOSE
from schools.reach.rows import DEFINITIONS, percent

COLUMNS = ("year", "nation", "region", "area", *(figure.name for figure in DOSE), "first_recorded_year", "definitions")
"""The columns of a file, in this order. A column never moves; a new one takes the next place at the end."""


def values(table: DoseTable, row: DoseRow) -> list[Any]:
    """Return the typed values of a row's columns; None is an empty cell."""
    first = None if table.first_recorded is None else str(table.first_recorded)
    figures = [figure.value(row) for figure in DOSE]
    return [str(table.year), row.nation, row.region, row.area, *figures, first, DEFINITIONS]


def file_name(table: DoseTable, ending: str) -> str:
    """Return a name that says what is in the file: the year, as of when, and the version of the definitions."""
    return f"dose_{str(table.year).replace('/', '-')}_as-of_{table.as_of}_definitions-{DEFINITIONS}.{ending}"


def csv_lines(table: DoseTable) -> Iterator[str]:
    """Yield the lines of the file, the total last. The same figures give the same bytes."""
    rows = ([csv_cell(value) for value in values(table, row)] for row in [*table.rows, table.total])
    return csv.lines(COLUMNS, rows)


def workbook(table: DoseTable, *, by: str, now: datetime) -> Iterator[bytes]:
    """Yield the bytes of the table as a workbook: rows, what the columns count, and a sheet about the file.

    `by`: the name of the person who made it; empty where nobody signed in.
    """
    about = (
        ("Children leaving in", str(table.year)),
        ("In words", in_words(table)),
        ("Stamp", Stamp(by, now).words),
    )
    definitions = ((figure.name, figure.heading, figure.definition, figure.adds_up) for figure in DOSE)
    yield from xlsx.workbook(
        (
            xlsx.Sheet("Dose", COLUMNS, (values(table, row) for row in [*table.rows, table.total]), [16] * len(COLUMNS)),
            xlsx.Sheet("Definitions", ("column", "heading", "what it counts", "how it adds up"), definitions, (28, 22, 80, 80)),
            xlsx.Sheet("About this file", ("what", "is"), about, (20, 100)),
        )
    )


def in_words(table: DoseTable) -> str:
    """Return the total in a sentence, with what is not known in the same breath."""
    total = table.total
    if not total.pupils_leaving:
        return f"Nobody knows how many children leave Year 6 (P7) in {table.year}: no roll is known."
    share = percent(total.pupils_two_years, total.pupils_leaving)
    words = (
        f"Of the {total.pupils_leaving:,} pupils who leave Year 6 (P7) in {table.year}, {total.pupils_two_years:,} ({share} %) "
        f"were in a year group that was counted in two or more school years, {total.pupils_one_year:,} in one, "
        f"{total.pupils_no_year:,} in none."
    )
    if total.pupils_years_unknown and table.first_recorded:
        words += f" Of {total.pupils_years_unknown:,} nobody knows: what was before {table.first_recorded} is not recorded."
    elif total.pupils_years_unknown:
        words += f" Of {total.pupils_years_unknown:,} nobody knows: no session is recorded."
    if total.schools_roll_unknown:
        words += f" {total.schools_roll_unknown:,} schools are left out, because their roll is not known."
    return words
