"""The list of erasures that is kept apart from the database, so that a restored backup can forget again whom we had forgotten.

It is a CSV file with a moment and a reference on each line, and nothing else: no name, no address. A line is only ever added.
"""

import csv
import io
import logging
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)

CUT_OFF = ",cut off\r\n"
"""Ends a line that was cut off while it was written, so that nobody takes what is there for a whole one: a cell is too many."""

_REFERENCE = re.compile(r"(?:volunteer|contact|staff|requester|trustee):\d+|[^:]+")
"""A volunteer has two: the charity’s own, without a colon, which may be changed or given to somebody else, and the number."""


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
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            lines = f"{'' if _ends_whole(file) else CUT_OFF}{out.getvalue()}".encode()
            if os.write(file, lines) < len(lines):
                logger.error("The list of erasures was cut off. Make room on its disk; the next backup adds what is missing.")
            os.fsync(file)
        finally:
            os.close(file)
    except OSError:
        logger.exception("The list of erasures cannot be written. Make it writable; the next backup adds what is missing.")


def _ends_whole(file: int) -> bool:
    """Return whether the open file ends with a whole line, or is empty."""
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def kept_erasures(path: Path | None) -> list[Erasure]:
    """Return the list, the earliest first; a line that was cut off while it was written is left out. Raises OSError.

    “contact:12” may be the beginning of another reference: only a line with its end counts.
    """
    if path is None or not path.exists():
        return []
    *whole, _ = path.read_bytes().decode(errors="replace").split("\n")
    return sorted(erasure for line in whole if (erasure := _read(line.removesuffix("\r"))) is not None)


def _read(line: str) -> Erasure | None:
    """Return what the line says; None: it is no whole line."""
    try:
        # Each line by itself: what was cut off within quotes takes no other line with it.
        ((at, reference),) = csv.reader([line], strict=True)
        moment = datetime.fromisoformat(at)
    except (csv.Error, ValueError):
        return None
    return Erasure(moment, reference) if moment.tzinfo is not None and _REFERENCE.fullmatch(reference) else None
