"""Reading a table that somebody sent: CSV in one of three encodings, plain, gzipped or zipped, or XLSX; row by row."""

import codecs
import csv
import gzip
import io
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import dropwhile
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

type Row = tuple[int, list[str]]
"""The line number in the file, counted from 1, and the cells as text."""

CHUNK = 1 << 20
LONGEST_CELL = 100_000
"""Characters; a longer cell means a quote that was never closed, or no table at all."""
LONGEST_LINE = 1_000_000
"""Characters; so that a file without line breaks, or one that was packed to burst, never fills the memory."""

FOREIGN = {
    codecs.BOM_UTF16_LE: "a text in UTF-16",
    codecs.BOM_UTF16_BE: "a text in UTF-16",
    b"PK\x03\x04": "a zip file or a workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
}
"""How files begin that are given a CSV's name by mistake."""


class UnreadableTable(ValueError):
    """The file is no table that we can read; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class _Look:
    """What a first pass over a CSV file found out."""

    encoding: str
    has_bom: bool
    ends_with_line: bool


@contextmanager
def open_table(path: Path) -> Generator[Iterator[Row]]:
    """Stream the rows of the table at `path`, header first; blank lines are left out.

    Raises UnreadableTable, also while the rows are read, when the file is missing, broken off or of another kind.
    An error of the caller's own passes unchanged.
    """
    with ExitStack() as stack:
        with _in_one_line(path):
            rows = _xlsx_rows(path, stack) if path.suffix.lower() == ".xlsx" else _csv_rows(path, stack)
        yield _guarded(path, rows)


def column_positions(header: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """Where the wanted columns stand, by name (capitals and doubled spaces don't matter); those that are missing are left out.

    Raises UnreadableTable when a wanted name stands there twice: nobody could say which one is meant.
    """
    found: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        found.setdefault(_column_key(name), []).append(position)
    positions = {}
    for name in wanted:
        places = found.get(_column_key(name), [])
        if len(places) > 1:
            msg = f"The column “{name}” stands in the header {len(places)} times. Take out the ones that you don't mean."
            raise UnreadableTable(msg)
        if places:
            positions[name] = places[0]
    return positions


def _column_key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _guarded(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    with _in_one_line(path):
        yield from rows


@contextmanager
def _in_one_line(path: Path) -> Generator[None]:
    """Turns what the readers raise about a file into one line about it."""
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
    # macOS puts a shadow of every file into a folder of its own.
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        msg = f"{path.name} holds {len(names)} CSV files; it must hold exactly one. Unpack it and name the one you mean."
        raise UnreadableTable(msg)
    try:
        return archive.open(names[0])
    except RuntimeError as error:  # a password, or a way of packing that Python does not know
        msg = f"{path.name} cannot be unpacked ({error}). Unpack it yourself and name the CSV file."
        raise UnreadableTable(msg) from error


def _look(path: Path) -> _Look:
    """Strict UTF-8 (with or without BOM) where the whole file is that, else cp1252, as the English register is."""
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
        # Taken off before decoding: one that stands before cp1252 would become three letters of the first column's name.
        raw.read(len(codecs.BOM_UTF8))
    text = stack.enter_context(io.TextIOWrapper(raw, encoding=look.encoding, newline=""))
    return _parsed(path, text, ends_with_line=look.ends_with_line)


def _parsed(path: Path, text: io.TextIOWrapper, *, ends_with_line: bool) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(path, text), strict=True)
    width = 0
    # One row is held back: only the last may be cut short by a download that broke off.
    waiting: Row | None = None
    try:
        for cells in reader:
            if any(cells):
                if waiting:
                    yield waiting
                width = width or len(cells)
                waiting = reader.line_num, cells
    except csv.Error as error:
        msg = f"{path.name}, line {reader.line_num}: {_in_words(error)}. Nothing was stored; mend the line or download it again."
        raise UnreadableTable(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path.name}, after line {reader.line_num}: the characters are neither UTF-8 nor cp1252. Save it as “CSV UTF-8”."
        raise UnreadableTable(msg) from error
    if waiting:
        if len(waiting[1]) < width and not ends_with_line:
            msg = f"{path.name} ends inside line {waiting[0]}: the file is broken off. Nothing was stored; download it again."
            raise UnreadableTable(msg)
        yield waiting


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


def _xlsx_rows(path: Path, stack: ExitStack) -> Iterator[Row]:
    # Heavy, and needed for this kind of file alone.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    # Everything that openpyxl was seen to raise about a workbook that is damaged or only called one.
    damaged = (KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError, InvalidFileException)
    try:
        with warnings.catch_warnings():
            # It warns of missing styles and unknown extensions, which say nothing about the cells.
            warnings.simplefilter("ignore")
            # Opened here, because openpyxl leaves the file open when it finds it damaged.
            book = openpyxl.load_workbook(stack.enter_context(path.open("rb")), read_only=True, data_only=True)
    except damaged as error:
        raise UnreadableTable(_damaged(path)) from error
    stack.callback(book.close)
    return _sheet_rows(path, book, damaged)


def _damaged(path: Path) -> str:
    return f"{path.name} is not a spreadsheet that can be read. Save it as XLSX or CSV again."


def _sheet_rows(path: Path, book: Any, damaged: tuple[type[Exception], ...]) -> Iterator[Row]:
    width = 0
    try:
        sheet = book.worksheets[0]
        # Some programs write a size that is wrong, and everything beyond it would be lost.
        sheet.reset_dimensions()
        numbered = enumerate(sheet.iter_rows(values_only=True), start=1)
        # Titles and notes stand above the header in many published tables: it is the first row with more than two cells.
        for line, values in dropwhile(lambda row: sum(value is not None for value in row[1]) <= 2, numbered):
            cells = [_cell_text(value) for value in values]
            _refuse_long_cells(path, line, cells)
            width = width or _width(cells)
            if any(cells):
                # Empty cells at the end of a row are not in the file.
                yield line, cells + [""] * (width - len(cells))
    except UnreadableTable:  # a ValueError too, and already in words
        raise
    except damaged as error:
        raise UnreadableTable(_damaged(path)) from error


def _refuse_long_cells(path: Path, line: int, cells: list[str]) -> None:
    if any(len(cell) > LONGEST_CELL for cell in cells):
        msg = f"{path.name}, row {line}: a cell holds more than {LONGEST_CELL:,} characters. Nothing was stored; mend the row."
        raise UnreadableTable(msg)


def _width(header: list[str]) -> int:
    return max(position for position, name in enumerate(header, start=1) if name)


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
