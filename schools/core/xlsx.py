"""Workbooks written row by row: typed cells, a frozen header, constant memory and no formulas.

Written by hand, because the libraries write a workbook to disk before its first byte can be sent, and turn a text that begins
like a formula into one.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from itertools import batched, chain, islice
from xml.sax.saxutils import escape

from schools.core.csv import DANGEROUS

type Cell = str | bool | int | float | Decimal | date | time | None

MOST_ROWS = 1_000_000
"""Rows of one sheet without its header (a spreadsheet takes 1,048,576); further rows go into the next sheet."""
LONGEST_TEXT = 32_767
"""Characters that fit into a cell."""
CHUNK = 500
"""Rows written at a time."""
FIRST_DAY = date(1899, 12, 30)
"""Day 0 of a spreadsheet's calendar; right for all days since March 1900."""
SAME_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of each part of the file, so that the same cells give the same bytes."""

HEADER, DAY, TIME, WHOLE, DECIMAL, TEXT_LIKE_FORMULA = range(1, 7)
"""Cell styles, by their position in STYLES."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STYLES = (
    f'{START}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="hh:mm"/>'
    '<numFmt numFmtId="166" formatCode="#,##0.0"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="7">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True)
class Sheet:
    """A sheet; its rows are taken one at a time. `widths` are in characters, for the first columns."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


class _Sink:
    """A file without seek that hands out what was written to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is buffered elsewhere."""

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def workbook(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """Yield the bytes of the workbook as they are made."""
    sink = _Sink()
    names: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]  # it needs no more
        for sheet in sheets:
            rows = iter(sheet.rows)
            first = next(rows, None)
            part = 1
            while part == 1 or first is not None:
                names.append(sheet.name if part == 1 else f"{sheet.name} ({part})")
                here = islice(rows, MOST_ROWS - 1) if first is None else chain([first], islice(rows, MOST_ROWS - 1))
                for _ in _write_sheet(archive, len(names), sheet, here):
                    yield sink.take()
                first = next(rows, None)
                part += 1
        for name, text in _frame(names):
            archive.writestr(zipfile.ZipInfo(name, SAME_MOMENT), text, zipfile.ZIP_DEFLATED)
    yield sink.take()


def _write_sheet(archive: zipfile.ZipFile, number: int, sheet: Sheet, rows: Iterable[Sequence[Cell]]) -> Iterator[None]:
    info = zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml", SAME_MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as part:
        columns = "".join(
            f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>' for place, width in enumerate(sheet.widths, 1)
        )
        part.write(
            (
                f'{START}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
                f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
                f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
                f"<row>{''.join(_text(name, HEADER) for name in sheet.header)}</row>"
            ).encode()
        )
        for chunk in batched(rows, CHUNK):
            part.write("".join([f"<row>{''.join(map(_cell, row))}</row>" for row in chunk]).encode())
            yield
        part.write(b"</sheetData></worksheet>")
    yield


def _cell(value: Cell) -> str:
    """Return a cell as XML; an empty one keeps its place."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        return _text(value, TEXT_LIKE_FORMULA if value.startswith(DANGEROUS) else 0)
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    style, number = _number(value)
    return f'<c s="{style}"><v>{number}</v></c>'


def _number(value: float | Decimal | date | time) -> tuple[int, object]:
    """Return the style that shows the value as what it is, and the number that stands for it."""
    if isinstance(value, int):
        return WHOLE, value
    if isinstance(value, date):
        return DAY, (value - FIRST_DAY).days
    if isinstance(value, time):
        return TIME, f"{(60 * value.hour + value.minute) / 1440:.10f}"
    return DECIMAL, value


@lru_cache(maxsize=20_000)
def _text(text: str, style: int) -> str:
    """Return a text cell: the text is in the cell itself and typed as text, so that it is never a formula."""
    text = LOOKS_ESCAPED.sub("_x005F_", text[:LONGEST_TEXT])
    text = NO_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts that list the sheets; written last, when the sheets are known."""
    # Longer than 40 lines because it is one list of XML parts, in the order in which they are written.
    numbered = list(enumerate(names, start=1))
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for number, _ in numbered
    )
    yield (
        "[Content_Types].xml",
        (
            f'{START}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            '<Override PartName="/xl/styles.xml" '
            f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{types}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'{START}<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    sheets = "".join(f'<sheet name="{escape(name[:31])}" sheetId="{number}" r:id="rId{number}"/>' for number, name in numbered)
    yield (
        "xl/workbook.xml",
        (
            f'{START}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
            f"<sheets>{sheets}</sheets></workbook>"
        ),
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'{START}<Relationships xmlns="{PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId{len(names) + 1}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    yield "xl/styles.xml", STYLES
