"""Imports whose worker was killed: they are taken up again, and given back where that happens again and again."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from schools.core.row_locks import is_held
from schools.directory.actions.runs import Queue, set_going
from schools.directory.models import ImportRun, RunState
from schools.directory.models.imports import SILENCE

GIVEN_BACK_AFTER = 3
"""So many workers may be killed over one import; more would only kill more workers."""
KILLED = (
    "Whoever worked on this import was killed three times, so perhaps it is too big for the machine. Nothing was changed. "
    "Hand it in in parts, or start it again when the machine has less to do."
)


def take_up_silent(*, now: datetime, queue: Queue, is_queued: Callable[[int, int], bool]) -> tuple[int, int]:
    """Go on with the imports on which nobody works, as far as they had come; return how many, and how many were given back.

    `is_queued` says whether an attempt waits for a worker, or a worker that lives is at it: those are left alone, and so is an
    import that is being written. A worker that was only thought dead finds that a later attempt exists, and writes nothing.
    """
    silent = ImportRun.objects.filter(state__in=[RunState.READING, RunState.APPLYING], seen_at__lte=now - SILENCE)
    taken_up = given_back = 0
    for run_id, attempt in list(silent.values_list("pk", "attempt")):
        if is_queued(run_id, attempt) or is_held(ImportRun.objects.filter(pk=run_id)):
            continue
        with transaction.atomic():
            run = silent.select_for_update(no_key=True).filter(pk=run_id, attempt=attempt).first()
            if run is None:
                continue
            run.killed, run.attempt, run.seen_at = run.killed + 1, run.attempt + 1, now
            if run.killed >= GIVEN_BACK_AFTER:
                run.state, run.problem, run.applied_by = RunState.FAILED, KILLED, None
                given_back += 1
            else:
                set_going(run, queue)
                taken_up += 1
            run.save()
    return taken_up, given_back
