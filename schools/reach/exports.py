"""The files of reach: the table as CSV (REACH.md, "The CSV") and as workbook, the sessions behind it, and their public variant.

What changes by the clock (as of when, by whom) is in a file's name or on a sheet of its own, never among the figures.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from schools.core import csv, xlsx
from schools.core.snapshot import snapshot
from schools.reach.figures import FIGURES, FILE_FIGURES
from schools.reach.places import Scope
from schools.reach.queries.sessions import sessions_behind
from schools.reach.rows import DEFINITIONS, PLACE_COLUMNS, ReachRow, ReachTable
from schools.reach.sentences import sentence
from schools.reach.suppression import HIDDEN
from schools.visits.session_files.columns import COLUMNS as SESSION_COLUMNS

COLUMNS = (*PLACE_COLUMNS, *(figure.name for figure in FILE_FIGURES))

type Hidden = Mapping[str, frozenset[str]]
"""The columns that are hidden in a row, by its cell (schools.reach.suppression)."""

NOTHING: Hidden = {}

LONGEST_PART = 50
"""Letters of the filters and of the author in a file's name, so that all of them fit into what file systems take."""


@dataclass(frozen=True)
class Stamp:
    """What a file says of itself beside its figures."""

    by: str
    """Who made it; empty where nobody signed in."""
    now: datetime
    filters: Sequence[str] = ()
    """What is filtered, in words."""
    areas: Sequence[str] | None = None
    """The names of the areas asked for; None: all."""
    is_public: bool = False

    @property
    def words(self) -> str:
        """As of when, by whom, by which definitions: what the sheet and the printed page say."""
        local = timezone.localtime(self.now)
        by = f" by {self.by}" if self.by else ""
        return f"As of {local.day} {local:%B %Y, %H:%M}{by}; definitions {DEFINITIONS}"


def file_name(table: ReachTable, stamp: Stamp, ending: str, *, of: str = "reach") -> str:
    """Says what is in the file: period, cut, filters, as of when, who made it, by which definitions."""
    within = f"-within-{table.within}" if table.within else ""
    parts = (
        of,
        table.period.name.replace("/", "-"),
        f"by-{table.by}{within}",
        slugify(" ".join(stamp.filters))[:LONGEST_PART],
        f"as-of_{table.as_of}",
        slugify(stamp.by)[:LONGEST_PART],
        f"definitions-{DEFINITIONS}",
        "public" if stamp.is_public else "",
    )
    return f"{'_'.join(filter(None, parts))}.{ending}"


def columns(table: ReachTable) -> list[str]:
    """The header; where kinds are cut, their column (`session_type`, `month`, …) stands after those of the place."""
    of_kind = [] if table.by.is_place else [table.by.value]
    return [*PLACE_COLUMNS, *of_kind, *COLUMNS[len(PLACE_COLUMNS) :]]


def values(table: ReachTable, row: ReachRow, hidden: Hidden = NOTHING) -> list[Any]:
    """What stands in the columns of a row, typed; None is an empty cell."""
    of_row = hidden.get(row.cell, ())
    said = [HIDDEN if column in of_row else getattr(row, column) for column in COLUMNS]
    after_place = len(PLACE_COLUMNS)
    return said if table.by.is_place else [*said[:after_place], row.kind, *said[after_place:]]


def csv_lines(table: ReachTable, hidden: Hidden = NOTHING) -> Iterator[str]:
    """The lines of the file, BOM and header first, the total last. The same figures give the same bytes.

    A public file has * in the place of what is hidden: small numbers of pupils and what would give them back.
    """
    rows = ([csv_cell(value) for value in values(table, row, hidden)] for row in [*table.rows, table.total])
    return csv.lines(columns(table), rows)


def csv_cell(value: Any) -> csv.Cell:
    """A value as the CSV writes it: yes and no, one decimal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, Decimal) else value


def workbook(table: ReachTable, stamp: Stamp, hidden: Hidden = NOTHING) -> Iterator[bytes]:
    """The table as a workbook: its rows with typed cells, what each column counts, and what the file is."""
    rows = (values(table, row, hidden) for row in [*table.rows, table.total])
    yield from xlsx.workbook(
        (
            xlsx.Sheet("Reach", columns(table), rows, [14] * len(columns(table))),
            definitions_sheet(),
            xlsx.Sheet("About this file", ("what", "is"), _about(table, stamp, hidden), (20, 100)),
        )
    )


def definitions_sheet() -> xlsx.Sheet:
    """What each column counts, and the rule by which sessions and headcounts add up to it."""
    rows = ((figure.name, figure.heading, figure.definition, figure.adds_up) for figure in FIGURES)
    return xlsx.Sheet("Definitions", ("column", "heading", "what it counts", "how it adds up"), rows, (28, 22, 80, 80))


def _about(table: ReachTable, stamp: Stamp, hidden: Hidden = NOTHING) -> Iterator[tuple[str, xlsx.Cell]]:
    yield "Period", table.period.name
    yield "First day", table.period.first_day
    yield "Last day", table.period.last_day
    yield "A row for each", table.by.label + (f" within {table.within.label.lower()}" if table.within else "")
    yield "Filters", "; ".join(stamp.filters) or "None"
    yield "Areas", "All" if stamp.areas is None else ", ".join(stamp.areas) or "None"
    if "total" not in hidden:
        # It says nothing that the total does not.
        yield "In words", sentence(table, now=stamp.now)
    if stamp.is_public:
        yield "Hidden", f"{HIDDEN} stands for a number of 1 to 4 pupils, and for others that would give one back."
    yield "Stamp", stamp.words


def session_csv(scope: Scope) -> Iterator[str]:
    """The sessions behind the table, in the columns of a session file."""
    with snapshot():
        yield from csv.lines(SESSION_COLUMNS, (cells for _, cells in sessions_behind(scope).rows()))


def session_workbook(table: ReachTable, scope: Scope, stamp: Stamp) -> Iterator[bytes]:
    """The same as a workbook, in as many sheets as it takes."""
    with snapshot():
        rows: Iterable[Sequence[xlsx.Cell]] = (cells for _, cells in sessions_behind(scope).rows())
        about = xlsx.Sheet("About this file", ("what", "is"), _about(table, stamp), (20, 100))
        yield from xlsx.workbook((xlsx.Sheet("Sessions", SESSION_COLUMNS, rows, [12] * len(SESSION_COLUMNS)), about))
