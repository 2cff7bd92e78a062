"""What is known of backups and of drills: each is a row from its start, so that one that was killed is seen too."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from schools.core.words import local_moment

OVERDUE = timedelta(hours=26)
"""A nightly job is late after a day and two hours."""


class BackupKind(models.TextChoices):
    """What was done."""

    BACKUP = "backup", "Backup"
    DRILL = "drill", "Restore drill"
    RESTORE = "restore", "Restored from a backup"


class BackupRunQuerySet(models.QuerySet["BackupRun"]):
    """Runs, narrowed by filters that chain in any order."""

    def good(self) -> "BackupRunQuerySet":
        """Runs that ended well."""
        return self.filter(finished_at__isnull=False, problem="")


class BackupRun(models.Model):
    """One backup, one drill that restored a backup beside the database, or the restoring that made this database."""

    Kind = BackupKind
    kind = models.CharField(max_length=10, choices=BackupKind)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Blank: it is under way, or was killed.")
    file_name = models.CharField(max_length=100, blank=True, db_default="", default="")
    size = models.BigIntegerField(null=True, blank=True, help_text="Bytes of the encrypted file.")
    problem = models.TextField(blank=True, db_default="", default="", help_text="Why it failed. Blank: it did not.")

    objects = BackupRunQuerySet.as_manager()

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=BackupKind.values),
                name="backup_run_kind",
                violation_error_message="Say whether it was a backup, a drill or a restoring.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {local_moment(self.started_at)}"


def last_good(kind: BackupKind, *, now: datetime) -> BackupRun | None:
    """Return the latest run of the kind that ended well; None where there is none.

    One from after now was begun while the machine's time was ahead.
    """
    return BackupRun.objects.good().filter(kind=kind, started_at__lte=now).first()


def is_overdue(kind: BackupKind, *, now: datetime) -> bool:
    """Return whether no run of the kind ended well within a day and two hours."""
    run = last_good(kind, now=now)
    return run is None or run.started_at < now - OVERDUE
