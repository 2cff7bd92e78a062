"""`manage.py planner_settings`: whether PostgreSQL plans as Speakout's statements need it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from schools.core.planner import SETTINGS, keep_planner_settings, planner_problems


class Command(BaseCommand):
    """Compares the settings of new sessions, and writes them to the role."""

    help = "Compare the planner's settings of each database with those that Speakout needs; migrate writes them too."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the switch that writes."""
        parser.add_argument("--write", action="store_true", help="keep them with the role (ALTER ROLE … IN DATABASE … SET)")

    def handle(self, *, write: bool, **_: Any) -> None:
        """Write what differs, if asked to. Fails where something still differs."""
        if write:
            keep_planner_settings(using=DEFAULT_DB_ALIAS)
        if problems := planner_problems():
            raise CommandError(" ".join(problems))
        self.stdout.write(f"As they should be: {', '.join(f'{name} {value}' for name, value in SETTINGS.items())}.")
