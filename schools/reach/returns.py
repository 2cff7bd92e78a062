"""What a return keeps, and the files that are written from it: the same bytes for ever (rule 19).

A closed return is never computed again. Its cells are kept as text. Once a return was closed with a renderer, that renderer is
never changed: a new look becomes a new renderer, and older returns keep theirs.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from schools.reach.exports import columns, csv_cell, values
from schools.reach.rows import ReachTable
from schools.visits.session_files.columns import COLUMNS_OF_RETURNS as SESSION_COLUMNS

RENDERER = 1
"""The renderer of new returns."""

TOGETHER = "together"
"""How a session was counted of which one total covers several schools: so whoever counts again takes no share for certain."""

type Renderer = Callable[[Sequence[str], Iterable[Sequence[str]]], Iterator[str]]


def figures_kept(table: ReachTable) -> dict[str, Any]:
    """Return columns and rows of a table as a return keeps them: as text, the total last."""
    rows = [[_text(csv_cell(value)) for value in values(table, row)] for row in [*table.rows, table.total]]
    return {"columns": columns(table), "rows": rows}


def cells_kept(cells: Iterable[Any], *, is_together: bool = False) -> list[str]:
    """Return the cells of a session file's line as a return keeps them; `is_together`: one total covers several schools."""
    kept = [_text(value) for value in cells]
    if is_together:
        kept[SESSION_COLUMNS.index("count_basis")] = TOGETHER
    return kept


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


def total_of(figures: dict[str, Any]) -> dict[str, str]:
    """Return the kept figures of the whole area, by column."""
    return dict(zip(figures["columns"], figures["rows"][-1], strict=True)) if figures["rows"] else {}


def render(renderer: int, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a file of a return."""
    return RENDERERS[renderer](header, rows)


def digest_of(files: Iterable[Iterable[str]]) -> str:
    """Return the SHA-256 of the bytes of the files, one after the other."""
    digest = hashlib.sha256()
    for lines in files:
        for line in lines:
            digest.update(line.encode())
    return digest.hexdigest()


def _render_1(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines. Never change this function; it stands alone so that no change elsewhere reaches it."""
    for number, row in enumerate((header, *rows)):
        target = io.StringIO(newline="")
        csv.writer(target).writerow([_safe_1(cell) for cell in row])
        yield ("\ufeff" if number == 0 else "") + target.getvalue()


def _safe_1(cell: str) -> str:
    """Return the cell so that no spreadsheet runs it as a formula. Never change this function. A number is written as it is."""
    dangerous = ("=", "+", "-", "@", "\t", "\r")
    if cell.startswith(dangerous) or (cell.startswith("'") and cell[1:].startswith((*dangerous, "'"))):
        return f"'{cell}"
    return cell


RENDERERS: dict[int, Renderer] = {1: _render_1}
"""Every renderer with which a return was ever closed."""
