"""`manage.py import_terms FILE`: when schools are open, by nation or authority."""

from collections.abc import Callable
from pathlib import Path

from schools.directory.actions import TableReport, import_terms, preview_terms
from schools.management.commands._tables import TableCommand


class Command(TableCommand):
    """Imports terms."""

    help = (
        "Imports terms from the columns nation, authority_gss (blank: the whole nation), name, first_day and last_day: .csv, "
        ".csv.gz, .zip, .xlsx or .ods. An authority's own terms stand in place of its nation's."
    )
    rows = "Terms"

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        return (preview_terms if dry_run else import_terms)(file, progress=progress)
