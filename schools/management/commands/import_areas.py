"""`manage.py import_areas FILE`: which area holds which authority on which days."""

from collections.abc import Callable
from pathlib import Path

from schools.directory.actions import TableReport, import_areas, preview_areas
from schools.management.commands._tables import TableCommand


class Command(TableCommand):
    """Imports which area holds which authority; each holding ends where the next one begins."""

    help = (
        "Imports which area holds which authority on which days, from the columns region, area, nation, authority_gss, from_day "
        "(blank: always) and to_day (blank: still): .csv, .csv.gz, .zip, .xlsx or .ods. "
        "Regions and areas that are not there are made."
    )
    rows = "Authorities of areas"
    moves_figures = True

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        return (preview_areas if dry_run else import_areas)(file, progress=progress)
