"""`manage.py restore FILE`: a backup into an empty database, with those forgotten again who were erased since.

Rows are numbered on from far above: no link of a mail from after the backup leads to somebody else.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.utils import timezone

from schools.backups.actions import end_what_may_have_ended, erase_again, note_restore, restore
from schools.backups.counters import skip_numbers
from schools.backups.databases import database_of
from schools.backups.files import BackupError
from schools.core.databases import keep_statistics_after_commit

WITHOUT_LIST = (
    "whoever was erased since the backup would be there again. Copy it there, or name it with --erasures FILE: it is "
    "erasures.csv beside the backups, or the file of SPEAKOUT_ERASURES. Only where nobody was ever erased, say "
    "--without-erasures. Nothing was restored."
)


class Command(BaseCommand):
    """Restores a backup into the database that the settings name."""

    help = "Restore FILE into an empty database, bring its tables up to this version, and erase again whom the list names."
    requires_system_checks = ()  # there is no table yet that they could look at

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the backup, the secret key and the list of erasures."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--identity", type=Path, metavar="FILE", help="the file that age-keygen wrote")
        parser.add_argument("--erasures", type=Path, metavar="FILE", help="the list of erasures (default: SPEAKOUT_ERASURES)")
        parser.add_argument(
            "--without-erasures", action="store_true", help="go on where there is no such list, because nobody was ever erased"
        )

    def handle(
        self, *, file: Path, identity: Path | None, erasures: Path | None, without_erasures: bool = False, **_: Any
    ) -> None:
        """Restore, migrate and erase again, and tell what was done."""
        identity = identity or settings.SPEAKOUT_BACKUP_IDENTITY
        erasures = erasures or settings.SPEAKOUT_ERASURES
        if identity is None:
            raise CommandError("Name the secret key with --identity FILE, or in SPEAKOUT_BACKUP_IDENTITY.", returncode=2)
        if not without_erasures and (erasures is None or not erasures.exists()):
            missing = f"There is no list of erasures at {erasures}" if erasures else "No list of erasures is named"
            raise CommandError(f"{missing}: {WITHOUT_LIST}", returncode=2)
        connections.close_all()
        try:
            restore(database_of(connection.settings_dict), file, identity)
        except BackupError as error:
            raise CommandError(f"{error} Nothing was restored.") from error
        call_command("migrate", verbosity=0)
        now = timezone.now()
        skip_numbers(now=now)
        try:
            again, problems = erase_again(erasures, since=note_restore(file, now=now), now=now)
        except OSError as error:
            unread = f"The database is restored, but {erasures} cannot be read ({error.strerror}): nobody was erased again."
            raise CommandError(
                f"{unread} Start nothing on it. Throw it away, and restore once more into an empty one."
            ) from error
        sentences = end_what_may_have_ended(now=now)
        keep_statistics_after_commit()
        self.stdout.write(f"{file.name} is restored. {len(again):,} erased again.")
        self.stdout.write("\n".join(sentences))
        if problems:
            raise CommandError(" ".join(problems))
