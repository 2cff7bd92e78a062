"""`manage.py send_offers`: asks the next person about mornings that were given back; the clock does it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.planning.actions import offer_due


class Command(BaseCommand):
    """Sends every offer that is due; a second run right after it asks nobody twice."""

    help = "Offers mornings that were given back to the next person, in areas that switched auto offers on."

    def handle(self, *_: Any, **__: Any) -> None:
        """Send the offers, and print how many mornings were offered."""
        mornings = offer_due(now=timezone.now())
        self.stdout.write(f"{mornings} {'morning' if mornings == 1 else 'mornings'} offered to the next person.")
