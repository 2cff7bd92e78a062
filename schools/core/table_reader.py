"""The program that reads a file which somebody handed in: started anew for each file, limited before it reads the first byte.

It gets the file as its standard input, its name and its limits as arguments, and nothing else: no settings, no database, no other
file. It writes JSON, a message on each line, and tables.py, which starts it, turns the messages into rows:

- `{"sheet": 0, "name": "Kendal", "first": [[1, ["URN", "Name"]], …]}`: a sheet of a workbook and its first rows, of all sheets
  before any other row
- `{"sheet": 0, "rows": [[2, ["100001", "Fellside"]], …]}`: rows that are not blank, each with its line
- `{"separator": ";"}`: before all rows of a CSV file whose cells are not set apart by commas
- `{"end": true}`, or `{"problem": "…"}`: one sentence. Where neither comes, the program died.

It imports nothing of ours, so that it starts quickly and can be read by itself.
"""

import codecs
import csv
import encodings.cp437  # the names in a zip file; imported by now, because later no file can be opened
import encodings.cp1252  # noqa: F401  # loaded now, since no file may be opened later
import gzip
import io
import json
import re
import sys
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from importlib import import_module
from itertools import chain, islice
from pathlib import PurePath
from types import ModuleType
from typing import IO, Any, NamedTuple, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

resource: ModuleType | None
try:
    resource = import_module("resource")
except ModuleNotFoundError:  # Windows has none
    resource = None

CHUNK = 1 << 20
ROWS_A_MESSAGE = 500
CHARACTERS_A_MESSAGE = 250_000
FOREIGN = {
    codecs.BOM_UTF16_LE: "a text in UTF-16",
    codecs.BOM_UTF16_BE: "a text in UTF-16",
    b"PK\x03\x04": "a zip file or a workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
}
"""First bytes of files that are given the name of a CSV file by mistake."""
SIGNS = {".xlsx": ("[Content_Types].xml", b"spreadsheetml"), ".ods": ("mimetype", b"opendocument.spreadsheet")}
"""By which part, and what it says, a workbook of each kind is known, whatever its name says."""

SEPARATORS = (",", ";", "\t")
"""What stands between the cells of a CSV file: spreadsheets outside Britain write semicolons, and some save tabs."""
QUOTED = re.compile(r'"[^"]*"')

type Row = tuple[int, list[str]]


class Unusable(Exception):
    """The file cannot be used; the message is one sentence that says why and what to do."""


class Look(NamedTuple):
    """What a first pass over a CSV file finds out."""

    encoding: str
    has_bom: bool
    ends_with_line: bool


class Budget:
    """What is left of the limits, counted while the file is read."""

    def __init__(self, name: str, limits: dict[str, int]) -> None:
        self.name, self.limits = name, limits
        self.rows = self.cells = 0

    def take(self, rows: int, cells: int) -> None:
        """Count rows and cells, blank and repeated ones too. Raises Unusable where there are too many."""
        self.rows += rows
        self.cells += cells
        for limit, number in (("rows", self.rows), ("cells", self.cells)):
            if number > self.limits[limit]:
                msg = f"{self.name} has more than {self.limits[limit]:,} {limit}, blank and repeated ones counted."
                raise Unusable(f"{msg} Take out what is not needed, or split the file.")

    def watch(self) -> None:
        """Raise Unusable where reading took too long."""
        if time.process_time() > self.limits["seconds"]:
            msg = f"{self.name} takes longer than {self.limits['seconds']} seconds to read. Save it as CSV, or split it."
            raise Unusable(msg)

    def unpack(self, size: int) -> None:
        """Raise Unusable where the file is larger than this many bytes once it is unpacked."""
        if size > self.limits["unpacked"]:
            most = f"{self.limits['unpacked'] // 1_000_000:,} MB"
            raise Unusable(f"{self.name} holds more than {most} once it is unpacked. Check that it is the right file.")

    def hold(self, line: int, cells: list[str]) -> None:
        """Raise Unusable where a cell of a workbook, or a whole row, has too many characters."""
        if any(len(cell) > self.limits["cell"] for cell in cells):
            msg = f"a cell holds more than {self.limits['cell']:,} characters"
        elif sum(map(len, cells)) > self.limits["line"]:
            msg = f"its cells hold more than {self.limits['line']:,} characters"
        else:
            return
        raise Unusable(f"{self.name}, row {line}: {msg}. Nothing was stored; mend the row.")


def limit_itself(limits: dict[str, int]) -> None:
    """Limit memory, processor time and files of this process, as far as the system can (Windows: nothing; see operations.md)."""
    if resource is None:
        return
    seconds = limits["seconds"]
    wanted = {
        # What calamine holds is seen by nobody until it ends: the system ends the process.
        "RLIMIT_AS": (limits["memory"], limits["memory"]),
        "RLIMIT_CPU": (seconds + 1, seconds + 2),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NOFILE": (3, 3),
    }
    for name, most in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), most)
        except (OSError, ValueError):  # a system that knows the name alone; the others still hold
            continue


def _opened(file: IO[bytes], budget: Budget, stack: ExitStack) -> IO[bytes]:
    """Return the CSV file from its first byte on, unpacked where it is packed."""
    file.seek(0)
    ending = PurePath(budget.name.lower()).suffix
    if ending == ".gz":
        return cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file)))
    if ending != ".zip":
        return file
    archive = stack.enter_context(zipfile.ZipFile(file))
    # macOS adds a hidden copy of every file in a folder of this name.
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        msg = f"{budget.name} holds {len(names)} CSV files; it must hold exactly one. Unpack it and name the one you mean."
        raise Unusable(msg)
    try:
        return stack.enter_context(archive.open(names[0]))
    except RuntimeError as error:  # a password, or a compression that Python does not know
        raise Unusable(f"{budget.name} cannot be unpacked ({error}). Unpack it yourself and name the CSV file.") from error


def _look(file: IO[bytes], budget: Budget) -> Look:
    """Find out the encoding: UTF-8 (with or without BOM) where the whole file is valid, else cp1252, as GIAS uses."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, last, size = "utf-8", b"", 0
    with ExitStack() as stack:
        content = _opened(file, budget, stack)
        start = chunk = content.read(CHUNK)
        for sign, kind in FOREIGN.items():
            if start.startswith(sign):
                raise Unusable(f"{budget.name} is not a CSV file but {kind}. Save it as “CSV UTF-8” and try again.")
        while chunk:
            size += len(chunk)
            budget.unpack(size)
            budget.watch()
            if b"\0" in chunk:
                raise Unusable(f"{budget.name} is not a CSV file: it holds NUL bytes. Save it as “CSV UTF-8” and try again.")
            encoding = _still_utf8(decoder, chunk) if encoding == "utf-8" else encoding
            last = chunk[-1:]
            chunk = content.read(CHUNK)
    encoding = _still_utf8(decoder, b"", final=True) if encoding == "utf-8" else encoding
    return Look(encoding, start.startswith(codecs.BOM_UTF8), last in {b"\n", b"\r"})


def _still_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> str:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def csv_messages(file: IO[bytes], budget: Budget) -> Iterator[dict[str, object]]:
    """Yield the rows of a CSV file that are not blank, and before them what sets its cells apart where that is no comma."""
    look = _look(file, budget)
    with ExitStack() as stack:
        raw = _opened(file, budget, stack)
        if look.has_bom:
            # Removed before decoding: in a cp1252 file a BOM would become three letters of the first column's name.
            raw.read(len(codecs.BOM_UTF8))
        text = stack.enter_context(io.TextIOWrapper(raw, encoding=look.encoding, newline=""))
        lines = _lines(text, budget)
        reader = csv.reader(())
        try:
            first = list(islice(lines, budget.limits["first"]))
            separator = _separator(first)
            if separator != ",":
                yield {"separator": separator}
            reader = csv.reader(chain(first, lines), strict=True, delimiter=separator)
            yield from _messages(0, _parsed(reader, budget, ends_with_line=look.ends_with_line), budget)
        except csv.Error as error:
            words = f"{budget.name}, line {reader.line_num}: {_in_words(error, budget)}."
            raise Unusable(f"{words} Nothing was stored; mend the line or download it again.") from error
        except UnicodeDecodeError as error:
            words = f"{budget.name}, after line {reader.line_num}: the characters are neither UTF-8 nor cp1252."
            raise Unusable(f"{words} Save it as “CSV UTF-8”.") from error


def _separator(lines: list[str]) -> str:
    """Return what stands between the cells: what is most frequent in the first line, if the next line has it too.

    Else the line is a title, and the next one is tried. Later rows do not decide: a cell may hold a list or an address.
    """
    bare = [words for line in lines if (words := QUOTED.sub("", line).strip())]
    for line, following in zip(bare, [*bare[1:], ",;\t"], strict=False):
        counts = {sign: line.count(sign) for sign in SEPARATORS if sign in following}
        if counts and max(counts.values()):
            return max(counts, key=counts.__getitem__)
    return ","


def _parsed(reader: Any, budget: Budget, *, ends_with_line: bool) -> Iterator[Row]:
    width = seen = 0
    # One row is held back, because only the last one can be cut short by a download that broke off.
    waiting: Row | None = None
    for cells in reader:
        budget.take(1, len(cells))
        if any(cells):
            if waiting:
                yield waiting
            if seen < budget.limits["first"]:
                width, seen = max(width, _width(cells)), seen + 1
            waiting = reader.line_num, cells
    if waiting and not ends_with_line and len(waiting[1]) < width:
        msg = f"{budget.name} ends inside line {waiting[0]}: the file is broken off. Nothing was stored; download it again."
        raise Unusable(msg)
    if waiting:
        yield waiting


def _width(cells: list[str]) -> int:
    return max((place for place, name in enumerate(cells, start=1) if name.strip()), default=0)


def _lines(text: io.TextIOWrapper, budget: Budget) -> Iterator[str]:
    number, longest = 0, budget.limits["line"]
    while line := text.readline(longest):
        number += 1
        if len(line) >= longest:
            msg = f"{budget.name}, line {number} holds more than {longest:,} characters. This is no table; download it again."
            raise Unusable(msg)
        yield line


def _in_words(error: csv.Error, budget: Budget) -> str:
    if "field larger" in str(error):
        return f"a cell holds more than {budget.limits['cell']:,} characters"
    if "unexpected end" in str(error):
        return "the file ends inside a quoted cell"
    return f"this is not CSV ({error})"


def _workbook(file: IO[bytes], budget: Budget, ending: str) -> CalamineWorkbook:
    with zipfile.ZipFile(file) as archive:
        budget.unpack(sum(part.file_size for part in archive.infolist()))
        part, sign = SIGNS[ending]
        with archive.open(part) as says:
            if sign not in says.read(CHUNK):
                raise Unusable(_damaged(budget))
    file.seek(0)
    return CalamineWorkbook.from_filelike(file)


def _damaged(budget: Budget) -> str:
    return f"{budget.name} is not a spreadsheet that can be read. Save it as XLSX or CSV again."


def _sheet_rows(sheet: CalamineSheet, budget: Budget, *, until: int | None = None) -> Iterator[Row]:
    """Yield the rows of a sheet that are not blank, as text, until a line; the first column is the first that is not blank."""
    # All that the sheet spans, before the first row is made: a repeated cell is one in the file and a million here.
    budget.take(0, sheet.height * sheet.width)
    for line, values in enumerate(islice(sheet.iter_rows(), until), start=1):
        budget.take(1, 0)
        cells = [_cell_text(value) for value in values]
        budget.hold(line, cells)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, cells


def _cell_text(value: object) -> str:
    match value:
        case str():
            return value.replace("\0", "")
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _messages(number: int, rows: Iterable[Row], budget: Budget) -> Iterator[dict[str, object]]:
    """Yield the rows in messages of a moderate length."""
    some: list[Row] = []
    characters = 0
    for row in rows:
        some.append(row)
        characters += sum(map(len, row[1]))
        if len(some) >= ROWS_A_MESSAGE or characters > CHARACTERS_A_MESSAGE:
            budget.watch()
            yield {"sheet": number, "rows": some}
            some, characters = [], 0
    if some:
        yield {"sheet": number, "rows": some}


def workbook_messages(file: IO[bytes], budget: Budget, ending: str) -> Iterator[dict[str, object]]:
    """Yield the first rows of all sheets, then all rows of one sheet after the other."""
    book = _workbook(file, budget, ending)
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    sheet = None
    for number, name in enumerate(names):
        sheet = book.get_sheet_by_name(name)
        rows = _sheet_rows(sheet, Budget(budget.name, budget.limits), until=budget.limits["first"])
        yield {"sheet": number, "name": name, "first": list(rows)}
        budget.watch()
    for number, name in enumerate(names):
        if sheet is None or len(names) > 1:
            sheet = book.get_sheet_by_name(name)
        yield from _messages(number, _sheet_rows(sheet, budget), budget)


def messages(file: IO[bytes], budget: Budget) -> Iterator[dict[str, object]]:
    """Yield everything that is to be told about the file. The last message is its end or one sentence about what is wrong."""
    name = budget.name
    try:
        ending = next((ending for ending in SIGNS if name.lower().endswith(ending)), "")
        if ending:
            yield from workbook_messages(file, budget, ending)
        else:
            csv.field_size_limit(budget.limits["cell"])
            yield from csv_messages(file, budget)
        yield {"end": True}
    except Unusable as error:
        yield {"problem": str(error)}
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
        yield {"problem": f"{name} is broken off or not the kind of file that its name says. Download it again."}
    except MemoryError:
        most = f"{budget.limits['memory'] >> 20} MB"
        yield {"problem": f"{name} takes more than {most} of memory to read. Save it as CSV, or split it."}
    except OSError as error:
        yield {"problem": f"{name} cannot be read: {error.strerror or error}."}
    except (CalamineError, ValueError, KeyError, NotImplementedError):
        yield {"problem": _damaged(budget)}


def main() -> None:
    """Read the file on standard input: `table_reader.py NAME LIMITS`."""
    name, limits = sys.argv[1], json.loads(sys.argv[2])
    limit_itself(limits)
    out = sys.stdout.buffer
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for message in messages(sys.stdin.buffer, Budget(name, limits)):
        # Half a surrogate pair, which a workbook may hold, is no text.
        out.write(encode(message).encode("utf-8", "replace") + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
