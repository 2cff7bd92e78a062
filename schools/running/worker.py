"""A worker of background tasks that says that it lives, and outlives a restart of the database."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any

from django.db import connections
from django_tasks_db.management.commands.db_worker import Worker

from schools.core.clocks import Clock
from schools.core.patience import DATABASE_AWAY, PAUSE
from schools.running.actions import beat, forget, new_name

logger = logging.getLogger(__name__)

BEAT = 15.0
"""Seconds between two signs of life; much less than the silence after which a worker counts as dead."""


class LastingWorker(Worker):
    """Works one queue off. Where the database goes away, it waits and begins anew under another name.

    What it was doing then counts as left by a dead worker: the clock takes it up (`end_dead_tasks`).
    """

    def __init__(self, queue: str, *, clock: Clock) -> None:
        self.queue, self.clock = queue, clock
        settings: dict[str, Any] = {"interval": 1, "batch": False, "backend_name": "default", "startup_delay": False}
        super().__init__(queue_names=[queue], excluded_queue_names=[], max_tasks=None, worker_id=new_name(queue), **settings)

    def run(self) -> None:
        """Work until a signal says to stop."""
        while self.running:
            self.worker_id = new_name(self.queue)
            try:
                with self._living():
                    super().run()
            except DATABASE_AWAY as error:
                logger.warning("The worker of %s waits for the database: %s", self.queue, error)
                connections.close_all()
                sleep(PAUSE)

    @contextmanager
    def _living(self) -> Iterator[None]:
        """Give signs of life from a thread of its own, because a task may take minutes."""
        beat(self.worker_id, self.queue, now=self.clock())
        ended = threading.Event()
        thread = threading.Thread(target=self._go_on_beating, args=(self.worker_id, ended), daemon=True, name="signs-of-life")
        thread.start()
        try:
            yield
        except DATABASE_AWAY:
            connections.close_all()  # the one that was lost could not take the sign back
            raise
        finally:
            ended.set()
            thread.join()  # a sign that waited for the database would come after it was taken back, of a life that is over
            with suppress(*DATABASE_AWAY):  # else it grows silent by itself
                forget(self.worker_id)

    def _go_on_beating(self, name: str, ended: threading.Event) -> None:
        while not ended.wait(BEAT):
            try:
                beat(name, self.queue, now=self.clock())
            except DATABASE_AWAY as error:
                logger.warning("The worker of %s could not say that it lives: %s", self.queue, error)
            connections.close_all()
