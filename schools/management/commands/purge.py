"""`manage.py purge`: removes what was kept long enough; the clock does it every night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.keeping.actions import Line, purge
from schools.keeping.periods import BY_NAME


class Command(BaseCommand):
    """Ends each period of docs/retention.md whose time is over, and reports."""

    help = "Removes what was kept long enough (docs/retention.md); a second run right after it finds nothing to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the choice to look only."""
        parser.add_argument("--dry-run", action="store_true", help="count what would be removed, and change nothing")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        """Purge, and print a line for each period and one for all."""
        lines = purge(clock=timezone.now, dry_run=dry_run)
        for line in lines:
            self.stdout.write(in_words(line, dry_run=dry_run))
        number = sum(line.number for line in lines)
        self.stdout.write(f"{number:,} would be removed; nothing was changed." if dry_run else f"{number:,} removed.")


def in_words(line: Line, *, dry_run: bool) -> str:
    """Return the line as it is printed: what, how long it is kept, how much of it goes, and what is left.

    The day may lie ahead, as of a link that has not expired; and of people who sign in, none counts as long as they may.
    """
    period = BY_NAME[line.period]
    words = f"{line.period} ({period.of}, {period.in_words}): {line.number:,} {'due' if dry_run else 'removed'}"
    words += f", the oldest counts from {line.oldest}" if line.oldest else ", nothing counts yet"
    if line.waiting:
        words += f", {line.waiting:,} wait for the next run"
    if line.for_managers:
        words += f", {line.for_managers:,} for a manager to decide about"
    if line.in_notes:
        words += f", {len(line.in_notes):,} named in notes that a manager looks at first"
    if line.not_done:
        words += f", not done: {', '.join(line.not_done)} (the log says why)"
    return words
