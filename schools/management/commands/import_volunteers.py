"""`manage.py import_volunteers FILE`: the people who go to schools, with areas, clearances and sign-offs."""

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from schools.directory.actions import Importer, TableReport
from schools.management.commands._tables import TableCommand
from schools.volunteers.actions import import_volunteers, preview_volunteers


class Command(TableCommand):
    """Imports volunteers; a row adds and changes, and takes nothing away. Nobody is mailed."""

    help = (
        "Imports volunteers from the columns reference, name, email, phone, postcode, areas, status, joined, scheme, level, "
        "clearance_reference, issued, decision, decided_on, recheck_on, signed_off, availability, away, furthest_km and "
        "languages: .csv, .csv.gz, .zip, .xlsx or .ods. Nobody is mailed; inviting them is a step of its own in the office."
    )
    rows = "Rows of volunteers"

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        importer = Importer(None, timezone.now())
        return (preview_volunteers if dry_run else import_volunteers)(file, importer, progress=progress)
