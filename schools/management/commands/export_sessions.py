"""`manage.py export_sessions --period P`: sessions as CSV, in the columns that import_sessions reads."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schools.core.csv import write
from schools.core.periods import Period
from schools.visits.session_files.exports import session_lines


class Command(BaseCommand):
    """Writes the sessions of a period; import_sessions reads the file back unchanged."""

    help = "Writes the sessions of a period as CSV (UTF-8 with BOM); import_sessions reads it back unchanged."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the period and the file."""
        parser.add_argument("--period", required=True, help="2025/26, 2025/26..2026/27, FY2025 or 2025-10-01..2025-12-19")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to; standard output if not said")

    def handle(self, *_: Any, period: str, output: Path | None, **__: Any) -> None:
        """Write line by line; the file gets its name only once it is complete."""
        try:
            days = Period.parse(period)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        if output is None:
            self._print(days)
        else:
            self._write(days, output)

    def _print(self, days: Period) -> None:
        try:
            for line in session_lines(days):
                self.stdout.write(line, ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`): discard what is left in the buffer.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _write(self, days: Period, output: Path) -> None:
        try:
            write(session_lines(days), output)
        except OSError as error:
            msg = f"{output} cannot be written: {error.strerror or error}. Nothing was written; name another file with -o."
            raise CommandError(msg, returncode=2) from error
