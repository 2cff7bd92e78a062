"""`manage.py worker QUEUE`: works off one queue of background tasks; to be kept running, as many times as one likes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from schools.running.garbage import search_seldom
from schools.running.worker import LastingWorker


class Command(BaseCommand):
    """Runs until it is told to stop; the task that runs then is finished first."""

    help = "Works off one queue of background tasks: mail, or what is heavy (imports)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the queue."""
        parser.add_argument("queue", choices=settings.TASK_QUEUES)

    def handle(self, *_: Any, queue: str, **__: Any) -> None:
        """Work."""
        search_seldom()
        worker = LastingWorker(queue, clock=timezone.now)
        worker.configure_signals()
        worker.run()
