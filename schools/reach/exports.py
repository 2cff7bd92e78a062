"""The CSV of reach (REACH.md, "The CSV")."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
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


def write(lines: Iterable[str], path: Path) -> None:
    """Write the lines to the file, whole or not at all. Raises OSError where that cannot be done."""
    # Beside it, so that the last step is a rename within one file system.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        beside = Path(file.name)
        try:
            file.writelines(lines)
            file.close()
            beside.chmod(0o644)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
