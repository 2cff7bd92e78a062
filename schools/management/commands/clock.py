"""`manage.py clock`: runs every periodic job when it is due; to be kept running, as many times as one likes."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from schools.office.running.jobs import JOBS
from schools.running.clockwork import Clockwork
from schools.running.garbage import search_seldom


class Command(BaseCommand):
    """Runs until it is told to stop; the jobs that run then are waited for."""

    help = "Runs every periodic job when it is due: mail that waits, killed work, offers, figures by mail, tidying up."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option."""
        parser.add_argument("--once", action="store_true", help="run what is due, one after the other, and end")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        """Run the clock."""
        search_seldom()
        clockwork = Clockwork(JOBS, clock=timezone.now)
        if once:
            for job in clockwork.take_due():
                clockwork.run_job(job)
                self.stdout.write(f"{job.name} was run.")
            clockwork.leave()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: clockwork.stopping.set())
        clockwork.run()
