"""`manage.py send_messages`: delivers messages that are due; the clock does it every half minute."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.messages.actions import deliver_due


class Command(BaseCommand):
    """Delivers every message that is due."""

    help = "Delivers the messages in the outbox that are due: the never tried, and the failed whose next try has come."

    def handle(self, *_: Any, **__: Any) -> None:
        """Deliver, and print how many were sent and how many wait."""
        sent, waiting = deliver_due(clock=timezone.now)
        self.stdout.write(f"{sent} sent, {waiting} waiting.")
