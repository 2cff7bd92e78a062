"""`manage.py export_dose`: in how many school years the children who leave were reached, as CSV or as a workbook."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from schools.core.periods import AcademicYear
from schools.management.commands._exports import add_output, export
from schools.reach.dose_files import csv_lines, workbook
from schools.reach.exports import Stamp
from schools.reach.queries.dose import dose


class Command(BaseCommand):
    """Writes the table of dose as of today; it changes nothing."""

    help = "Write in how many school years the children who leave Year 6 (P7) were reached, by area, as CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the school year and the file."""
        parser.add_argument("--year", required=True, help="the school year in which they leave, such as 2025/26")
        add_output(parser)

    def handle(self, *, year: str, output: Path | None, **_: Any) -> None:
        """Read the figures and write them."""
        try:
            leaving = AcademicYear.parse(year)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        table = dose(leaving, as_of=timezone.localdate())
        export(self, output, lines=partial(csv_lines, table), workbook=partial(workbook, table, Stamp("", timezone.now())))
