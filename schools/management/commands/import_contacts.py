"""`manage.py import_contacts FILE`: the people at schools."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from schools.directory.actions import Importer, TableReport, import_contacts, preview_contacts
from schools.management.commands._tables import TableCommand

LONGEST_ORIGIN = 200
"""Characters."""


class Command(TableCommand):
    """Imports contacts at schools; a row adds and changes, and takes nothing away. Nobody is mailed."""

    help = (
        "Imports the people at schools from the columns nation, register_id, role, name, email and phone: .csv, .csv.gz, .zip, "
        ".xlsx or .ods. They are known by school and e-mail address, else by school and name. Nobody is mailed."
    )
    rows = "Contacts"
    origin = ""
    """From where the list is, as the people in it read it."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments, a public interface: others script against them."""
        super().add_arguments(parser)
        parser.add_argument("--origin", default="", metavar="WORDS", help="From where the list is, as the people in it read it.")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Take note of from where the list is, and import it. Raises CommandError."""
        self.origin = options["origin"]
        if len(self.origin) > LONGEST_ORIGIN or len(self.origin.splitlines()) > 1:
            raise CommandError(f"--origin is one line of at most {LONGEST_ORIGIN} characters. Shorten it.")
        return super().execute(*args, **options)

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        importer = Importer(None, timezone.now(), self.origin)
        return (preview_contacts if dry_run else import_contacts)(file, importer, progress=progress)
