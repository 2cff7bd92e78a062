"""The CSV of reach (REACH.md, "The CSV")."""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from schools.core import csv
from schools.reach.rows import ReachRow, ReachTable

OF_KINDS = ("kind", "kind_name", "cell")
COLUMNS = tuple(column.name for column in fields(ReachRow) if column.name not in OF_KINDS)
LAST_OF_PLACE = COLUMNS.index("authority") + 1


def columns(table: ReachTable) -> list[str]:
    """The header; where kinds are cut, their column (`session_type`, `month`, …) stands after those of the place."""
    of_kind = [] if table.by.is_place else [table.by.value]
    return [*COLUMNS[:LAST_OF_PLACE], *of_kind, *COLUMNS[LAST_OF_PLACE:]]


def values(table: ReachTable, row: ReachRow) -> list[Any]:
    """What stands in the columns of a row, typed; None is an empty cell."""
    said = [getattr(row, column) for column in COLUMNS]
    return said if table.by.is_place else [*said[:LAST_OF_PLACE], row.kind, *said[LAST_OF_PLACE:]]


def csv_lines(table: ReachTable) -> Iterator[str]:
    """The lines of the file, BOM and header first, the total last. The same figures give the same bytes."""
    rows = ([_cell(value) for value in values(table, row)] for row in [*table.rows, table.total])
    return csv.lines(columns(table), rows)


def _cell(value: Any) -> csv.Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, Decimal) else value
