"""`manage.py restore_drill`: tries every night whether the newest backup can be restored, and stores how it went."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from schools.backups.actions import drill
from schools.backups.databases import database_of
from schools.backups.files import AT_ONCE, BackupError
from schools.core.databases import direct_alias


class Command(BaseCommand):
    """Restores the newest backup beside the database, compares it, and throws it away."""

    help = "Restore the newest backup beside the database, compare row counts and the last closed return, and throw it away."
    # The clock's job gives it; whoever types the command is told at once.
    stealth_options = ("patience",)

    def handle(self, *, patience: timedelta = AT_ONCE, **_: Any) -> None:
        """Run the drill, and tell which backup is good."""
        folder, identity = settings.SPEAKOUT_BACKUP_FOLDER, settings.SPEAKOUT_BACKUP_IDENTITY
        if not folder or not identity:
            raise CommandError(
                "Set SPEAKOUT_BACKUP_FOLDER and SPEAKOUT_BACKUP_IDENTITY (docs/operations.md, Backups).", returncode=2
            )
        try:
            database = database_of(connections[direct_alias()].settings_dict)
            path = drill(database, folder, identity, clock=timezone.now, patience=patience)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path.name} was restored beside the database: every table and the last closed return are the same.")
