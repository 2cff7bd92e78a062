"""Whether there is a backup, and whether it opens."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from schools.backups.models import BackupKind, is_overdue, last_good
from schools.running.health import Check, Finding


def _look(kind: BackupKind, *, is_set_up: bool, command: str, now: datetime) -> Finding:
    if not is_set_up:
        return Finding.note("Not set up. docs/operations.md, Backups, says how.")
    last = last_good(kind, now=now)
    words = f"The last good one began on {timezone.localtime(last.started_at):%d %b, %H:%M}." if last else "There is none yet."
    if is_overdue(kind, now=now):
        return Finding.fault(f"{words} Run manage.py {command}, and do what it says.")
    return Finding.well(words)


def what_is_missing() -> str:
    """Return what to do where backups are half set up; "" where they are set up, or not at all.

    A folder and the secret key, without the public one, are a machine for the drill alone.
    """
    if settings.SPEAKOUT_BACKUP_KEY and not settings.SPEAKOUT_BACKUP_FOLDER:
        return "Set SPEAKOUT_BACKUP_FOLDER, too: without it nothing is backed up (docs/operations.md, Backups)."
    if settings.SPEAKOUT_BACKUP_FOLDER and not (settings.SPEAKOUT_BACKUP_KEY or settings.SPEAKOUT_BACKUP_IDENTITY):
        return (
            "Set SPEAKOUT_BACKUP_KEY, too: without it nothing is backed up (docs/operations.md, Backups). Where the folder is "
            "there for the list of erasures alone, name that list in SPEAKOUT_ERASURES instead."
        )
    return ""


def look_at_backup(now: datetime) -> Finding:
    """Look when the database was backed up."""
    if missing := what_is_missing():
        return Finding.fault(missing)
    is_set_up = bool(settings.SPEAKOUT_BACKUP_FOLDER and settings.SPEAKOUT_BACKUP_KEY)
    return _look(BackupKind.BACKUP, is_set_up=is_set_up, command="backup", now=now)


def look_at_drill(now: datetime) -> Finding:
    """Look when a backup was restored on trial."""
    is_set_up = bool(settings.SPEAKOUT_BACKUP_FOLDER and settings.SPEAKOUT_BACKUP_IDENTITY)
    return _look(BackupKind.DRILL, is_set_up=is_set_up, command="restore_drill", now=now)


CHECKS = (
    Check("backup", "The last backup", look_at_backup, kept=30),
    Check("restore-drill", "The last restore drill", look_at_drill, kept=30),
)
