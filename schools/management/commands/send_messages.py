"""`manage.py send_messages`: asks every kind of message what is due, and delivers; the clock does both again and again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.messages.actions import deliver_due
from schools.messages.asking import KindsBroke, write_due


class Command(BaseCommand):
    """Writes and delivers every message that is due."""

    help = (
        "Writes the messages that follow from what is stored and should have gone out by now, and delivers those in the outbox "
        "that are due: the never tried, and the failed whose next try has come."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Ask, deliver, and print how many were sent and how many wait. Raises CommandError where a kind of message broke."""
        problem: KindsBroke | None = None
        try:
            write_due(clock=timezone.now)
        except KindsBroke as broken:
            problem = broken
        sent, waiting = deliver_due(clock=timezone.now)
        self.stdout.write(f"{sent} sent, {waiting} waiting.")
        if problem:
            raise CommandError(str(problem)) from problem
