"""`manage.py send_reach`: mails the figures to those who asked for them; the clock does it, once a month each."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.reach.actions import send_monthly


class Command(BaseCommand):
    """Writes the mail about the last whole month to each subscriber; a second run writes none."""

    help = "Mails the sentence, the table and the CSV of the school year so far to those who asked for it, once a month each."

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the mails, and print how many were written."""
        written, known = send_monthly(now=timezone.now())
        self.stdout.write(f"{written} written, {known} had it already.")
