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


def look_at_backup(now: datetime) -> Finding:
    """Look when the database was backed up."""
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
