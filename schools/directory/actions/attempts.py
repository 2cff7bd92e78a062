"""One attempt at an import: the files that it reads, its progress, and that no later attempt has taken its place."""

import gzip
import io
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction

from schools.core.tables import UPLOAD, WORKBOOKS, open_table
from schools.directory.actions.reading import LIMITS
from schools.directory.models import ImportRun, RunState

type Clock = Callable[[], datetime]


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


def packed(content: IO[bytes]) -> bytes:
    """Return the file, gzipped; it is packed on disk, so that only the packed file is in memory."""
    with tempfile.TemporaryFile() as target:
        with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=5, mtime=0) as packing:
            shutil.copyfileobj(content, packing)
        target.seek(0)
        return target.read()


@contextmanager
def unpacked(run: ImportRun) -> Generator[dict[str, Path]]:
    """Unpack the files of the run for as long as they are read, each under its own name, which tells its kind."""
    with tempfile.TemporaryDirectory(prefix="speakout-") as folder:
        paths = {}
        for file in run.files.all():
            paths[file.part] = Path(folder) / file.part / file.name
            paths[file.part].parent.mkdir()
            with gzip.open(io.BytesIO(file.content)) as packed, paths[file.part].open("wb") as target:
                shutil.copyfileobj(packed, target)
        yield paths
