"""A machine whose disk can be filled and whose time can be set: a small disk in memory, and libfaketime (.ci/chaos)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

LIBRARIES = Path("/usr/lib")
SHARED = Path("/dev/shm")  # noqa: S108  # where libfaketime puts it
PIECE = 1 << 20
COUNTS_WITHIN = timedelta(seconds=3)
"""When every process lives in a time that was set: libfaketime reads the file at most once in two seconds."""


class SetTime:
    """What some processes take for the time: the real one and a number of seconds, which may be changed while they run.

    Spans are not touched: as on a machine whose time is set, waiting takes as long as before.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set_ahead(timedelta(0))

    def set_ahead(self, span: timedelta) -> None:
        """Set the time so far ahead of the real one; back where the span is below zero. It counts as `COUNTS_WITHIN` says."""
        self.ahead = span
        written = self._file.with_suffix(".new")
        written.write_text(f"{span.total_seconds():+.0f}\n")
        written.replace(self._file)

    def set_to(self, moment: datetime) -> None:
        """Set the time to a moment."""
        self.set_ahead(moment - datetime.now(UTC))

    @property
    def now(self) -> datetime:
        """The time as these processes know it."""
        return datetime.now(UTC) + self.ahead

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to live in this time."""
        library = next(LIBRARIES.glob("*/faketime/libfaketimeMT.so.1"))
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # gunicorn's processes tell one another that they live by the time of a file.
            "NO_FAKE_STAT": "1",
        }


class SmallDisk:
    """A disk of its own, in memory."""

    def __init__(self, place: Path) -> None:
        self.place, self._filling = place, place / "filling"

    def fill(self) -> None:
        """Leave no byte free."""
        with suppress(OSError), self._filling.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * PIECE)

    def make_room(self) -> None:
        """Take away what filled it."""
        self._filling.unlink(missing_ok=True)


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk there for as long as it is needed. Only root may."""
    place.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place)], check=True)
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)
        place.rmdir()


def clean_up_after_times() -> None:
    """Take away what libfaketime leaves of processes that were killed."""
    for left in SHARED.glob("*faketime_s*_*"):
        if not Path("/proc", left.name.rpartition("_")[2]).exists():
            left.unlink(missing_ok=True)
