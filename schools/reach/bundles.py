"""Bundles: a publication or a closed return as one folder that anybody can check without us (docs/figures.md, Bundles).

Tables as CSV, a method sheet, a description of every column (CSV on the Web), `verify.py`, and the SHA-256 of each file. A bundle
is written from what was kept, so it is the same bytes for ever; a new look becomes a new renderer.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schools.core.periods import AcademicYear
from schools.reach import returns
from schools.reach.figures import FILE_FIGURES
from schools.reach.models import Publication, Return
from schools.reach.queries.evidence import FILES as EVIDENCE
from schools.reach.queries.publishing import Published
from schools.visits.session_files.columns import COLUMNS_OF_RETURNS as SESSION_COLUMNS

METHOD_AND_CHECK = {
    1: ("method_public_1.md", "verify_public_1.py"),
    2: ("method_public_2.md", "verify_public_1.py"),
    3: ("method_public_3.md", "verify_public_1.py"),
}
"""The files with the method and the check of each renderer with which anything was ever published."""
PUBLIC_RENDERER = max(METHOD_AND_CHECK)
"""The renderer of new publications."""
METHOD_AND_CHECK_OF_RETURNS = {1: ("method_return_1.md", "verify_return_1.py")}
"""The same of each renderer with which a return was ever signed off."""
WORDS_OF_RETURNS = "words_return_1.json"
"""What `words_kept` was before returns kept it: of those that were signed off until then. It never changes."""

CHECKSUMS = "SHA256SUMS"
FILES = Path(__file__).parent / "bundle_files"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip, so that the same files are the same bytes."""

type Files = dict[str, bytes]
"""The files of a bundle, by their names."""


def public_files(publication: Publication, stored: Published) -> Files:
    """Return the files of a publication; `stored` are the numbers of its period."""
    counts = publication.counts
    sheets: list[tuple[str, Sequence[str], Iterable[Sequence[str]]]] = [
        *((table["name"], table["columns"], table["rows"]) for table in counts["tables"]),
        ("atoms", ATOM_COLUMNS, ([place.code, *map(str, atom), str(number)] for place, atom, number in stored.atoms)),
        ("pupils", PUPIL_COLUMNS, _pupils(stored)),
        ("rolls", ROLL_COLUMNS, counts["rolls"]),
        ("places", PLACE_COLUMNS, counts["places"]),
        ("session_types", TYPE_COLUMNS, counts["session_types"]),
    ]
    words = {name: f"{heading}: {definition}" for name, heading, definition in counts["figures"]}
    described = [(f"{name}.csv", columns) for name, columns, _ in sheets]
    files = {f"{name}.csv": _csv(columns, rows) for name, columns, rows in sheets}
    method, check = METHOD_AND_CHECK[publication.renderer]
    files["method.md"] = _method(publication, (FILES / method).read_text(encoding="utf-8")).encode()
    files["csv-metadata.json"] = _described(described, {**words, **WORDS})
    files["verify.py"] = (FILES / check).read_bytes()
    return with_checksums(files)


def words_kept() -> dict[str, Any]:
    """Return what a return keeps besides its numbers, so that its bundle says for ever what was meant when it was signed off.

    Name, heading and definition of every figure, and the columns of each part of the evidence.
    """
    words = [[figure.name, figure.heading, figure.definition] for figure in FILE_FIGURES]
    return {"words": words, "evidence_columns": {name: list(columns) for name, columns in EVIDENCE.items()}}


def return_files(signed: Return, lines: Iterable[Sequence[str]]) -> Files:
    """Return the files of a return; `lines` are the cells of its session lines.

    A return that was signed off before its evidence was kept has the figures and the lines alone.
    """
    figures = json.loads((FILES / WORDS_OF_RETURNS).read_text(encoding="utf-8")) | signed.figures
    sheets: list[tuple[str, Sequence[str], Iterable[Sequence[str]]]] = [
        ("figures", figures["columns"], figures["rows"]),
        ("sessions", SESSION_COLUMNS, lines),
        *((name, columns, signed.evidence[name]) for name, columns in figures["evidence_columns"].items() if signed.evidence),
    ]
    words = {name: f"{heading}: {definition}" for name, heading, definition in figures["words"]}
    files = {f"{name}.csv": _csv(columns, rows, signed.renderer) for name, columns, rows in sheets}
    method, check = METHOD_AND_CHECK_OF_RETURNS[signed.renderer]
    files["method.md"] = _method_of_return(signed, (FILES / method).read_text(encoding="utf-8")).encode()
    files["csv-metadata.json"] = _described(((f"{name}.csv", columns) for name, columns, _ in sheets), words)
    files["verify.py"] = (FILES / check).read_bytes()
    return with_checksums(files)


def _method_of_return(signed: Return, method: str) -> str:
    return method.format(
        area=signed.area_name,
        period=signed.period,
        first_day=signed.first_day,
        last_day=signed.last_day,
        sentence=signed.sentence,
        definitions=signed.definitions,
        digest=signed.digest,
    )  # fmt: skip


ATOM_COLUMNS = ("place", "month", "session_type", "year_group", "attendances")
PUPIL_COLUMNS = ("place", "academic_year", "pupils_reached_low", "pupils_reached")
ROLL_COLUMNS = ("place", "pupils_on_roll")
PLACE_COLUMNS = (
    "place", "nation", "region_code", "region", "area_code", "area", "authority_code", "authority_gss", "authority",
)  # fmt: skip
TYPE_COLUMNS = ("session_type", "name", "channel")

WORDS = {
    "code": "Which row it is: the codes of the place as in places.csv, or total.",
    "place": "The place: nation, and the codes of region, area and authority, with points between.",
    "pupils_per_roll_percent": "Published pupils of those whose roll stands in the row, of that roll; at most 100 %.",
    "definitions": "The version of the definitions by which the figures were counted.",
}
"""What columns mean that are no figures and do not speak for themselves."""

NUMBERS = ("attendances", "definitions", "year_group")


def _pupils(stored: Published) -> Iterable[list[str]]:
    return ([place.code, str(AcademicYear(year)), *map(str, pupils)] for place, year, pupils in stored.pupils)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]], renderer: int = returns.RENDERER) -> bytes:
    return "".join(returns.render(renderer, columns, rows)).encode()


def _method(publication: Publication, method: str) -> str:
    missing, counts = publication.outcomes_missing, publication.counts
    windows = counts.get("windows_open", 0)  # not kept before the third renderer, of which alone the sheet has words for it
    return method.format(
        charity=counts["charity"] or "A charity that uses Speakout",
        period=publication.period,
        first_day=publication.first_day,
        last_day=publication.last_day,
        published=counts["as_of"],
        missing=f"{missing:,} {'session' if missing == 1 else 'sessions'}",
        still_open=f", {windows:,} of them with an online window that was still open" if windows else "",
        definitions=publication.definitions,
        figures="\n".join(f"- `{name}` ({heading}): {definition}" for name, heading, definition in counts["figures"]),
    )  # fmt: skip


def _described(tables: Iterable[tuple[str, Sequence[str]]], words: Mapping[str, str]) -> bytes:
    """Return the description of the files as CSV on the Web has it."""
    group = {
        "@context": "http://www.w3.org/ns/csvw",
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
        "tables": [
            {"url": url, "tableSchema": {"columns": [_column(name, words.get(name, "")) for name in columns]}}
            for url, columns in tables
        ],
    }
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _column(name: str, words: str) -> dict[str, Any]:
    is_day = name.endswith("_day")
    is_number = name in NUMBERS or name.startswith(("pupils_reached", "schools_", "sessions_"))
    datatype = "date" if is_day else "decimal" if name.endswith(("_percent", "_hours")) else "integer" if is_number else "string"
    described: dict[str, Any] = {"name": name, "titles": name, "datatype": datatype, "null": ""}
    return described | ({"dc:description": words} if words else {})


def with_checksums(files: Files) -> Files:
    """Return the files in the order of their names, and after them the list of their SHA-256."""
    ordered = {name: files[name] for name in sorted(files)}
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in ordered.items())
    return ordered | {CHECKSUMS: "".join(lines).encode()}


def digest_of(files: Files) -> str:
    """Return the SHA-256 of a bundle: that of its list of checksums."""
    return hashlib.sha256(files[CHECKSUMS]).hexdigest()


def zipped(files: Files, folder: str) -> bytes:
    """Return the files as a zip with one folder; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(zipfile.ZipInfo(f"{folder}/{name}", EPOCH), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def write_folder(files: Files, folder: Path) -> None:
    """Write the files into a new folder, all of them or none. Raises OSError, also where something is in it already."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "it is there already and not empty", str(folder))
    # Beside it, so that the last step is a rename within one file system.
    beside = folder.with_name(f".{folder.name}.{datetime.now():%H%M%S%f}")  # noqa: DTZ005  # a name, no time that anybody reads
    beside.mkdir()
    try:
        for name, content in files.items():
            (beside / name).write_bytes(content)
        beside.replace(folder)
    except BaseException:
        for path in beside.iterdir():
            path.unlink()
        beside.rmdir()
        raise
