"""`manage.py export_reach`: the figures of reach of a period as CSV, on the terminal or into a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.core.csv import write
from schools.core.periods import Period
from schools.core.words import joined
from schools.reach.exports import csv_lines
from schools.reach.queries import reach
from schools.reach.rows import PLACE_CUTS, Cut


class Command(BaseCommand):
    """Writes the table of reach as of today; it changes nothing."""

    help = "Write the reach of a period by area, authority, region or nation as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Period, cut and file."""
        parser.add_argument("--period", required=True, help="2025/26, 2025/26..2026/27, FY2025 or 2025-10-01..2025-12-19")
        parser.add_argument("--by", required=True, help="area, authority, region or nation")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")

    def handle(self, *, period: str, by: str, output: Path | None, **_: Any) -> None:
        """Read what is asked for, ask, write."""
        try:
            asked = Period.parse(period)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        if by not in PLACE_CUTS:
            msg = f"“{by}” is not a cut. Write --by {joined(PLACE_CUTS, last='or')}."
            raise CommandError(msg, returncode=2)
        lines = csv_lines(reach(asked, by=Cut(by), as_of=timezone.localdate()))
        if output is None:
            if reconfigure := getattr(self.stdout, "reconfigure", None):
                # The same bytes whatever the terminal's own encoding is.
                reconfigure(encoding="utf-8", newline="")
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            write(lines, output)
        except OSError as error:
            msg = f"{output} cannot be written: {error.strerror or error}. Nothing was written; name another file with -o."
            raise CommandError(msg, returncode=2) from error
