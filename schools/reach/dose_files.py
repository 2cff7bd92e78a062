"""The table of dose in words and as files; page, files and JSON read the same declarations."""

from collections.abc import Iterator, Sequence
from typing import Any

from schools.core import csv, xlsx
from schools.reach.dose import DoseRow, DoseTable
from schools.reach.exports import Stamp, csv_cell, slug_of_areas
from schools.reach.figures import DOSE
from schools.reach.rows import DEFINITIONS, percent
from schools.reach.sentences import of_part

COLUMNS = ("year", "nation", "region", "area", *(figure.name for figure in DOSE), "first_recorded_year", "definitions")
"""The columns of a file, in this order. A column never moves; a new one takes the next place at the end."""


def values(table: DoseTable, row: DoseRow) -> list[Any]:
    """Return the typed values of a row's columns; None is an empty cell."""
    first = None if table.first_recorded is None else str(table.first_recorded)
    figures = [figure.value(row) for figure in DOSE]
    return [str(table.year), row.nation, row.region, row.area, *figures, first, DEFINITIONS]


def file_name(table: DoseTable, stamp: Stamp, ending: str) -> str:
    """Return a name that says what is in the file: year, areas where these are not all, as of when, and which definitions."""
    year, areas = str(table.year).replace("/", "-"), slug_of_areas(stamp.areas)
    parts = ("dose", year, areas, f"as-of_{table.as_of}", f"definitions-{DEFINITIONS}")
    return f"{'_'.join(filter(None, parts))}.{ending}"


def csv_lines(table: DoseTable) -> Iterator[str]:
    """Yield the lines of the file, the total last. The same figures give the same bytes."""
    rows = ([csv_cell(value) for value in values(table, row)] for row in [*table.rows, table.total])
    return csv.lines(COLUMNS, rows)


def workbook(table: DoseTable, stamp: Stamp) -> Iterator[bytes]:
    """Yield the bytes of the table as a workbook: rows, what the columns count, and a sheet about the file."""
    about = (
        ("Children leaving in", str(table.year)),
        ("Areas", stamp.area_words),
        ("In words", in_words(table, areas=stamp.areas)),
        ("Stamp", stamp.words),
    )
    definitions = ((figure.name, figure.heading, figure.definition, figure.adds_up) for figure in DOSE)
    yield from xlsx.workbook(
        (
            xlsx.Sheet("Dose", COLUMNS, (values(table, row) for row in [*table.rows, table.total]), [16] * len(COLUMNS)),
            xlsx.Sheet("Definitions", ("column", "heading", "what it counts", "how it adds up"), definitions, (28, 22, 80, 80)),
            xlsx.Sheet("About this file", ("what", "is"), about, (20, 100)),
        )
    )


def in_words(table: DoseTable, *, areas: Sequence[str] | None) -> str:
    """Return the total in a sentence, with what is not known in the same breath.

    It says of which part it is, by the names of the areas to which the table is restricted (None: all), as it is copied alone.
    """
    return " ".join(filter(None, (_leaving(table), of_part(areas=areas))))


def _leaving(table: DoseTable) -> str:
    total = table.total
    if not total.pupils_leaving:
        return f"Nobody knows how many children leave Year 6 (P7) in {table.year}: no roll is known."
    share = percent(total.pupils_two_years, total.pupils_leaving)
    who = "1 pupil who leaves" if total.pupils_leaving == 1 else f"{total.pupils_leaving:,} pupils who leave"
    were = "was" if total.pupils_two_years == 1 else "were"
    words = (
        f"Of the {who} Year 6 (P7) in {table.year}, {total.pupils_two_years:,} ({share} %) "
        f"{were} in a year group that was counted in two or more school years, {total.pupils_one_year:,} in one, "
        f"{total.pupils_no_year:,} in none."
    )
    if total.pupils_years_unknown and table.first_recorded:
        words += f" Of {total.pupils_years_unknown:,} nobody knows: what was before {table.first_recorded} is not recorded."
    elif total.pupils_years_unknown:
        words += f" Of {total.pupils_years_unknown:,} nobody knows: no session is recorded."
    if total.schools_roll_unknown:
        number = total.schools_roll_unknown
        left_out = "1 school is left out, because its" if number == 1 else f"{number:,} schools are left out, because their"
        words += f" {left_out} roll is not known."
    return words
