"""`manage.py publish`: publish a period that is over, and write what was published into a folder."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.reach.actions.publishing import (
    Preview,
    bundle_of,
    preview_publication,
    publish,
    words_of_earlier,
    words_of_missing,
)  # fmt: skip
from schools.reach.bundles import write_folder
from schools.reach.models import Publication


class Command(BaseCommand):
    """Publishes what the page of the office publishes; a period that was published before is written again as it was."""

    help = "Round the numbers of a period that is over, for ever, and write its public files into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the period, the folder, and the number of missing outcomes to which one agrees."""
        parser.add_argument("period", metavar="PERIOD", help="whole months: 2025/26, FY2025 or 2025-08-01..2025-12-31")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a folder that is not there yet")
        parser.add_argument("--despite-missing", type=int, default=0, metavar="N", help="publish although N outcomes are missing")

        parser.add_argument(
            "--despite-no-room",
            type=int,
            default=0,
            metavar="N",
            help="publish although N pupils have no room in it",
        )

    def handle(self, *, period: str, output: Path, despite_missing: int, despite_no_room: int, **_: Any) -> None:
        """Publish and write; nothing is published where the folder cannot be written."""
        try:
            days = Period.parse(period)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            msg = f"{output} is there already. Nothing was published; name a new folder with -o."
            raise CommandError(msg, returncode=2)
        if not output.resolve().parent.is_dir():
            msg = f"{output.parent} is no folder. Nothing was published; make it first, or name another with -o."
            raise CommandError(msg, returncode=2)
        publication = self._published(days, despite_missing, despite_no_room)
        try:
            write_folder(bundle_of(publication), output)
        except OSError as error:
            msg = f"{output} cannot be written: {error.strerror or error}. It is published; run this again with another -o."
            raise CommandError(msg, returncode=2) from error
        self.stdout.write(f"{output}: what was published of {publication}. SHA-256 of its checksums: {publication.digest}")

    def _published(self, period: Period, despite_missing: int, despite_no_room: int) -> Publication:
        now = timezone.now()
        preview = preview_publication(period, by=None, now=now)
        if preview.publication:
            self.stdout.write(words_of_earlier(preview.publication))
            return preview.publication
        if not preview.reasons and preview.unreported.sessions > despite_missing and self._agrees(preview):
            despite_missing = preview.unreported.sessions
        try:
            return publish(period, by=None, now=now, despite_missing=despite_missing, despite_no_room=despite_no_room)
        except RuleBroken as broken:
            hint = (
                f" With --despite-missing {preview.unreported.sessions} it is published without them."
                if preview.unreported.sessions
                else ""
            )
            if preview.no_room:
                hint += f" With --despite-no-room {sum(place.pupils for place in preview.no_room)} it leaves these pupils out."
            raise CommandError(f"{' '.join(broken.reasons)} Nothing was published.{hint}", returncode=2) from broken

    def _agrees(self, preview: Preview) -> bool:
        """Ask on a terminal; a script has to say the number."""
        if not sys.stdin.isatty():
            return False
        self.stdout.write(words_of_missing(preview.period, preview.unreported))
        return input("Publish without them? [y/N] ").strip().lower() in {"y", "yes"}
