"""CSV files that spreadsheets open safely and that our own imports read back unchanged (rule 15)."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from functools import lru_cache
from pathlib import Path

BOM = "\ufeff"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")

LOOKED_AT = frozenset((*DANGEROUS, "'"))
"""How texts begin at which `safe_text` looks; all others are safe as they are."""

type Cell = str | int | float | date | time | None


class _Line:
    """A file for csv.writer that keeps only the line just written."""

    def __init__(self) -> None:
        self.line = ""

    def write(self, line: str) -> int:
        self.line = line
        return len(line)


def safe_text(text: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would run it as a formula."""
    if text.startswith(DANGEROUS) or (text.startswith("'") and text[1:].startswith((*DANGEROUS, "'"))):
        return f"'{text}"
    return text


def plain_text(text: str) -> str:
    """Return the text that safe_text was given: without the apostrophe that it added."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*DANGEROUS, "'")) else text


@lru_cache(maxsize=4096, typed=True)  # days and times are the same in many lines
def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return safe_text(value)
    if value is None:
        return ""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the lines of a CSV file (RFC 4180): the BOM with the header first, then each row; None is an empty cell.

    Texts are made safe. Numbers are not: a negative number is no formula.
    """
    target = _Line()
    writer = csv.writer(target)
    writer.writerow(header)
    yield BOM + target.line
    for row in rows:
        # Most cells are empty, numbers, or short texts of which many are different: to remember these would take longer, and so
        # would to call something for each. csv.writer writes what is empty, and numbers, as we want them.
        writer.writerow(
            [
                value
                if value is None or type(value) is int or (type(value) is str and value[:1] not in LOOKED_AT)
                else _cell(value)
                for value in row
            ]
        )
        yield target.line


def write(content: Iterable[str] | Iterable[bytes], path: Path) -> None:
    """Write lines, or the bytes of a workbook, to the file; all of it or nothing. Raises OSError.

    A link is followed and its target written. A pipe or a device (`/dev/stdout`) is written to, not replaced by a file.
    """
    parts = (part.encode() if isinstance(part, str) else part for part in content)
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as stream:
            stream.writelines(parts)
        return
    path = path.resolve()
    # In the same folder, so that the last step is a rename within one file system.
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        beside = Path(file.name)
        try:
            file.writelines(parts)
            file.close()
            beside.chmod(0o644)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
