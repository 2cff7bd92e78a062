"""`manage.py send_offers`: ask the next person for mornings that were given back; run it every quarter of an hour."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.planning.actions import offer_due


class Command(BaseCommand):
    """Sends every offer that is due; a second run at once asks nobody twice."""

    help = "Offers mornings that were given back to the next person, in areas that switched auto offers on."

    def handle(self, *_: Any, **__: Any) -> None:
        """Ask, and say of how many mornings."""
        asked = offer_due(now=timezone.now())
        self.stdout.write(f"{asked} {'morning' if asked == 1 else 'mornings'} offered to the next person.")
