"""`manage.py send_messages`: try again what could not be delivered; run it every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.messages.actions import deliver_due


class Command(BaseCommand):
    """Delivers every message that is due."""

    help = "Delivers the messages in the outbox that are due: the never tried, and the failed whose next try has come."

    def handle(self, *_: Any, **__: Any) -> None:
        """Deliver and say how many went and how many wait."""
        sent, waiting = deliver_due(timezone.now())
        self.stdout.write(f"{sent} sent, {waiting} waiting.")
