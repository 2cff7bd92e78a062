"""`manage.py locked_out EMAIL …`: asks that somebody is let in again, where no manager can; two people have to agree."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from schools.accounts.identity import Check
from schools.accounts.models import User
from schools.recovery.actions import ask
from schools.recovery.models import Lost, Why
from schools.recovery.rules import Wish


class Command(BaseCommand):
    """Asks, and does nothing else: a shell alone lets nobody in."""

    help = "Asks that somebody who is locked out is let in again. Two managers or trustees have to agree, and a wait follows."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who it is, what they lost, why, and by which two steps they were known."""
        parser.add_argument("email", help="the address with which they sign in")
        parser.add_argument("--lost", required=True, choices=Lost.values)
        parser.add_argument("--why", required=True, choices=Why.values)
        parser.add_argument(
            "--known-by", required=True, nargs=2, choices=Check.values, metavar="STEP", help="two different steps"
        )
        parser.add_argument("--new-email", default="", help="where the address was lost")

    def handle(self, *_: Any, email: str, lost: str, why: str, known_by: list[str], new_email: str, **__: Any) -> None:
        """Ask, and say who has to agree."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {email}. Give the address that they had before.", returncode=2)
        wish = Wish(lost, why, known_by[0], known_by[1], new_email.strip().lower())
        try:
            if new_email:
                validate_email(wish.new_email)
            recovery = ask(user, wish, by=None, now=timezone.now())
        except ValidationError as refusal:  # of which a broken rule is one
            raise CommandError(" ".join(refusal.messages), returncode=2) from refusal
        self.stdout.write(
            f"Asked, as number {recovery.pk}. {recovery.needs} managers or trustees have to agree. All of them were mailed, "
            f"and so was {user.email}, where it can be stopped."
        )
