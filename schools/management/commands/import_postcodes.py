"""`manage.py import_postcodes FILE`: where postcodes are; they give the places of homes, and of schools without one."""

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from schools.directory.actions import TableReport, import_postcodes, place_in_fifths, place_schools, preview_postcodes
from schools.management.commands._tables import TableCommand
from schools.volunteers.actions import place_homes


class Command(TableCommand):
    """Imports the places of postcodes, then works out the places of schools and homes again."""

    help = (
        "Imports where postcodes are from a national list with the columns pcds, pcd or Postcode, oseast1m or Eastings, and "
        "osnrth1m or Northings: .csv, .csv.gz, .zip, .xlsx or .ods; millions of rows are fine. Schools without a "
        "place and volunteers' homes are placed anew."
    )
    rows = "Postcodes"

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        if dry_run:
            return preview_postcodes(file, progress=progress)
        report = import_postcodes(file, progress=progress)
        report.beside = {"schools_placed": place_schools(now=timezone.now()), "homes_placed": place_homes()}
        report.beside["schools_in_other_fifths"] = place_in_fifths()
        return report
