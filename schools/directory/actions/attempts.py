"""One attempt at an import: the files that it reads, its progress, and that no later attempt has taken its place."""

import gzip
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.db import transaction

from schools.core.clocks import Clock
from schools.core.tables import UPLOAD, WORKBOOKS, open_table
from schools.directory.actions.reading import LIMITS
from schools.directory.models import FilePart, ImportFile, ImportRun, RunState

PIECE = 2_000_000
"""Bytes of one piece of a kept file."""


class Superseded(Exception):
    """Somebody started the run again or threw it away: a worker that notices this stops."""


@dataclass(frozen=True)
class Upload:
    """A file as it was uploaded."""

    name: str
    content: IO[bytes]


@contextmanager
def still_ours(run: ImportRun, *, clock: Clock) -> Generator[None]:
    """Open a short transaction in which the attempt is the latest, and store a sign of life. Raises Superseded."""
    with transaction.atomic():
        if not ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state).update(seen_at=clock()):
            raise Superseded
        yield


def lock_for_applying(run: ImportRun) -> None:
    """Hold the run until the transaction ends: its attempt is the latest, and that lock is its sign of life. Raises Superseded.

    It is taken before the lock of the kind, so that an import that waits for another one shows that it lives, too.
    """
    mine = ImportRun.objects.select_for_update(no_key=True).filter(pk=run.pk, attempt=run.attempt, state=run.state)
    if not mine.values_list("pk", flat=True).first():
        raise Superseded


def report_progress(run: ImportRun, *, clock: Clock) -> Callable[[int], None]:
    """Return the function that stores how many rows the attempt has read. It raises Superseded."""

    def progress(rows: int) -> None:
        with still_ours(run, clock=clock):
            ImportRun.objects.filter(pk=run.pk).update(rows_read=rows)

    return progress


def count_rows(run: ImportRun, path: Path, *, clock: Clock) -> None:
    """Store how many rows there are to read, where that is quick to find out. Raises Superseded or UnreadableTable."""
    if run.state == RunState.READING and path.suffix.lower() not in WORKBOOKS:
        # The rows of a workbook are not counted first: that takes as long as reading it.
        with open_table(path, limits=LIMITS.get(run.register, UPLOAD)) as rows:
            expected = sum(1 for _ in rows) - 1
        with still_ours(run, clock=clock):
            ImportRun.objects.filter(pk=run.pk).update(rows_expected=max(0, expected))


def keep_file(run: ImportRun, part: FilePart, name: str, content: IO[bytes]) -> None:
    """Keep the file, gzipped, in pieces; it is packed on disk, so that only a piece of it is in memory."""
    with tempfile.TemporaryFile() as target:
        with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=5, mtime=0) as packing:
            shutil.copyfileobj(content, packing)
        target.seek(0)
        for number, piece in enumerate(iter(lambda: target.read(PIECE), b"")):
            ImportFile.objects.create(run=run, part=part, name=name, number=number, content=piece)


@contextmanager
def unpacked(run: ImportRun, *parts: FilePart) -> Generator[dict[str, Path]]:
    """Unpack these files of the run for as long as they are read, each under its own name, which tells its kind."""
    with tempfile.TemporaryDirectory(prefix="speakout-") as folder:
        paths = {}
        for part, name in run.files.filter(part__in=parts, number=0).values_list("part", "name"):
            paths[part] = Path(folder) / part / name
            paths[part].parent.mkdir()
            _unpack(run, part, paths[part])
        yield paths


def _unpack(run: ImportRun, part: str, path: Path) -> None:
    pieces = run.files.filter(part=part).order_by("number")
    with tempfile.TemporaryFile() as packed:
        for number in list(pieces.values_list("number", flat=True)):
            packed.write(pieces.values_list("content", flat=True).get(number=number))
        packed.seek(0)
        with gzip.open(packed) as unpacking, path.open("wb") as target:
            shutil.copyfileobj(unpacking, target)
