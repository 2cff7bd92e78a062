"""Published bundles as tests read them: unpacked, laid side by side, and checked by their own verify.py."""

import csv
import subprocess
import sys
from io import StringIO
from pathlib import Path

from schools.reach.bundles import Files, write_folder

type Lines = list[dict[str, str]]


def lines(files: Files, name: str) -> Lines:
    """The lines of a file of a bundle."""
    return list(csv.DictReader(StringIO(files[f"{name}.csv"].decode("utf-8-sig"), newline="")))


def seats(files: Files, name: str, column: str) -> dict[str, int]:
    """The published attendances of a table, by a column of its rows."""
    return {row[column]: int(row["attendances"]) for row in lines(files, name)}


def verified(files: Files, folder: Path) -> tuple[int, str]:
    """How verify.py ends on these files, and what it says."""
    write_folder(files, folder)
    run = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    return run.returncode, run.stdout + run.stderr


def signed(files: Files) -> Files:
    """The files with a list of checksums that fits them, as somebody clever would forge it."""
    from schools.reach.bundles import CHECKSUMS, with_checksums

    return with_checksums({name: content for name, content in files.items() if name != CHECKSUMS})
