"""What the commands that import the charity's own reference data have in common."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from schools.core.tables import UnreadableTable
from schools.directory.actions import NotThisRegister, TableReport
from schools.directory.actions.reading import no_progress
from schools.reach.actions.drift import note_drift

UNUSABLE_FILE = 2
"""Exit code for a file of which nothing can be used."""


def day_argument(text: str) -> date:
    """Return the day that was given on the command line. Raises ArgumentTypeError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a day; write it like 2025-04-22.") from error


def show_progress(rows: int) -> None:
    """Show on the terminal how many rows were read."""
    sys.stderr.write(f"\r{rows:,} rows read …")
    sys.stderr.flush()


class TableCommand(BaseCommand):
    """An import of one of the charity's own tables; a second import of the same file changes nothing."""

    rows = "rows"
    """What the rows of the report are called."""
    moves_figures = False
    """Whether the figures of closed returns may move by it."""

    def act(self, file: Path, *, dry_run: bool, progress: Callable[[int], None]) -> TableReport:
        """Import the file, or preview the import."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments, a public interface: others script against them."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="Tell what would change, and change nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, file: Path, dry_run: bool, json: bool, **__: Any) -> None:
        """Import or preview the file, and print the report."""
        on_terminal = sys.stderr.isatty()
        try:
            report = self.act(file, dry_run=dry_run, progress=show_progress if on_terminal else no_progress)
        except (UnreadableTable, NotThisRegister) as error:
            raise CommandError(" ".join(str(error).split()), returncode=UNUSABLE_FILE) from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be used ({error}). Nothing was changed. Migrate, or try again.") from error
        finally:
            if on_terminal:
                sys.stderr.write("\r\033[K")
        if self.moves_figures and not dry_run:
            note_drift(f"Import of {file.name}", now=timezone.now())
        self.stdout.write(_as_json(report) if json else self._in_words(report, dry_run=dry_run))

    def _in_words(self, report: TableReport, *, dry_run: bool) -> str:
        counts = f"{report.created:,} created, {report.updated:,} updated, {report.unchanged:,} unchanged"
        lines = ["This is what the import would do; nothing was changed."] if dry_run else []
        lines.append(f"{self.rows}: {counts}{f', {report.closed:,} closed' if report.closed else ''}.")
        lines += [f"{name.replace('_', ' ').capitalize()}: {number:,}." for name, number in report.beside.items() if number]
        lines += [f"Ignored, {reason}: {number:,}." for reason, number in sorted(report.ignored_because.items())]
        lines += [f"Refused, line {problem.line}, {problem.id or 'no number'}: {problem.reason}" for problem in report.refused]
        lines += [f"Note, line {problem.line}, {problem.id}: {problem.reason}" for problem in report.left_out]
        return "\n".join(lines)


def _as_json(report: TableReport) -> str:
    return json.dumps(report.as_json(), ensure_ascii=False)
