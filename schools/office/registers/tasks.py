"""Background tasks of the office. Work begins in a task, so it may read the clock."""

from datetime import datetime
from functools import partial
from typing import Any

from django.tasks import task
from django.utils import timezone

from schools.directory.actions import place_in_fifths, place_schools, work
from schools.directory.actions.table_runs import write_to_look
from schools.directory.models import Area, ImportRun, RunState
from schools.office.registers.kinds import TABLES
from schools.reach.actions.drift import note_drift, what_would_move
from schools.reach.queries.moving import what_import_would_move, what_rolls_would_move
from schools.running import actions as running
from schools.volunteers.actions import place_homes

PLACING = {"postcodes", "deprivation"}
"""Tables after which schools and homes are placed again, as after each register."""

MOVING = {"areas", "authorities", "rolls"}
"""Tables that may move the figures of closed returns, as each register may."""

HEAVY_QUEUE = "heavy"
"""The queue of tasks that take minutes; it has a worker of its own, so that mail never waits for them."""


@task(queue_name=HEAVY_QUEUE)
def work_on_import(run_id: int, attempt: int) -> None:
    """Preview or apply the import.

    Then place schools and homes again, because new postcodes or schools may place one better, and note what moved closed returns.
    """
    work(run_id, attempt, clock=timezone.now, tables=TABLES, what_moves=_what_moves)
    applied = ImportRun.objects.filter(pk=run_id, attempt=attempt, state=RunState.APPLIED)
    if applied.exclude(register__in=TABLES.keys() - PLACING).exists():
        place_schools(now=timezone.now())
        place_homes()
        place_in_fifths()
    moving = applied.exclude(register__in=TABLES.keys() - MOVING).select_related("applied_by").first()
    if moving is not None:
        note_drift(f"Import of {moving.file_name}", now=timezone.now(), by=moving.applied_by)


def is_waiting(run: ImportRun, *, now: datetime) -> bool:
    """Return whether the import has waited for a while for a worker that lives and is at another import."""
    return run.is_silent(now=now) and running.is_waiting(work_on_import.module_path, [run.pk, run.attempt], now=now)


def is_seen_to(run_id: int, attempt: int, *, now: datetime) -> bool:
    """Return whether a worker that lives is at this attempt, or will be.

    While it works out which figures move, the import itself shows no sign of life, and none while it waits for its turn.
    """
    about: tuple[str, list[object]] = work_on_import.module_path, [run_id, attempt]
    # In this order, because meanwhile a worker may begin what waited.
    return running.is_waiting(*about, now=now) or running.is_worked_on(*about, now=now)


def is_left_alone(run: ImportRun, *, now: datetime) -> bool:
    """Return whether somebody should work on the import and nobody does or will: no worker runs, or one was killed."""
    return run.is_silent(now=now) and not is_seen_to(run.pk, run.attempt, now=now)


def _what_moves(run: ImportRun) -> list[str] | None:
    """Return which figures the import moves, or may move, as sentences; None where its kind moves none."""
    if run.register in TABLES.keys() - MOVING:
        return None
    if run.register not in TABLES:
        return what_import_would_move(run)
    if run.register == "rolls":
        return what_rolls_would_move(run)
    kind: Any = TABLES[run.register]  # none of MOVING is streamed
    everywhere = list(Area.objects.values_list("pk", flat=True))
    look = partial(write_to_look, run, kind, clock=timezone.now)
    return what_would_move(look, everywhere, since=None, on=timezone.localdate())
