"""`manage.py import_contacts FILE`: the people at schools."""

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from schools.directory.actions import Importer, TableReport, import_contacts, preview_contacts
from schools.management.commands._tables import TableCommand


class Command(TableCommand):
    """Imports contacts at schools; a row adds and changes, and takes nothing away. Nobody is mailed."""

    help = (
        "Imports the people at schools from the columns nation, register_id, role, name, email and phone: .csv, .csv.gz, .zip, "
        ".xlsx or .ods. They are known by school and e-mail address, else by school and name. Nobody is mailed."
    )
    rows = "Contacts"

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        importer = Importer(None, timezone.now())
        return (preview_contacts if dry_run else import_contacts)(file, importer, progress=progress)
