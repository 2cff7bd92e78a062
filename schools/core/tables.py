"""Reading a table from a file row by row: CSV in one of three encodings, plain, gzipped or zipped, or XLSX."""

import codecs
import csv
import gzip
import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import dropwhile, islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import ParseError

type Row = tuple[int, list[str]]
"""The line number in the file, counted from 1, and the cells as text."""

type IsHeader = Callable[[list[str]], bool]
"""Returns whether these cells are the expected header; it raises nothing."""

HEADER_WITHIN = 40
"""The header is looked for in this many rows: many published tables have titles and notes above it."""

CHUNK = 1 << 20
LONGEST_CELL = 100_000
"""Characters. A longer cell means a quote that was never closed, or a file that is no table."""
LONGEST_LINE = 1_000_000
"""Characters. The limit keeps a file without line breaks, or a zip bomb, from filling the memory."""

FOREIGN = {
    codecs.BOM_UTF16_LE: "a text in UTF-16",
    codecs.BOM_UTF16_BE: "a text in UTF-16",
    b"PK\x03\x04": "a zip file or a workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
}
"""First bytes of files that are given the name of a CSV file by mistake."""


class UnreadableTable(ValueError):
    """The file is no table that we can read; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class _Look:
    """What a first pass over a CSV file finds out."""

    encoding: str
    has_bom: bool
    ends_with_line: bool


@contextmanager
def open_table(path: Path, *, is_header: IsHeader | None = None) -> Generator[Iterator[Row]]:
    """Stream the rows of the table at `path`, header first; blank lines are left out.

    With `is_header`, the rows above the header are left out too, if it is among the first rows. A workbook's sheets are all
    searched for it, and those that have it are read one after the other, each by its own order of columns. Without `is_header`,
    or where no header is found, the first row comes first; in a workbook that is the first row of the first sheet with more than
    two cells.

    Raises UnreadableTable, also while the rows are read, when the file is missing, truncated or of another kind. Exceptions that
    the caller raises pass unchanged.
    """
    with ExitStack() as stack:
        with _in_one_line(path):
            if path.suffix.lower() == ".xlsx":
                rows = _xlsx_rows(path, stack, is_header)
            else:
                rows = _from_header(_csv_rows(path, stack), is_header)
        yield _guarded(path, rows)


def column_positions(header: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """Return where the wanted columns are, by name (case and doubled spaces don't matter), without those that are missing.

    Raises UnreadableTable when a wanted name is there twice: nobody could say which one is meant.
    """
    places_of: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        places_of.setdefault(_column_key(name), []).append(position)
    positions = {}
    for name in wanted:
        places = places_of.get(_column_key(name), [])
        if len(places) > 1:
            msg = f"The column “{name}” stands in the header {len(places)} times. Take out the ones that you don't mean."
            raise UnreadableTable(msg)
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


def _guarded(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    with _in_one_line(path):
        yield from rows


@contextmanager
def _in_one_line(path: Path) -> Generator[None]:
    """Turn what the readers raise about a file into an UnreadableTable with one line."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        msg = f"{path.name} is broken off or not the kind of file that its name says. Download it again."
        raise UnreadableTable(msg) from error
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror or error}."
        raise UnreadableTable(msg) from error


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            yield file  # type: ignore[misc]  # GzipFile reads bytes like any other binary file
    elif path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive, _member(path, archive) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def _member(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    # macOS adds a hidden copy of every file in a folder of this name.
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        msg = f"{path.name} holds {len(names)} CSV files; it must hold exactly one. Unpack it and name the one you mean."
        raise UnreadableTable(msg)
    try:
        return archive.open(names[0])
    except RuntimeError as error:  # a password, or a compression that Python does not know
        msg = f"{path.name} cannot be unpacked ({error}). Unpack it yourself and name the CSV file."
        raise UnreadableTable(msg) from error


def _look(path: Path) -> _Look:
    """Find out the encoding: UTF-8 (with or without BOM) where the whole file is valid, else cp1252, as GIAS uses."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, last = "utf-8", b""
    with _opened(path) as file:
        start = chunk = file.read(CHUNK)
        for sign, kind in FOREIGN.items():
            if start.startswith(sign):
                msg = f"{path.name} is not a CSV file but {kind}. Save it as “CSV UTF-8” and try again."
                raise UnreadableTable(msg)
        while chunk:
            if b"\0" in chunk:
                msg = f"{path.name} is not a CSV file: it holds NUL bytes. Save it as “CSV UTF-8” and try again."
                raise UnreadableTable(msg)
            encoding = _still_utf8(decoder, chunk) if encoding == "utf-8" else encoding
            last = chunk[-1:]
            chunk = file.read(CHUNK)
        encoding = _still_utf8(decoder, b"", final=True) if encoding == "utf-8" else encoding
    return _Look(encoding, start.startswith(codecs.BOM_UTF8), last in {b"\n", b"\r"})


def _still_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> str:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_rows(path: Path, stack: ExitStack) -> Iterator[Row]:
    look = _look(path)
    raw = stack.enter_context(_opened(path))
    if look.has_bom:
        # Removed before decoding: in a cp1252 file a BOM would become three letters of the first column's name.
        raw.read(len(codecs.BOM_UTF8))
    text = stack.enter_context(io.TextIOWrapper(raw, encoding=look.encoding, newline=""))
    return _parsed(path, text, ends_with_line=look.ends_with_line)


def _parsed(path: Path, text: io.TextIOWrapper, *, ends_with_line: bool) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(path, text), strict=True)
    width = seen = 0
    # One row is held back, because only the last one can be cut short by a download that broke off.
    waiting: Row | None = None
    try:
        for cells in reader:
            if any(cells):
                if waiting:
                    yield waiting
                if seen < HEADER_WITHIN:
                    width, seen = max(width, _width(cells)), seen + 1
                waiting = reader.line_num, cells
    except csv.Error as error:
        msg = f"{path.name}, line {reader.line_num}: {_in_words(error)}. Nothing was stored; mend the line or download it again."
        raise UnreadableTable(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path.name}, after line {reader.line_num}: the characters are neither UTF-8 nor cp1252. Save it as “CSV UTF-8”."
        raise UnreadableTable(msg) from error
    if waiting:
        yield _whole(path, waiting, width=0 if ends_with_line else width)


def _whole(path: Path, row: Row, *, width: int) -> Row:
    if len(row[1]) < width:
        msg = f"{path.name} ends inside line {row[0]}: the file is broken off. Nothing was stored; download it again."
        raise UnreadableTable(msg)
    return row


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE:
            msg = f"{path.name}, line {number} holds more than {LONGEST_LINE:,} characters. This is no table; download it again."
            raise UnreadableTable(msg)
        yield line


def _in_words(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"a cell holds more than {LONGEST_CELL:,} characters"
    if "unexpected end" in str(error):
        return "the file ends inside a quoted cell"
    return f"this is not CSV ({error})"


def _xlsx_rows(path: Path, stack: ExitStack, is_header: IsHeader | None) -> Iterator[Row]:
    # Imported here because it is slow to import and only workbooks need it.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    # Everything that openpyxl was seen to raise about a damaged workbook, or a file that only has the name of one.
    damaged = (KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError, InvalidFileException)
    try:
        with warnings.catch_warnings():
            # It warns about missing styles and unknown extensions, which don't matter for the cells.
            warnings.simplefilter("ignore")
            # Opened here, because openpyxl leaves the file open when it finds it damaged.
            book = openpyxl.load_workbook(stack.enter_context(path.open("rb")), read_only=True, data_only=True)
    except damaged as error:
        raise UnreadableTable(_damaged(path)) from error
    stack.callback(book.close)
    return _book_rows(path, book, damaged, is_header)


def _damaged(path: Path) -> str:
    return f"{path.name} is not a spreadsheet that can be read. Save it as XLSX or CSV again."


class _Sheet(NamedTuple):
    """A sheet that has the header: its rows, the header's line and the names in it."""

    rows: Any
    line: int
    names: list[str]


def _book_rows(path: Path, book: Any, damaged: tuple[type[Exception], ...], is_header: IsHeader | None) -> Iterator[Row]:
    try:
        for sheet in book.worksheets:
            # Some programs write a wrong size, and everything beyond it would be lost.
            sheet.reset_dimensions()
        if sheets := _sheets_with(path, book, is_header) if is_header else []:
            yield from _joined(path, sheets)
        else:
            # The header is the first row with more than two cells.
            numbered = enumerate(book.worksheets[0].iter_rows(values_only=True), start=1)
            yield from _filled(path, dropwhile(lambda row: sum(value is not None for value in row[1]) <= 2, numbered))
    except UnreadableTable:  # it is a ValueError as well, and has its message already
        raise
    except damaged as error:
        raise UnreadableTable(_damaged(path)) from error


def _sheets_with(path: Path, book: Any, is_header: IsHeader) -> list[_Sheet]:
    """Return the sheets that have the header among their first rows; an index or a page of notes has none."""
    sheets = []
    for sheet in book.worksheets:
        first = enumerate(sheet.iter_rows(max_row=HEADER_WITHIN, values_only=True), start=1)
        for line, cells in _filled(path, first):
            if is_header(cells):
                sheets.append(_Sheet(sheet, line, cells[: _width(cells)]))
                break
    return sheets


def _joined(path: Path, sheets: list[_Sheet]) -> Iterator[Row]:
    """Yield the rows of all sheets under one header: the first sheet's columns, then those that only later sheets have."""
    header = list(sheets[0].names)
    known = {_column_key(name) for name in header}
    header += [name for sheet in sheets[1:] for name in sheet.names if _column_key(name) not in known]
    yield sheets[0].line, header
    for number, sheet in enumerate(sheets):
        numbered = enumerate(sheet.rows.iter_rows(min_row=sheet.line + 1, values_only=True), start=sheet.line + 1)
        # Columns are found by name only on later sheets: on the first one a name may be there twice.
        there = {_column_key(name): position for position, name in enumerate(sheet.names)} if number else {}
        places = [there.get(_column_key(name)) for name in header] if number else []
        for line, cells in _filled(path, numbered, width=len(sheet.names)):
            yield line, [cells[place] if place is not None else "" for place in places] if number else _padded(cells, len(header))


def _filled(path: Path, numbered: Iterable[tuple[int, Sequence[object]]], *, width: int = 0) -> Iterator[Row]:
    """Yield the rows that are not blank, as text; the first one gives the width where none is given."""
    for line, values in numbered:
        cells = [_cell_text(value) for value in values]
        _refuse_long_cells(path, line, cells)
        if any(cells):
            width = width or _width(cells)
            yield line, _padded(cells, width)


def _padded(cells: list[str], width: int) -> list[str]:
    """Return the cells filled up to the width: a workbook leaves out empty cells at the end of a row."""
    return cells + [""] * (width - len(cells))


def _refuse_long_cells(path: Path, line: int, cells: list[str]) -> None:
    if any(len(cell) > LONGEST_CELL for cell in cells):
        msg = f"{path.name}, row {line}: a cell holds more than {LONGEST_CELL:,} characters. Nothing was stored; mend the row."
        raise UnreadableTable(msg)


def _width(header: list[str]) -> int:
    return max((position for position, name in enumerate(header, start=1) if name.strip()), default=0)


def _cell_text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).replace("\0", "")
