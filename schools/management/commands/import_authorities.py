"""`manage.py import_authorities FILE`: local authorities, and which followed which."""

from collections.abc import Callable
from pathlib import Path

from schools.directory.actions import TableReport, import_authorities, preview_authorities
from schools.management.commands._tables import TableCommand


class Command(TableCommand):
    """Imports local authorities."""

    help = (
        "Imports local authorities from the columns name, gss, and where known nation, code, opened, closed (the last day) and "
        "followed_by (GSS codes): .csv, .csv.gz, .zip, .xlsx or .ods. A blank never erases."
    )
    rows = "Authorities"
    moves_figures = True

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        return (preview_authorities if dry_run else import_authorities)(file, progress=progress)
