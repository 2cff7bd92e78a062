"""Reading a table from a file row by row: CSV in one of three encodings, plain, gzipped or zipped, or a workbook.

The file is opened here and read by a program of its own (table_reader.py), whose memory, time and files are limited: what a file
does to its reader it does to that program.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

type Row = tuple[int, list[str]]
"""The line number in the file, counted from 1, and the cells as text. Where several sheets are read, it goes on over them."""

type IsHeader = Callable[[list[str]], bool]
"""Returns whether these cells are the expected header; it raises nothing."""

HEADER_WITHIN = 40
"""The header is looked for in this many rows: many published tables have titles and notes above it."""

LONGEST_CELL = 100_000
"""Characters. A longer cell means a quote that was never closed, or a file that is no table."""
LONGEST_LINE = 1_000_000
"""Characters. The limit keeps a file without line breaks, or a zip bomb, from filling the memory."""
LONGEST_MESSAGE = 8 * LONGEST_LINE
"""Bytes of what the reader writes at once: a full message, a longest row, and the signs that JSON writes longer."""
WORKBOOKS = (".xlsx", ".ods")
KINDS = (".csv", ".csv.gz", ".zip", *WORKBOOKS)
"""The endings of files that can be read."""
READER = Path(__file__).with_name("table_reader.py")
NEEDED = ("SYSTEMROOT",)
"""What of our environment the reader gets: Windows starts no program without it. It gets no secret."""


@dataclass(frozen=True)
class Limits:
    """How much of a file is read before it is refused."""

    unpacked: int = 2_000_000_000
    """Bytes of the file once it is unpacked."""
    rows: int = 500_000
    """Blank ones are counted."""
    cells: int = 20_000_000
    """Blank and repeated ones are counted. A workbook's cells are held in memory, which ends before this number is reached."""
    seconds: int = 15
    """Of processor time. Waiting for whoever uses the rows does not count."""
    memory: int = 512 << 20
    """Bytes."""
    cell: int = LONGEST_CELL
    line: int = LONGEST_LINE
    first: int = HEADER_WITHIN


UPLOAD = Limits()
"""For a file of schools, people or sessions."""
LONG_LIST = Limits(rows=4_000_000, cells=300_000_000, seconds=300)
"""For a list that is read row by row and kept nowhere in memory, as a national list of postcodes."""


class UnreadableTable(ValueError):
    """The file is no table that we can read; the message is one line that says why and what to do."""


class TwiceInHeader(UnreadableTable):
    """A column stands in the header twice, which somebody can mend by saying which of them is meant."""


def unheard(_: str) -> None:
    """Take no notice of what is said of a file."""


@contextmanager
def open_table(
    path: Path, *, is_header: IsHeader | None = None, limits: Limits = UPLOAD, say: Callable[[str], None] = unheard
) -> Generator[Iterator[Row]]:
    """Stream the rows of the table at `path`, header first; blank lines are left out.

    With `is_header`, the rows above the header are left out too, if it is among the first rows. A workbook's sheets are all
    searched for it, and those that have it are read one after the other, each by its own order of columns; the lines of each
    go on after those of the sheet before. Without `is_header`, or where no header is found, the first row comes first; in a
    workbook that is the first row of the first sheet with more than two cells. `say` is called with one sentence where the cells
    of a CSV file are set apart by semicolons or tabs, and for each further sheet that is read, with the line at which it begins.

    Raises UnreadableTable, also while the rows are read, when the file is missing, truncated, of another kind or beyond the
    limits. Exceptions that the caller raises pass unchanged.
    """
    with ExitStack() as stack:
        messages = _messages(path, stack, limits)
        if path.suffix.lower() in WORKBOOKS:
            yield _book_rows(messages, is_header, say)
        else:
            yield _from_header(_rows_of(_heard(messages, say)), is_header)


SEPARATORS = {";": "semicolons", "\t": "tabs"}


def _heard(messages: Iterable[dict[str, Any]], say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if separator := SEPARATORS.get(message.get("separator", "")):
            say(f"Its cells are set apart by {separator}, not by commas; the file was read so.")
        yield message


def column_positions(header: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """Return where the wanted columns are, by name (case and doubled spaces don't matter), without those that are missing.

    Raises TwiceInHeader when a wanted name is there twice: nobody could say which one is meant.
    """
    places_of: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        places_of.setdefault(_column_key(name), []).append(position)
    positions = {}
    for name in wanted:
        places = places_of.get(_column_key(name), [])
        if len(places) > 1:
            msg = f"The column “{name}” stands in the header {len(places)} times. Take out the ones that you don't mean."
            raise TwiceInHeader(msg)
        if places:
            positions[name] = places[0]
    return positions


def _column_key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _from_header(rows: Iterator[Row], is_header: IsHeader | None) -> Iterator[Row]:
    above = []
    if is_header:
        for row in islice(rows, HEADER_WITHIN):
            above.append(row)
            if is_header(row[1]):
                above = [row]
                break
    yield from above
    yield from rows


def _messages(path: Path, stack: ExitStack, limits: Limits) -> Iterator[dict[str, Any]]:
    """Yield what the reader tells of the file. It ends with the stack, at whatever row."""
    try:
        file = stack.enter_context(path.open("rb"))
        file.read(1)  # a directory can be opened, but not read
        file.seek(0)
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror or error}."
        raise UnreadableTable(msg) from error
    return read_apart(path, file, stack, limits)


def read_apart(path: Path, file: IO[bytes], stack: ExitStack, limits: Limits) -> Iterator[dict[str, Any]]:
    """Start the reader and yield what it tells of the file, which is open at its first byte."""
    # Isolated (-I): neither our environment nor the folder that we run in can change what the reader is.
    command = [sys.executable, "-I", "-X", "utf8", str(READER), path.name, json.dumps(asdict(limits))]
    environment = {name: os.environ[name] for name in NEEDED if name in os.environ}
    reader = subprocess.Popen(  # noqa: S603  # our own words and the name of a file
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    stack.callback(_stop, reader)
    return _told(path, reader, limits)


def _stop(reader: subprocess.Popen[bytes]) -> None:
    reader.kill()
    reader.communicate()


def _told(path: Path, reader: subprocess.Popen[bytes], limits: Limits) -> Iterator[dict[str, Any]]:
    assert reader.stdout  # noqa: S101  # for mypy: it was opened as a pipe
    while (line := reader.stdout.readline(LONGEST_MESSAGE)).endswith(b"\n"):
        message = json.loads(line)
        if "problem" in message:
            raise UnreadableTable(message["problem"])
        if "end" in message:
            return
        yield message
    raise UnreadableTable(_died(path, reader.wait(), limits))


def _died(path: Path, status: int, limits: Limits) -> str:
    """Return one sentence about a reader that ended without a word: by a signal, or because a library gave up."""
    if hasattr(signal, "SIGXCPU") and status == -signal.SIGXCPU:
        return f"{path.name} takes longer than {limits.seconds} seconds to read. Save it as CSV, or split it."
    most = f"{limits.memory >> 20} MB"
    return f"{path.name} is damaged, or takes more than {most} of memory to read. Save it as CSV, or split it."


def _rows_of(messages: Iterable[dict[str, Any]]) -> Iterator[Row]:
    return chain.from_iterable(map(tuple, message.get("rows", ())) for message in messages)


class _Sheet(NamedTuple):
    """A sheet that has the header: what the sheet is called, the header's row and the names in it."""

    title: str
    line: int
    names: list[str]


def _book_rows(messages: Iterator[dict[str, Any]], is_header: IsHeader | None, say: Callable[[str], None]) -> Iterator[Row]:
    first: dict[int, tuple[str, list[Row]]] = {}
    later: Iterator[dict[str, Any]] = iter(())
    for message in messages:
        if "first" not in message:
            later = chain([message], messages)
            break
        first[message["sheet"]] = message["name"], message["first"]
    if sheets := _sheets_with(first, is_header) if is_header else {}:
        return _joined(later, sheets, say)
    rows = _rows_of(message for message in later if message["sheet"] == 0)
    # The header is the first row with more than two cells.
    return _filled(dropwhile(lambda row: sum(cell != "" for cell in row[1]) <= 2, rows))


def _sheets_with(first: dict[int, tuple[str, list[Row]]], is_header: IsHeader) -> dict[int, _Sheet]:
    """Return the sheets that have the header among their first rows; an index or a page of notes has none."""
    sheets = {}
    for number, (title, rows) in first.items():
        for line, cells in _filled(rows):
            if is_header(cells):
                sheets[number] = _Sheet(title, line, cells[: _width(cells)])
                break
    return sheets


def _joined(messages: Iterable[dict[str, Any]], sheets: dict[int, _Sheet], say: Callable[[str], None]) -> Iterator[Row]:
    """Yield the rows of all sheets under one header: the first sheet's columns, then those that only later sheets have."""
    start = min(sheets)
    header = list(sheets[start].names)
    known = {_column_key(name) for name in header}
    header += [name for number in sheets if number != start for name in sheets[number].names if _column_key(name) not in known]
    yield sheets[start].line, header
    for sheet, some in _below_each_other(messages, sheets, say):
        # Columns are found by name only on later sheets: on the first one a name may be there twice.
        there = {_column_key(name): position for position, name in enumerate(sheet.names)}
        places = [there.get(_column_key(name)) for name in header] if sheet is not sheets[start] else None
        for line, cells in _filled(some, width=len(sheet.names)):
            yield line, _padded(cells, len(header)) if places is None else [_at(cells, place) for place in places]


def _below_each_other(
    messages: Iterable[dict[str, Any]], sheets: dict[int, _Sheet], say: Callable[[str], None]
) -> Iterator[tuple[_Sheet, list[Row]]]:
    """Yield rows below the headers, each with its sheet and a line of its own: whoever reads them keeps rows by their lines."""
    number, last, above = min(sheets), 0, 0
    for message in messages:
        sheet = sheets.get(message["sheet"])
        if not sheet:
            continue
        if message["sheet"] != number:
            number, above = message["sheet"], last
            say(f"Line {above + 1} is row 1 of the sheet “{sheet.title}”: the lines go on over the sheets.")
        last = above + message["rows"][-1][0]
        yield sheet, [(above + line, cells) for line, cells in message["rows"] if line > sheet.line]


def _at(cells: list[str], place: int | None) -> str:
    return "" if place is None else cells[place]


def _filled(rows: Iterable[Row], *, width: int = 0) -> Iterator[Row]:
    """Yield the rows filled up to the width; the first one gives the width where none is given."""
    for line, cells in rows:
        width = width or _width(cells)
        yield line, _padded(cells, width)


def _padded(cells: list[str], width: int) -> list[str]:
    """Return the cells filled up to the width: a workbook leaves out empty cells at the end of a row."""
    return cells + [""] * (width - len(cells))


def _width(header: list[str]) -> int:
    return max((position for position, name in enumerate(header, start=1) if name.strip()), default=0)
