"""`manage.py backup`: an encrypted backup of the whole database, and the pruning of older ones."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from schools.backups.actions import Plan, back_up
from schools.backups.databases import database_of
from schools.backups.files import AT_ONCE, BackupError
from schools.core.databases import direct_alias


class Command(BaseCommand):
    """Makes a backup; it may run while everything else does."""

    help = "Write an encrypted backup of the database into SPEAKOUT_BACKUP_FOLDER, and delete those that are not kept any more."
    # The clock's job gives it; whoever types the command is told at once.
    stealth_options = ("patience",)

    def handle(self, *, patience: timedelta = AT_ONCE, **_: Any) -> None:
        """Make the backup, and tell its name, its size and what was deleted."""
        if not settings.SPEAKOUT_BACKUP_FOLDER or not settings.SPEAKOUT_BACKUP_KEY:
            raise CommandError("Set SPEAKOUT_BACKUP_FOLDER and SPEAKOUT_BACKUP_KEY (docs/operations.md, Backups).", returncode=2)
        plan = Plan(
            settings.SPEAKOUT_BACKUP_FOLDER,
            settings.SPEAKOUT_BACKUP_KEY,
            settings.SPEAKOUT_BACKUP_DAYS,
            settings.SPEAKOUT_BACKUP_WEEKS,
            settings.SPEAKOUT_BACKUP_MONTHS,
            settings.SPEAKOUT_ERASURES,
        )
        try:
            database = database_of(connections[direct_alias()].settings_dict)
            path, gone = back_up(database, plan, clock=timezone.now, patience=patience)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes. {len(gone):,} older ones deleted.")
