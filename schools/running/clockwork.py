"""The clock: runs every periodic job when it is due, each in a thread of its own, and outlives a restart of the database."""

import logging
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from time import monotonic

from django.db import connections

from schools.core.clocks import Clock
from schools.core.patience import DATABASE_AWAY, patiently
from schools.running.actions import Job, beat, finish, forget, free_silent_jobs, keep_jobs, new_name, still_at_it, take
from schools.running.models import PeriodicJob

logger = logging.getLogger(__name__)

TICK = 5.0
"""Seconds between two looks at what is due; much less than the silence after which a clock counts as dead."""
ENDS_WITHIN = 60.0
"""Seconds that jobs may still take when the clock is told to stop."""
DATABASE_WITHIN = 60 * 60.0
"""Seconds for which the end of a run waits to be written down while the database is away."""


class Clockwork:
    """Looks at the table of jobs again and again. Several clocks may run, on several machines: each job is taken by one."""

    def __init__(self, jobs: Sequence[Job], *, clock: Clock) -> None:
        self.name = new_name("clock")
        self.jobs = {job.name: job for job in jobs}
        self.clock = clock
        self.stopping = threading.Event()
        self._running: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """Work until `stopping` is set; then wait a while for the jobs that still run."""
        while not self.stopping.is_set():
            try:
                self.tick()
            except DATABASE_AWAY as error:
                logger.warning("The clock waits for the database: %s", error)
                connections.close_all()
            self.stopping.wait(TICK)
        ends = monotonic() + ENDS_WITHIN
        for thread in list(self._running.values()):
            thread.join(max(0.0, ends - monotonic()))
        self.leave()

    def leave(self) -> None:
        """Take back the sign of life."""
        forget(self.name)

    def tick(self) -> None:
        """Say that this clock and its jobs live, free what dead clocks left, and start what is due."""
        for job in self.take_due():
            thread = threading.Thread(target=self._run_apart, args=(job,), name=job.name, daemon=True)
            self._running[job.name] = thread
            thread.start()

    def take_due(self) -> Iterator[Job]:
        """Take the jobs that are due. Each is given to the caller, who runs it, before the next is taken.

        Where the database goes away between two of them, what was taken is run, and does not wait until its clock counts as dead.
        """
        now = self.clock()
        self._running = {name: thread for name, thread in self._running.items() if thread.is_alive()}
        beat(self.name, "clock", now=now)
        still_at_it(self._running, by=self.name, now=now)
        free_silent_jobs(now=now)
        keep_jobs(self.jobs.values(), now=now)
        due = [row for row in PeriodicJob.objects.due(now=now) if row.name in self.jobs and row.name not in self._running]
        for row in due:
            if take(self.jobs[row.name], row, by=self.name, now=now):
                yield self.jobs[row.name]

    def run_job(self, job: Job) -> None:
        """Run a job that was taken, and write down how it ended."""
        try:
            outcome, well = job.run(self.clock), True
        except Exception as error:
            logger.exception("The job %s failed", job.name)
            outcome, well = f"{type(error).__name__}: {error}", False
        ended = partial(finish, job, by=self.name, outcome=outcome, now=self.clock(), well=well)
        patiently(ended, seconds=DATABASE_WITHIN)

    def _run_apart(self, job: Job) -> None:
        try:
            self.run_job(job)
        finally:
            connections.close_all()
