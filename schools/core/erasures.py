"""The list of erasures that is kept apart from the database, so that a restored backup can forget again whom we had forgotten.

It is a CSV file with a moment and a reference on each line, and nothing else: no name, no address. A line is only ever added.
"""

import csv
import io
import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)


class Erasure(NamedTuple):
    """Who was erased, by reference, and when."""

    at: datetime
    reference: str


def keep_erasures(path: Path | None, references: Iterable[str], *, at: datetime) -> None:
    """Add the references to the list; None: no list is kept here.

    Raises nothing: what could not be written is logged, and the next backup adds it.
    """
    if path is None:
        return
    out = io.StringIO(newline="")
    csv.writer(out).writerows((at.isoformat(), reference) for reference in references)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One write to a file that is only added to: two processes that erase at once write one line after the other.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, out.getvalue().encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError:
        logger.exception("The list of erasures cannot be written. Make it writable; the next backup adds what is missing.")


def kept_erasures(path: Path | None) -> list[Erasure]:
    """Return the list, the earliest first; a line that was cut off while it was written is left out. Raises OSError."""
    if path is None or not path.exists():
        return []
    erasures = []
    for cells in csv.reader(path.read_text(encoding="utf-8").splitlines()):
        try:
            at, reference = cells
            erasures.append(Erasure(datetime.fromisoformat(at), reference))
        except ValueError:
            continue
    return sorted(erasures)
