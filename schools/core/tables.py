"""Reading a table that somebody sent: CSV in one of three encodings, plain, gzipped or zipped, or XLSX; row by row."""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import dropwhile
from pathlib import Path
from typing import IO

type Row = tuple[int, list[str]]
"""The line number in the file, counted from 1, and the cells as text."""

CHUNK = 1 << 20
LONGEST_CELL = 100_000
"""Characters; a longer cell means a quote that was never closed, or no table at all."""


class UnreadableTable(ValueError):
    """The file is no table that we can read; the message is one line that says why and what to do."""


@contextmanager
def open_table(path: Path) -> Generator[Iterator[Row]]:
    """Stream the rows of the table at `path`, header first; blank lines are left out.

    Raises UnreadableTable, also while the rows are read, when the file is missing, broken off or of another kind.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            yield _xlsx_rows(path)
        else:
            encoding = _encoding(path)
            with _opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                yield _csv_rows(path, text)
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
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                msg = f"{path.name} holds {len(names)} CSV files; it must hold exactly one. Unpack it and name the one you mean."
                raise UnreadableTable(msg)
            with archive.open(names[0]) as file:
                yield file
    else:
        with path.open("rb") as file:
            yield file


def _encoding(path: Path) -> str:
    """Strict UTF-8 (with or without BOM) where the whole file is that, else cp1252, as the English register is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _opened(path) as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
            msg = f"{path.name} is not a CSV file. Save it as “CSV UTF-8” and try again."
            raise UnreadableTable(msg)
        chunk = start
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def _csv_rows(path: Path, text: io.TextIOWrapper) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        msg = f"{path.name}, line {reader.line_num}: {_in_words(error)}. Nothing was stored; mend the line or download the file again."
        raise UnreadableTable(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path.name}, after line {reader.line_num}: the characters are neither UTF-8 nor cp1252. Save it as “CSV UTF-8”."
        raise UnreadableTable(msg) from error


def _in_words(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"a cell holds more than {LONGEST_CELL:,} characters"
    if "unexpected end" in str(error):
        return "the file ends inside a quoted cell"
    return f"this is not CSV ({error})"


def _xlsx_rows(path: Path) -> Iterator[Row]:
    # Heavy, and needed for this kind of file alone.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (KeyError, ValueError, InvalidFileException) as error:
        msg = f"{path.name} is not a spreadsheet that can be read. Save it as XLSX or CSV again."
        raise UnreadableTable(msg) from error
    try:
        numbered = enumerate(book.worksheets[0].iter_rows(values_only=True), start=1)
        # Titles and notes stand above the header in many published tables: it is the first row with more than two cells.
        for line, values in dropwhile(lambda row: sum(value is not None for value in row[1]) <= 2, numbered):
            if any(value is not None for value in values):
                yield line, [_cell_text(value) for value in values]
    finally:
        book.close()


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
            return str(value)
