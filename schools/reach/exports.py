"""The files of reach: the table as CSV and as workbook, and the sessions behind it (docs/figures.md).

What changes with the clock (as of when, by whom) stands in a file's name or on a sheet of its own, never among the figures.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from schools.core import csv, xlsx
from schools.core.snapshot import snapshot
from schools.core.words import joined
from schools.reach.figures import FIGURES, FILE_FIGURES
from schools.reach.places import Scope
from schools.reach.queries.sessions import sessions_behind
from schools.reach.rows import DEFINITIONS, DEFINITIONS_COLUMN, FIRST_DEFINITIONS, PLACE_COLUMNS, ReachRow, ReachTable
from schools.reach.sentences import sentence
from schools.visits.session_files.columns import COLUMNS_OF_RETURNS as SESSION_COLUMNS

_FIGURE_COLUMNS = [figure.name for figure in FILE_FIGURES]
FIGURES_BEFORE_DEFINITIONS = 27
"""The number of figures whose columns stand before `definitions`; those of later figures follow it."""

COLUMNS = (
    *PLACE_COLUMNS,
    *_FIGURE_COLUMNS[:FIGURES_BEFORE_DEFINITIONS],
    DEFINITIONS_COLUMN,
    *_FIGURE_COLUMNS[FIGURES_BEFORE_DEFINITIONS:],
)
"""The columns of a file in a cut by place. A column never moves."""

FIRST_COLUMNS = COLUMNS[: len(PLACE_COLUMNS) + 21]
"""Those of the first definitions."""

LONGEST_PART = 40
"""Characters of areas, filters and author in a file's name, each, so that the name is not too long for file systems."""


@dataclass(frozen=True)
class Stamp:
    """Where a file comes from: who made it when, with which filters and areas."""

    by: str
    """The name of the person who made it; empty where nobody signed in."""
    now: datetime
    filters: Sequence[str] = ()
    """The filters in words."""
    areas: Sequence[str] | None = None
    """The names of the areas asked for; None means all."""

    @property
    def area_words(self) -> str:
        """The areas asked for, as the sheet about a file has them."""
        return "All" if self.areas is None else ", ".join(self.areas) or "None"

    @property
    def words(self) -> str:
        """As of when, by whom, with which definitions: the line on the sheet and on the printed page."""
        local = timezone.localtime(self.now)
        by = f" by {self.by}" if self.by else ""
        return f"As of {local.day} {local:%B %Y, %H:%M}{by}; definitions {DEFINITIONS}"


def slug_of_areas(areas: Sequence[str] | None) -> str:
    """Return of which areas a file is, for its name: their names, or how many where these are long; "" for all areas."""
    if areas is None:
        return ""
    slug = slugify(joined(areas))
    if slug and (len(areas) == 1 or len(slug) <= LONGEST_PART):
        return slug[:LONGEST_PART]
    return f"{len(areas) or 'no'}-area{'' if len(areas) == 1 else 's'}"


def file_name(table: ReachTable, stamp: Stamp, ending: str, *, of: str = "reach") -> str:
    """Return a name that says what is in the file.

    That is period, cut, areas where these are not all, filters, as of when, who made it, and the version of the definitions.
    """
    within = f"-within-{table.within}" if table.within else ""
    parts = (
        of,
        table.period.name.replace("/", "-"),
        f"by-{table.by}{within}",
        slug_of_areas(stamp.areas),
        slugify(" ".join(stamp.filters))[:LONGEST_PART],
        f"as-of_{table.as_of}",
        slugify(stamp.by)[:LONGEST_PART],
        f"definitions-{table.definitions}",
    )
    return f"{'_'.join(filter(None, parts))}.{ending}"


def columns(table: ReachTable) -> list[str]:
    """Return the header. In a cut by kind, the kind's column (`session_type`, `month`, …) follows those of the place."""
    of_kind = [table.by.value] if table.by.has_column else []
    return [*PLACE_COLUMNS, *of_kind, *_columns(table)[len(PLACE_COLUMNS) :]]


def _columns(table: ReachTable) -> tuple[str, ...]:
    return FIRST_COLUMNS if table.definitions == FIRST_DEFINITIONS else COLUMNS


def values(table: ReachTable, row: ReachRow) -> list[Any]:
    """Return the typed values of a row's columns; None is an empty cell."""
    row_values = [getattr(row, column) for column in _columns(table)]
    after_place = len(PLACE_COLUMNS)
    return [*row_values[:after_place], row.kind, *row_values[after_place:]] if table.by.has_column else row_values


def csv_lines(table: ReachTable) -> Iterator[str]:
    """Yield the lines of the file: BOM and header first, the total last. The same figures give the same bytes."""
    rows = ([csv_cell(value) for value in values(table, row)] for row in [*table.rows, table.total])
    return csv.lines(columns(table), rows)


def csv_cell(value: Any) -> csv.Cell:
    """Return the value as the CSV writes it: yes or no for a truth value, one digit after the point for a Decimal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, Decimal) else value


def workbook(table: ReachTable, stamp: Stamp) -> Iterator[bytes]:
    """Yield the bytes of the table as a workbook: rows with typed cells, what the columns count, and a sheet about the file."""
    rows = (values(table, row) for row in [*table.rows, table.total])
    yield from xlsx.workbook(
        (
            xlsx.Sheet("Reach", columns(table), rows, [14] * len(columns(table))),
            definitions_sheet(),
            xlsx.Sheet("About this file", ("what", "is"), _about(table, stamp), (20, 100)),
        )
    )


def definitions_sheet() -> xlsx.Sheet:
    """Return the sheet that says what each column counts, and how sessions and headcounts add up to it."""
    rows = ((figure.name, figure.heading, figure.definition, figure.adds_up) for figure in FIGURES)
    return xlsx.Sheet("Definitions", ("column", "heading", "what it counts", "how it adds up"), rows, (28, 22, 80, 80))


def _about(table: ReachTable, stamp: Stamp) -> Iterator[tuple[str, xlsx.Cell]]:
    yield "Period", table.period.name
    yield "First day", table.period.first_day
    yield "Last day", table.period.last_day
    yield "A row for each", table.by.label + (f" within {table.within.label.lower()}" if table.within else "")
    yield "Filters", "; ".join(stamp.filters) or "None"
    yield "Areas", stamp.area_words
    yield "In words", sentence(table, now=stamp.now, filters=stamp.filters, areas=stamp.areas)
    yield "Stamp", stamp.words.replace(f"definitions {DEFINITIONS}", f"definitions {table.definitions}")


def session_csv(scope: Scope) -> Iterator[str]:
    """Yield the lines of the sessions behind the table, in the columns of a session file."""
    with snapshot():
        yield from csv.lines(SESSION_COLUMNS, (cells for _, cells in sessions_behind(scope).rows()))


def session_workbook(table: ReachTable, scope: Scope, stamp: Stamp) -> Iterator[bytes]:
    """Yield the bytes of the same sessions as a workbook, in as many sheets as they need."""
    with snapshot():
        rows: Iterable[Sequence[xlsx.Cell]] = (cells for _, cells in sessions_behind(scope).rows())
        about = xlsx.Sheet("About this file", ("what", "is"), _about(table, stamp), (20, 100))
        yield from xlsx.workbook((xlsx.Sheet("Sessions", SESSION_COLUMNS, rows, [12] * len(SESSION_COLUMNS)), about))
