"""Invented national registers (GIAS) for the benchmark of the import: whole, changed, a part, and the links between schools."""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

COLUMNS = 133
ROWS = 26_000
CHANGES = 2_000
PART = 4_000
"""Rows that django-import-export gets, and our import for comparison: all of them would take it minutes."""


def made_file(folder: Path) -> Path:
    """An invented national register: 26,000 rows and 133 columns, 70 % primary schools, in cp1252 and gzipped."""
    from tests.directory.gias_files import HEADER, row

    fillers = COLUMNS - len(HEADER)
    header = [*HEADER, *(f"Unread {number}" for number in range(fillers))]
    phases = [("Primary", "3", "11")] * 7 + [
        ("Secondary", "11", "18"),
        ("Not applicable", "5", "16"),
        ("Not applicable", "2", "19"),
    ]
    path = folder / "made_up_england.csv.gz"
    with gzip.open(path, "wt", encoding="cp1252", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(ROWS):
            council, (phase, low, high) = number % 150, phases[number % 10]
            cells = row(
                urn=str(100_000 + number),
                name=f"Invented School {number}",
                gss=f"E{10_000_000 + council}",
                la_code=str(200 + council),
                la_name=f"Council {council}",
                region=f"Region {council % 9}",
                phase=phase,
                low=low,
                high=high,
                pupils=str(30 + number % 600),
                street=f"{number % 99} Made-up Street",
                easting=str(300_000 + number),
                northing=str(200_000 + number),
            )
            writer.writerow([*cells, *("x" if filler % 3 == 0 else "" for filler in range(fillers))])
    return path


def made_links(folder: Path) -> Path:
    """6,000 links told of in both directions, and 6,000 of one direction to schools that are not in the register."""
    path = folder / "made_up_links.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"))
        primaries = [100_000 + number for number in range(ROWS) if number % 10 < 7]
        for one, other in zip(primaries[0:12_000:2], primaries[1:12_000:2], strict=True):
            writer.writerow((one, other, "Invented School", "Successor", "01-09-2019"))
            writer.writerow((other, one, "Invented School", "Predecessor", ""))
        for number, urn in enumerate(primaries[:6_000]):
            writer.writerow((urn, 900_000 + number, "School of elsewhere", "Predecessor - merged", "01-09-2018"))
    return path


def changed(path: Path, folder: Path, *, changes: int = CHANGES) -> Path:
    """The register with so many open primary schools renamed, a tenth of them closed, the more spread the better."""
    changed_path = folder / f"changed_{path.name}"
    with _opened(path) as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))
        header = next(rows)
        content = list(rows)
    name, status, phase, closed = (
        header.index(column)
        for column in ("EstablishmentName", "EstablishmentStatus (name)", "PhaseOfEducation (name)", "CloseDate")
    )
    eligible = [row for row in content if row[status] == "Open" and row[phase] == "Primary"]
    for number, row in enumerate(eligible[:: max(1, len(eligible) // changes)][:changes]):
        row[name] = f"{row[name]} Academy"
        if number % 10 == 0:
            row[status], row[closed] = "Closed", "31-08-2025"
    with gzip.open(changed_path, "wt", encoding="cp1252", newline="", compresslevel=1) as file:
        csv.writer(file).writerows([header, *content])
    return changed_path


def part(path: Path, folder: Path) -> Path:
    """The first rows of the register that are primary schools, without compression."""
    part_path = folder / "part.csv"
    with _opened(path) as raw, part_path.open("w", encoding="cp1252", newline="") as file:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))
        header = next(rows)
        phase = header.index("PhaseOfEducation (name)")
        csv.writer(file).writerows([header, *islice((row for row in rows if row[phase] == "Primary"), PART)])
    return part_path


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
        yield raw  # type: ignore[misc]  # GzipFile reads bytes like any other binary file


def dictionaries(path: Path) -> Iterator[dict[str, str]]:
    """Each row of a register or of its links."""
    with _opened(path) as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))
