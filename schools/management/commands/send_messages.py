"""`manage.py send_messages`: asks every kind of message what is due, and delivers; the clock does both again and again."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from schools.messages.actions import deliver_due
from schools.messages.asking import KindsBroke, write_due
from schools.planning.actions import offer_due

EVERY = 30
"""The seconds between two deliveries beside the demo."""


class Command(BaseCommand):
    """Writes and delivers every message that is due."""

    help = (
        "Writes the messages that follow from what is stored and should have gone out by now, and delivers those in the outbox "
        "that are due: the never tried, and the failed whose next try has come."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option."""
        parser.add_argument(
            "--beside",
            type=int,
            metavar="PID",
            help="for the demo, which has no clock: offer what was given back to the next person and deliver what waits in the "
            "outbox, again and again, until this process ends, which has to be the one that starts the command; no kind is asked",
        )

    def handle(self, *_: Any, beside: int | None, **__: Any) -> None:
        """Ask, deliver, and print how many were sent and how many wait. Raises CommandError where a kind of message broke."""
        if beside is not None:
            self._deliver_beside(beside)
            return
        problem: KindsBroke | None = None
        try:
            write_due(clock=timezone.now)
        except KindsBroke as broken:
            problem = broken
        sent, waiting = deliver_due(clock=timezone.now)
        self.stdout.write(f"{sent} sent, {waiting} waiting.")
        if problem:
            raise CommandError(str(problem)) from problem

    def _deliver_beside(self, process: int) -> None:
        """Deliver what waits, as long as the process that started this one runs: one that ends leaves its children to another."""
        seconds = 0
        while os.getppid() == process:
            if seconds % EVERY == 0:
                try:
                    offer_due(now=timezone.now())
                    deliver_due(clock=timezone.now)
                except OperationalError as error:  # the embedded database is busy: the next time will do
                    self.stderr.write(f"Nothing was sent just now: {error}")
            time.sleep(1)
            seconds += 1
