"""`manage.py import_schools FILE`: schools and authorities from a national register."""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from schools.core.tables import UnreadableTable
from schools.directory.actions import (
    LinkReport,
    NotThisRegister,
    RegisterReport,
    RollCounts,
    academic_year_of_file,
    day_in_name,
    import_register,
    place_in_fifths,
    place_schools,
    preview_register,
)
from schools.directory.actions.reading import no_progress
from schools.directory.registers import REGISTERS
from schools.management.commands._tables import UNUSABLE_FILE, day_argument, show_progress
from schools.reach.actions.drift import note_drift
from schools.volunteers.actions import place_homes


class Command(BaseCommand):
    """Imports a register of schools; a second import of the same file changes nothing."""

    help = "Imports schools and their authorities from a national register: .csv, .csv.gz, .zip, .xlsx or .ods."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments, a public interface: others script against them."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--register", choices=list(REGISTERS), default="gias", help="Which register it is (default: gias).")
        parser.add_argument(
            "--day",
            type=day_argument,
            metavar="YYYY-MM-DD",
            help="The day that the file speaks of: what is stored of a later day stays (default: the date in the file's "
            "name, else the first day of the school year in it, else today). Pupils by year group are of this day's school year.",
        )
        parser.add_argument(
            "--links", type=Path, metavar="FILE", help="The register's file of links: which school followed which (gias alone)."
        )
        parser.add_argument(
            "--complete",
            action="store_true",
            help="The file is the whole register of its nation: mark and list the schools that it lacks; none is closed.",
        )
        parser.add_argument(
            "--authority-column", default="", metavar="NAME", help="The column that names the authority (northern-ireland alone)."
        )
        parser.add_argument("--dry-run", action="store_true", help="Tell what would change, and change nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(
        self,
        *_: Any,
        file: Path,
        register: str,
        links: Path | None,
        complete: bool,
        authority_column: str,
        day: date | None,
        dry_run: bool,
        json: bool,
        **__: Any,
    ) -> None:
        """Import or preview the register, and print the report."""
        # Longer than 40 lines only because of its many arguments.
        now = timezone.now()
        today = timezone.localdate(now)
        if day and day > today:
            raise CommandError(
                "--day lies in the future. A register says what is so already; import it on that day.", returncode=2
            )
        progress = show_progress if sys.stderr.isatty() else no_progress
        try:
            day = day or day_in_name(file.name, today=today)
            year = academic_year_of_file(file.name, day=day, today=today)
            act: Callable[..., RegisterReport] = preview_register if dry_run else partial(import_register, now=now)
            report = act(
                file,
                register=register,
                links=links,
                complete=complete,
                day=day or (year.first_day if year else today),
                roll_year=year,
                authority_column=authority_column,
                progress=progress,
            )
        except (UnreadableTable, NotThisRegister) as error:
            raise CommandError(" ".join(str(error).split()), returncode=UNUSABLE_FILE) from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be used ({error}). Nothing was changed. Migrate, or try again.") from error
        finally:
            if progress is show_progress:
                sys.stderr.write("\r\033[K")
        if not dry_run and (report.created or report.updated):
            place_schools(now=now)
            place_in_fifths()
            # A home whose postcode is in no list is placed in the middle of the schools around it.
            place_homes()
        if not dry_run:
            note_drift(f"Import of {file.name}", now=now)
        self.stdout.write(_as_json(report) if json else _in_words(report, dry_run=dry_run))


def _as_json(report: RegisterReport) -> str:
    return json.dumps(report.as_json(), ensure_ascii=False)


def _in_words(report: RegisterReport, *, dry_run: bool) -> str:
    lines = [
        f"Schools: {report.created:,} created, {report.updated:,} updated, {report.unchanged:,} unchanged.",
        f"Of the updated, {report.closed:,} closed and {report.authority_changed:,} are in another authority.",
        f"Authorities: {report.authorities_created:,} created. Areas: {report.areas_created:,} created.",
        *(f"Ignored, {reason}: {number:,}." for reason, number in sorted(report.ignored_because.items())),
        *(f"Refused, line {item.line}, {item.id or 'no number'}: {item.reason}" for item in report.refused),
        *(f"Left out, line {item.line}, {item.id}: {item.reason}" for item in report.left_out),
        *(f"Missing since {item.since:%-d %B %Y}, {item.id}: {item.name}." for item in report.missing or ()),
        *(_links_in_words(report.links) if report.links else ()),
        *((_rolls_in_words(report.rolls),) if report.rolls else ()),
        *((_read_again_in_words(report.read_again),) if report.read_again else ()),
    ]
    if dry_run:
        lines.insert(0, "This is what the import would do; nothing was changed.")
    return "\n".join(lines)


def _links_in_words(report: LinkReport) -> list[str]:
    return [
        f"Links: {report.created:,} created, {report.updated:,} updated, {report.unchanged:,} unchanged.",
        f"Links to schools that are not ours: {len(report.unknown):,}.",
        *(f"Links ignored, {reason}: {number:,}." for reason, number in sorted(report.ignored_because.items())),
        *(f"Link refused, line {problem.line}, {problem.id or 'no number'}: {problem.reason}" for problem in report.refused),
    ]


def _read_again_in_words(newest: date) -> str:
    return (
        f"The schools created are of before the register of {newest:%-d %B %Y}: import that once more, for what became of them."
    )


def _rolls_in_words(report: RollCounts) -> str:
    counts = f"{report.created:,} created, {report.updated:,} updated, {report.unchanged:,} unchanged"
    older = f", {report.ignored:,} older than what is stored" if report.ignored else ""
    return f"Pupils by year group, of {report.academic_year}: {counts}{older}."
