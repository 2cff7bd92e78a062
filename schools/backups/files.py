"""The folder of backups: their names, what stands beside each, which are kept, and that one process works there at a time."""

import fcntl
import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import TextIO

PREFIX, STAMP, ENDING = "speakout-", "%Y%m%dT%H%M%SZ", ".age"
PART = ".part"
AT_ONCE = timedelta(0)
"""No patience: whoever types a command is told at once that another one is working."""
AGAIN = 5.0
"""Seconds between two tries of somebody who has patience."""
NOT_EMPTY = (
    "This database is not empty, and a restore never writes over anything. Name an empty one in SPEAKOUT_DATABASE_URL."
    " If an earlier restore into it was ended before it said “is restored”, throw it away: whoever was erased may be in it again."
)


class BackupError(Exception):
    """A backup, a restore or a drill failed; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What stands beside a backup, as JSON: what is in it, without anything about anybody."""

    made_at: str
    vendor: str
    size: int
    sha256: str
    """Of the encrypted file."""
    counts: dict[str, int]
    """Rows by table, in the picture that the backup is."""
    last_return: str
    """The SHA-256 of the return that was closed last; blank where none is closed."""


def name_of(made_at: datetime, vendor: str) -> str:
    """Return the file name of a backup: its moment in UTC, and what is in it once it is decrypted."""
    inner = {"sqlite": ".sqlite3.gz", "postgresql": ".pgdump"}[vendor]
    return f"{PREFIX}{made_at.astimezone(UTC):{STAMP}}{inner}{ENDING}"


def moment_of(path: Path) -> datetime | None:
    """Return when the backup was made, by its name; None for another file."""
    try:
        return datetime.strptime(path.name.split(".")[0], PREFIX + STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def backups_in(folder: Path) -> list[Path]:
    """Return the finished backups, the newest first."""
    backups = [path for path in folder.glob(f"{PREFIX}*{ENDING}") if moment_of(path)]
    return sorted(backups, key=lambda path: path.name, reverse=True)


def manifest_path(backup: Path) -> Path:
    """Return where the manifest of a backup stands."""
    return backup.with_name(f"{backup.name}.json")


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest beside the backup, whole or not at all."""
    part = backup.with_name(f"{manifest_path(backup).name}{PART}")
    part.write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    part.replace(manifest_path(backup))


def read_manifest(backup: Path) -> Manifest:
    """Return the manifest of the backup. Raises BackupError where there is none that can be read."""
    try:
        return Manifest(**json.loads(manifest_path(backup).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        msg = f"{manifest_path(backup).name}, which says what the backup must hold, is missing or damaged. Copy it there too."
        raise BackupError(msg) from error


def kept(moments: Iterable[datetime], *, days: int, weeks: int, months: int) -> set[datetime]:
    """Return which backups are kept: the newest, and the newest of each of the last so many days, weeks and months with one.

    Weeks begin on Monday. All are those of UTC.
    """
    newest_first = sorted(moments, reverse=True)
    keep = set(newest_first[:1])
    for number, span in ((days, "%Y-%m-%d"), (weeks, "%G-%V"), (months, "%Y-%m")):
        newest_of: dict[str, datetime] = {}
        for moment in newest_first:
            newest_of.setdefault(f"{moment:{span}}", moment)
        keep.update(list(newest_of.values())[:number])
    return keep


def prune(folder: Path, *, days: int, weeks: int, months: int) -> list[str]:
    """Delete what is not kept, and what a killed backup left; return the names of the backups that went."""
    backups = {moment: path for path in backups_in(folder) if (moment := moment_of(path))}
    keep = kept(backups, days=days, weeks=weeks, months=months)
    gone = [path for moment, path in backups.items() if moment not in keep]
    for path in gone:
        path.unlink()
        manifest_path(path).unlink(missing_ok=True)
    for path in folder.glob(f"*{PART}"):
        path.unlink()
    return [path.name for path in gone]


@contextmanager
def alone_in(folder: Path, *, name: str = ".lock", patience: timedelta = AT_ONCE) -> Generator[None]:
    """Hold the folder, which is made where it is missing, while the block runs.

    Raises BackupError where another process holds it, and still does after `patience`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / name).open("w")
    except OSError as error:
        msg = f"{folder} cannot be written ({error.strerror}). Give it to the user that makes backups."
        raise BackupError(msg) from error
    with lock:
        ends = monotonic() + patience.total_seconds()
        while not _hold(lock):
            if monotonic() >= ends:
                msg = f"Another backup, restore or drill is working in {folder}. Wait for its end."
                raise BackupError(msg)
            sleep(AGAIN)
        yield


def _hold(lock: TextIO) -> bool:
    """Lock the file, and return whether it is ours now. The system gives it back when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
