"""`manage.py import_postcodes FILE`: where postcodes are; volunteers' homes are placed by it."""

from collections.abc import Callable
from pathlib import Path

from schools.directory.actions import TableReport, import_postcodes, preview_postcodes
from schools.management.commands._tables import TableCommand
from schools.volunteers.actions import place_homes


class Command(TableCommand):
    """Imports places of postcodes, then places the homes of volunteers anew."""

    help = (
        "Imports where postcodes are from a national list with the columns pcds, pcd or Postcode, oseast1m or Eastings, and "
        "osnrth1m or Northings: .csv, .csv.gz, .zip or .xlsx; millions of rows are fine. Volunteers' homes are placed anew."
    )
    rows = "Postcodes"

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or only look."""
        if dry_run:
            return preview_postcodes(file, progress=progress)
        report = import_postcodes(file, progress=progress)
        report.beside = {"homes_placed": place_homes()}
        return report
