"""The CSV of reach (REACH.md, "The CSV")."""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from schools.core import csv
from schools.reach.rows import ReachRow, ReachTable

COLUMNS = [column.name for column in fields(ReachRow)]


def csv_lines(table: ReachTable) -> Iterator[str]:
    """The lines of the file, BOM and header first, the total last. The same figures give the same bytes."""
    return csv.lines(COLUMNS, (_cells(row) for row in [*table.rows, table.total]))


def _cells(row: ReachRow) -> list[csv.Cell]:
    return [_cell(getattr(row, column)) for column in COLUMNS]


def _cell(value: Any) -> csv.Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}" if isinstance(value, Decimal) else value
