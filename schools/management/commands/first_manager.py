"""`manage.py first_manager EMAIL NAME`: makes the first person who signs in and mails them a link."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from schools.volunteers.actions.onboarding import add_first_manager


class Command(BaseCommand):
    """Makes the first manager. A second call for the same address mails the same person again.

    Where nobody is a manager any more, whoever is known by the address becomes one, and may sign in again.
    """

    help = "Makes the first manager, who is mailed a link to sign in; no password is asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who it is."""
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *_: Any, email: str, name: str, **__: Any) -> None:
        """Make the manager and put the mail into the outbox."""
        try:
            validate_email(email)
            user = add_first_manager(email, name, now=timezone.now())
        except ValidationError as refusal:  # of which a broken rule is one
            raise CommandError(" ".join(refusal.messages), returncode=2) from refusal
        self.stdout.write(f"{user.name} is the first manager. A mail to {user.email} says how to sign in.")
