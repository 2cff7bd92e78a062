"""What the commands have in common that import the charity's own reference data."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from schools.core.tables import UnreadableTable
from schools.directory.actions import NotThisRegister, TableReport

UNUSABLE_FILE = 2
"""Exit code for a file that is of no use as a whole."""


def day_argument(text: str) -> date:
    """A day on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a day; write it like 2025-04-22.") from error


def show_progress(rows: int) -> None:
    """Show on the terminal how many rows were read."""
    sys.stderr.write(f"\r{rows:,} rows read …")
    sys.stderr.flush()


def no_progress(_: int) -> None:
    """No terminal, nobody watches."""


class TableCommand(BaseCommand):
    """Imports one table of the charity's own; twice changes nothing the second time."""

    rows = "rows"
    """What the report counts."""

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or only look."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """A public interface: others script against it."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="Tell what would change, and change nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, file: Path, dry_run: bool, json: bool, **__: Any) -> None:
        """Import, or only look, and print the report."""
        watched = sys.stderr.isatty()
        try:
            report = self.act(file, dry_run=dry_run, progress=show_progress if watched else no_progress)
        except (UnreadableTable, NotThisRegister) as error:
            raise CommandError(" ".join(str(error).split()), returncode=UNUSABLE_FILE) from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be used ({error}). Nothing was changed. Migrate, or try again.") from error
        finally:
            if watched:
                sys.stderr.write("\r\033[K")
        self.stdout.write(_as_json(report) if json else self._in_words(report, dry_run=dry_run))

    def _in_words(self, report: TableReport, *, dry_run: bool) -> str:
        counts = f"{report.created:,} created, {report.updated:,} updated, {report.unchanged:,} unchanged"
        lines = ["This is what the import would do; nothing was changed."] if dry_run else []
        lines.append(f"{self.rows}: {counts}{f', {report.closed:,} closed' if report.closed else ''}.")
        lines += [f"{name.replace('_', ' ').capitalize()}: {number:,}." for name, number in report.beside.items() if number]
        lines += [f"Ignored, {reason}: {number:,}." for reason, number in sorted(report.ignored_because.items())]
        lines += [f"Refused, line {one.line}, {one.id or 'no number'}: {one.reason}" for one in report.refused]
        lines += [f"Note, line {one.line}, {one.id}: {one.reason}" for one in report.left_out]
        return "\n".join(lines)


def _as_json(report: TableReport) -> str:
    return json.dumps(report.as_json(), ensure_ascii=False)
