"""`manage.py erase_again`: who was erased is erased again in a database that was restored without `manage.py restore`."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from schools.backups.actions import end_what_may_have_ended, erase_again
from schools.backups.counters import skip_numbers


class Command(BaseCommand):
    """Erases again whom the list names since a moment, and signs everybody out."""

    help = "Erase again whom the list of erasures names since the moment from which the restored database is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the moment and the list of erasures."""
        parser.add_argument(
            "--since", required=True, metavar="MOMENT", help="when the backup was made, such as 2026-11-24T01:30:00+00:00"
        )
        parser.add_argument("--erasures", type=Path, metavar="FILE", help="the list of erasures (default: SPEAKOUT_ERASURES)")

    def handle(self, *, since: str, erasures: Path | None, **_: Any) -> None:
        """Erase again, and tell who was."""
        path = erasures or settings.SPEAKOUT_ERASURES
        if path is None or not path.exists():
            raise CommandError("There is no list of erasures. Name it with --erasures FILE.", returncode=2)
        now = timezone.now()
        skip_numbers(now=now)
        try:
            again, problems = erase_again(path, since=_moment(since), now=now)
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}).", returncode=2) from error
        self.stdout.write(f"{len(again):,} erased again.")
        self.stdout.write("\n".join(end_what_may_have_ended(now=now)))
        if problems:
            raise CommandError(" ".join(problems))


def _moment(text: str) -> datetime:
    """Return the moment; one without a time zone is in UTC, as the names of backups are. Raises CommandError."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"“{text}” is no moment. Write it like 2026-11-24T01:30:00+00:00.", returncode=2)
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
