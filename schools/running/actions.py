"""Signs of life, and which clock does which periodic job: all by single statements, so that several clocks never meet."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings

from schools.core.clocks import Clock
from schools.running.models import SILENCE, PeriodicJob, SignOfLife
from schools.running.schedules import Schedule

KILLED = "It was not finished: its clock was killed, or lost the database."
WORKER_DIED = "Its worker was killed, or lost the database."
LONGEST_PAUSE = timedelta(hours=1)
KEPT = timedelta(days=1)
"""How long the sign of life of a process that has died is kept, for the office's page."""


@dataclass(frozen=True)
class Job:
    """One kind of periodic work. It must be safe to run twice, and at the same time as itself."""

    name: str
    words: str
    """What it does, as the office shows it: “Mail that waits is sent”."""
    schedule: Schedule
    run: Callable[[Clock], str]
    """Does the work and returns what it did, in a few words."""


def new_name(process: str) -> str:
    """Return a name for this life of a process that no other has."""
    return f"{process}-{uuid4()}"


def beat(name: str, process: str, *, now: datetime) -> None:
    """Write down that the process lives."""
    values = {"process": process, "machine": socket.gethostname()[:200], "started_at": now}
    SignOfLife.objects.update_or_create(name=name, defaults={"seen_at": now}, create_defaults=values | {"seen_at": now})


def forget(name: str) -> None:
    """Take back the sign of life of a process that ends."""
    SignOfLife.objects.filter(name=name).delete()


def keep_jobs(jobs: Iterable[Job], *, now: datetime) -> None:
    """Make a row for each new job, due now. Where the machine's time was set back, no job waits longer than its schedule says."""
    rows = {row.name: row for row in PeriodicJob.objects.all()}
    for job in jobs:
        if job.name not in rows:
            PeriodicJob.objects.get_or_create(name=job.name, defaults={"due_at": now})
        elif rows[job.name].due_at > (latest := job.schedule.after(now)):
            PeriodicJob.objects.filter(name=job.name, due_at__gt=latest).update(due_at=latest)


def take(job: Job, row: PeriodicJob, *, by: str, now: datetime) -> bool:
    """Take the job for the clock; False when another clock was quicker. What was missed before is caught up by this one run."""
    mine = PeriodicJob.objects.due(now=now).filter(pk=row.pk, due_at=row.due_at)
    return mine.update(taken_by=by, started_at=now, seen_at=now, finished_at=None, due_at=job.schedule.after(now)) == 1


def still_at_it(names: Iterable[str], *, by: str, now: datetime) -> None:
    """Write down that the clock still runs these jobs."""
    PeriodicJob.objects.filter(name__in=list(names), taken_by=by).update(seen_at=now)


def finish(job: Job, *, by: str, outcome: str, now: datetime, well: bool) -> None:
    """Write down how the run ended; nothing where the job was taken away from the clock meanwhile."""
    row = PeriodicJob.objects.filter(name=job.name, taken_by=by).first()
    if row is None:
        return
    if well:
        values: dict[str, object] = {"failures": 0, "well_at": now}
    else:
        values = _failed(row, now=now)
    PeriodicJob.objects.filter(pk=row.pk, taken_by=by).update(taken_by="", finished_at=now, outcome=outcome, **values)


MOST_FAILURES = 30_000
"""More failures than these are not told apart: they would not fit into the column of the database."""


def _failed(row: PeriodicJob, *, now: datetime) -> dict[str, object]:
    """Return what is written of a run that did not end well: it is tried again at once, then later and later."""
    pause = min(timedelta(minutes=2 ** min(row.failures, 10) - 1), LONGEST_PAUSE)
    return {"failures": min(row.failures + 1, MOST_FAILURES), "due_at": min(row.due_at, now + pause)}


def free_silent_jobs(*, now: datetime) -> int:
    """Free the jobs whose clock has died, so that a clock runs them again; return how many."""
    freed = 0
    for row in PeriodicJob.objects.silent(now=now):
        mine = PeriodicJob.objects.filter(pk=row.pk, taken_by=row.taken_by, seen_at=row.seen_at)
        freed += mine.update(taken_by="", finished_at=now, outcome=KILLED, **_failed(row, now=now))
    return freed


def end_dead_tasks(*, now: datetime) -> int:
    """Write down of each background task whose worker has died that it failed; return how many.

    A task is only a nudge to do at once what stands in our own tables. So it is not run again: the job that looks after those
    tables (mail that waits, imports that nobody works on) takes up what it left.
    """
    alive = set(SignOfLife.objects.fresh(now=now).values_list("name", flat=True))
    ended = 0
    for task in _tasks().filter(status="RUNNING", started_at__lt=now - SILENCE).only("pk", "worker_ids"):
        if not alive & set(task.worker_ids[-1:]):
            dead = _tasks().filter(pk=task.pk, status="RUNNING", worker_ids=task.worker_ids)
            ended += dead.update(status="FAILED", finished_at=now, traceback=WORKER_DIED)
    return ended


def has_nudge(task_path: str, args: list[object], *, now: datetime) -> bool:
    """Return whether a task with these arguments waits for a worker, or a worker that lives is at it."""
    # A queue that an earlier version had is worked off by nobody.
    waiting = _tasks().filter(task_path=task_path, status="READY", queue_name__in=settings.TASK_QUEUES)
    return _has(waiting, args) or is_worked_on(task_path, args, now=now)


def is_waiting(task_path: str, args: list[object], *, now: datetime) -> bool:
    """Return whether a task with these arguments waits in a queue that a worker works off which lives: it gets its turn."""
    # A worker is a process of the name of its queue.
    alive = SignOfLife.objects.fresh(now=now).values("process")
    return _has(_tasks().filter(task_path=task_path, status="READY", queue_name__in=alive), args)


def _has(tasks: Any, args: list[object]) -> bool:
    return any(task.args_kwargs["args"] == args for task in tasks.only("args_kwargs"))


def is_worked_on(task_path: str, args: list[object], *, now: datetime) -> bool:
    """Return whether a worker that lives is at a task with these arguments."""
    alive = set(SignOfLife.objects.fresh(now=now).values_list("name", flat=True))
    begun = _tasks().filter(task_path=task_path, status="RUNNING", queue_name__in=settings.TASK_QUEUES)
    return any(task.args_kwargs["args"] == args and alive & set(task.worker_ids[-1:]) for task in begun)


def tidy_up(jobs: Iterable[Job], *, now: datetime) -> None:
    """Remove signs of life of processes that died long ago, and jobs that this version lacks."""
    SignOfLife.objects.filter(seen_at__lt=now - KEPT).delete()
    PeriodicJob.objects.free().exclude(name__in=[job.name for job in jobs]).delete()


def _tasks() -> Any:
    """Return the background tasks of the queue in the database."""
    return apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
