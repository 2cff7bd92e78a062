"""`manage.py import_sessions FILE`: past and planned sessions from a spreadsheet, all or nothing."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import reset_queries
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.core.tables import UnreadableTable
from schools.visits.session_files.importing import SessionImport, check_sessions, import_sessions


class Command(BaseCommand):
    """Stores the sessions of a file, or lists every bad line and stores nothing."""

    help = (
        "Stores the past and planned sessions of FILE (.csv, .csv.gz, .zip, .xlsx, .ods; the columns that export_sessions "
        "writes): all, or nothing. Exit 1: bad lines, each listed; 2: not such a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file, the dry run and the form of the report."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, file: Path, dry_run: bool, json: bool, **__: Any) -> None:
        """Import or check the file, and print the result."""
        now = timezone.now()
        try:
            if dry_run:
                result = check_sessions(file, on=timezone.localdate(now), progress=self._progress)
            else:
                result = import_sessions(file, now=now, progress=self._progress)
        except UnreadableTable as error:
            raise CommandError(str(error), returncode=2) from error
        except RuleBroken as error:
            raise CommandError(" ".join(error.reasons)) from error
        if json:
            self.stdout.write(as_json(result))
        else:
            for refusal in result.refused:
                self.stderr.write(f"line {refusal.line} ({refusal.id or 'no visit'}): {refusal.reason}")
        if result.refused:
            raise CommandError(nothing_stored(len({refusal.line for refusal in result.refused})))
        if not json:
            self.stdout.write(in_words(result, dry_run=dry_run))

    def _progress(self, step: str, done: int) -> None:
        # With DEBUG Django keeps every statement in memory, and a batch is a long statement.
        reset_queries()
        if self.stderr.isatty():
            self.stderr.write(f"\r{step} {done:,} sessions", ending="\r")


def nothing_stored(lines: int) -> str:
    """Return the last line of the output when so many lines are bad."""
    bad = "1 line is bad" if lines == 1 else f"{lines:,} lines are bad"
    return f"Nothing was stored: {bad}. Mend the file and import the whole of it again."


def in_words(result: SessionImport, *, dry_run: bool) -> str:
    """Return what a good file did, or would do, and what is worth a look."""
    would = "would be created" if dry_run else "created"
    lines = [f"{result.created:,} sessions {would}, {result.unchanged:,} unchanged."]
    for note in result.notes:
        where = f", line {note.line} ({note.id})" if note.line else ""
        lines.append(f"Note{where}: {note.reason}")
    return "\n".join(lines)


def as_json(result: SessionImport) -> str:
    """Return the object that every import prints, with its notes; sessions are never updated, closed or ignored."""
    counts = {"created": result.created, "updated": 0, "unchanged": result.unchanged, "closed": 0, "ignored": 0}
    lists = {"refused": [*map(asdict, result.refused)], "left_out": [*map(asdict, result.notes)]}
    return json.dumps({**counts, **lists}, ensure_ascii=False)
