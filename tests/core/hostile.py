"""Files that are made to harm whoever reads them, small ones of each shape; each is far larger once it is unpacked."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

OPEN = "http://schemas.openxmlformats.org"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
SHEET = f'<worksheet xmlns="{OPEN}/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
BOOK = {
    "[Content_Types].xml": (
        f'<Types xmlns="{OPEN}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{OPEN}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{OPEN}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{OPEN}/spreadsheetml/2006/main" xmlns:r="{OPEN}/officeDocument/2006/relationships">'
        '<sheets><sheet name="Schools" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{OPEN}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OPEN}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OPEN}/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    ),
    "xl/worksheets/sheet1.xml": SHEET
    % '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1</v></c><c r="C1"><v>2</v></c></row>',
    "xl/sharedStrings.xml": f'<sst xmlns="{OPEN}/spreadsheetml/2006/main"><si><t>a</t></si></sst>',
}
"""The parts of a workbook with one row."""


def packed(path: Path, parts: Mapping[str, str | Iterable[bytes]]) -> Path:
    """The zip file with these parts; a part of many pieces is never held as a whole."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            with archive.open(name, "w") as part:
                for piece in [content.encode()] if isinstance(content, str) else content:
                    part.write(piece)
    return path


def many_texts(path: Path, texts: int) -> Path:
    """A workbook of one cell and so many texts that no cell has: each takes a place in memory."""
    pieces = [b"<si><t>aaaaaaaaaaaa</t></si>" * 10_000] * (texts // 10_000)
    shared = [f'<sst xmlns="{OPEN}/spreadsheetml/2006/main">'.encode(), *pieces, b"</sst>"]
    return packed(path, {**BOOK, "xl/sharedStrings.xml": shared})


def far_apart(path: Path) -> Path:
    """A workbook of two cells, in the first and in the last corner: a table of 17 thousand million cells."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return packed(path, {**BOOK, "xl/worksheets/sheet1.xml": SHEET % rows})


def far_down(path: Path) -> Path:
    """A workbook of two cells with a million blank rows between."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    return packed(path, {**BOOK, "xl/worksheets/sheet1.xml": SHEET % rows})


def repeated(path: Path, *, columns: int, rows: int, text: str = "x") -> Path:
    """An ODS of one cell that says it is there so many times."""
    cell = (
        f'<table:table-cell table:number-columns-repeated="{columns}" office:value-type="string">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )
    table = (
        f'<table:table table:name="a"><table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row></table:table>'
    )
    return _open_document(path, table)


def of_sheets(path: Path, sheets: Mapping[str, Iterable[Iterable[object]]]) -> Path:
    """An ODS with these sheets of texts."""
    tables = []
    for name, rows in sheets.items():
        lines = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
        tables.append(f'<table:table table:name="{name}">{lines}</table:table>')
    return _open_document(path, "".join(tables))


def _cell(words: object) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(words))}</text:p></table:table-cell>'


def _open_document(path: Path, tables: str) -> Path:
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def large_part(path: Path, *, megabytes: int) -> Path:
    """A workbook with a part that is so large once it is unpacked."""
    return packed(path, {**BOOK, "xl/media/image1.xml": (b" " * 1_000_000 for _ in range(megabytes))})


def blank_lines(path: Path, millions: int) -> Path:
    """A gzipped CSV file of a header and so many million blank lines."""
    million = gzip.compress(b"\n" * 1_000_000, 9, mtime=0)
    path.write_bytes(gzip.compress(b"URN,Name\n", 9, mtime=0) + million * millions)
    return path


def zip_bomb(path: Path, *, megabytes: int) -> Path:
    """A zip file with a CSV file in it that is so large."""
    return packed(path, {"schools.csv": (b"1,a\n" * 250_000 for _ in range(megabytes))})


def half(path: Path, make: Callable[[Path], Path]) -> Path:
    """The first half of a file."""
    content = make(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def another_kind(path: Path) -> Path:
    """A zip file that is neither a workbook nor a table."""
    packed_bytes = io.BytesIO()
    with zipfile.ZipFile(packed_bytes, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("[Content_Types].xml", "<Types>wordprocessingml</Types>")
    path.write_bytes(packed_bytes.getvalue())
    return path
