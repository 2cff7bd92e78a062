"""Writes the words by which schools and people are found again."""

from typing import Any

from django.core.management.base import BaseCommand

from schools.core.searchable import keep_search, rebuild_search


class Command(BaseCommand):
    """Write the words of every school, volunteer, contact and user again; needed only after SQL that was typed by hand."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them, and print for how many rows."""
        keep_search()
        self.stdout.write(f"rows: {rebuild_search():,}")
