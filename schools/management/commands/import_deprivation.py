"""`manage.py import_deprivation FILE --nation NATION`: how deprived small areas are; schools get the fifth of theirs."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from schools.core.nations import Nation
from schools.directory.actions import Importer, TableReport, deprivation_kind, import_table, place_in_fifths, preview_table
from schools.directory.registers.columns import normalised
from schools.management.commands._tables import TableCommand


def column_argument(text: str) -> tuple[str, str]:
    """Return our name and the file's of `decile=My column`. Raises ArgumentTypeError."""
    ours, sign, name = text.partition("=")
    known = list(deprivation_kind().table.columns)
    if not sign or not name.strip() or ours.strip() not in known:
        msg = f"“{text}” matches no column; write it like decile=“Income decile”, with one of {', '.join(known)} before it."
        raise ArgumentTypeError(msg)
    return ours.strip(), name.strip()


class Command(TableCommand):
    """Imports deprivation, then works out the fifth of every school again."""

    help = (
        "Imports how deprived small areas are: England's Indices of Deprivation (file 7 of 2025 or 2019), Scotland's school roll "
        "file, or any file with a small area and its decile, percentile or fifth (1 is the most deprived). Each nation has a "
        "scale of its own."
    )
    rows = "Small areas"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the nation, the year and the columns."""
        super().add_arguments(parser)
        parser.add_argument("--nation", required=True, choices=Nation.values)
        parser.add_argument("--year", type=int, choices=range(1990, 2100), metavar="YEAR", help="of the index")
        parser.add_argument(
            "--columns", type=column_argument, nargs="+", default=[], metavar="OURS=THEIRS", help="like decile=“Decile of income”"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep the options for `act`, and import."""
        self.kind = deprivation_kind(Nation(options.pop("nation")), options.pop("year"))
        self.matches = {normalised(theirs): ours for ours, theirs in options.pop("columns")}
        super().handle(*args, **options)

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        importer = Importer(None, timezone.now())
        if dry_run:
            return preview_table(self.kind, file, importer, matches=self.matches, progress=progress)
        report = import_table(self.kind, file, importer, matches=self.matches, progress=progress)
        report.beside = {"schools_in_other_fifths": place_in_fifths()}
        return report
