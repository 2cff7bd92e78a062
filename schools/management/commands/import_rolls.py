"""`manage.py import_rolls FILE`: pupils by year group from the charity's own list."""

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from schools.directory.actions import TableReport, import_rolls, preview_rolls
from schools.management.commands._tables import TableCommand


class Command(TableCommand):
    """Imports pupils by year group."""

    help = (
        "Imports pupils by year group from the columns nation (blank: england), register_id, academic_year (2025/26), year_group "
        "(0 to 6, or Year 5, P6) and pupils: .csv, .csv.gz, .zip, .xlsx or .ods. What a coordinator typed goes before it."
    )
    rows = "Pupils by year group"
    moves_figures = True

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        return (preview_rolls if dry_run else import_rolls)(file, on=timezone.localdate(), progress=progress)
