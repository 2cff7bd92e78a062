"""What a return keeps, and the files that are written from it: the same bytes for ever.

A closed return is never computed again. Its cells are kept as text, and a renderer, once a return was closed with it, is never
changed: what is to look otherwise becomes a new one, and older returns keep theirs.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from schools.reach.exports import columns, csv_cell, values
from schools.reach.rows import ReachTable

RENDERER = 1
"""The one that new returns are written with."""

type Renderer = Callable[[Sequence[str], Iterable[Sequence[str]]], Iterator[str]]


def figures_kept(table: ReachTable) -> dict[str, Any]:
    """Columns and rows of a table as a return keeps them: text, the total last."""
    rows = [[_text(csv_cell(value)) for value in values(table, row)] for row in [*table.rows, table.total]]
    return {"columns": columns(table), "rows": rows}


def cells_kept(cells: Iterable[Any]) -> list[str]:
    """The cells of a session file's line as a return keeps them."""
    return [_text(value) for value in cells]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


def total_of(figures: dict[str, Any]) -> dict[str, str]:
    """The kept figures of the whole area, by column."""
    return dict(zip(figures["columns"], figures["rows"][-1], strict=True)) if figures["rows"] else {}


def render(renderer: int, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a file of a return."""
    return RENDERERS[renderer](header, rows)


def digest_of(files: Iterable[Iterable[str]]) -> str:
    """SHA-256 of the bytes of the files, one after the other."""
    found = hashlib.sha256()
    for lines in files:
        for line in lines:
            found.update(line.encode())
    return found.hexdigest()


def _render_1(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Never to be changed. It stands alone, so that no change elsewhere reaches it."""
    for number, row in enumerate((header, *rows)):
        target = io.StringIO(newline="")
        csv.writer(target).writerow([_safe_1(cell) for cell in row])
        yield ("\ufeff" if number == 0 else "") + target.getvalue()


def _safe_1(cell: str) -> str:
    """Never to be changed: no spreadsheet runs the cell. A number is none of its formulas."""
    dangerous = ("=", "+", "-", "@", "\t", "\r")
    if cell.startswith(dangerous) or (cell.startswith("'") and cell[1:].startswith((*dangerous, "'"))):
        return f"'{cell}"
    return cell


RENDERERS: dict[int, Renderer] = {1: _render_1}
"""Every renderer that a return was ever closed with."""
