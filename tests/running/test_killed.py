"""What a killed worker was doing is taken up again, and given back with a line on home where it kills worker after worker."""

from datetime import datetime, timedelta

import pytest
from django.apps import apps

from schools.directory.actions.killed import GIVEN_BACK_AFTER, take_up_silent
from schools.directory.models import ImportRun, RunState
from schools.office.registers.tasks import work_on_import
from schools.running.actions import WORKER_DIED, beat, end_dead_tasks, forget, has_nudge, is_waiting, is_worked_on
from tests.factories import manager

pytestmark = pytest.mark.django_db

LONG = timedelta(minutes=5)


class Queue:
    """What was queued, and whether an attempt is still in the queue."""

    def __init__(self) -> None:
        self.nudges: list[tuple[int, int]] = []
        self.waiting: set[tuple[int, int]] = set()

    def __call__(self, run_id: int, attempt: int) -> None:
        self.nudges.append((run_id, attempt))

    def is_queued(self, run_id: int, attempt: int) -> bool:
        return (run_id, attempt) in self.waiting


def import_run(now: datetime, **fields: object) -> ImportRun:
    return ImportRun.objects.create(
        **{"register": "gias", "file_name": "gias.csv", "day": now.date(), "asked_at": now, "seen_at": now, **fields}
    )


def take_up(queue: Queue, now: datetime) -> tuple[int, int]:
    return take_up_silent(now=now, queue=queue, is_queued=queue.is_queued)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [RunState.READING, RunState.APPLYING])
def test_an_import_on_which_nobody_works_goes_on_where_it_was(now: datetime, state: RunState) -> None:
    queue, by = Queue(), manager()
    run = import_run(now, state=state, applied_by=by if state == RunState.APPLYING else None)
    assert take_up(queue, now + timedelta(seconds=59)) == (0, 0)
    assert take_up(queue, now + LONG) == (1, 0)
    assert queue.nudges == [(run.pk, 2)]
    run.refresh_from_db()
    assert (run.state, run.attempt, run.killed, run.seen_at) == (state, 2, 1, now + LONG)
    assert take_up(queue, now + LONG) == (0, 0), "twice at once does nothing"


@pytest.mark.django_db(transaction=True)
def test_an_import_that_waits_for_a_worker_is_left_alone(now: datetime) -> None:
    queue = Queue()
    queue.waiting.add((import_run(now).pk, 1))
    assert take_up(queue, now + LONG) == (0, 0)


@pytest.mark.parametrize("state", [RunState.READY, RunState.APPLIED, RunState.FAILED, RunState.ABANDONED])
def test_an_import_that_needs_no_worker_is_left_alone(now: datetime, state: RunState) -> None:
    import_run(now, state=state, applied_at=now if state == RunState.APPLIED else None)
    assert take_up(Queue(), now + LONG) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_kills_every_worker_is_given_back(now: datetime) -> None:
    queue = Queue()
    run = import_run(now, state=RunState.APPLYING, applied_by=manager())
    answers = [take_up(queue, now + number * LONG) for number in range(1, 5)]
    assert answers == [(1, 0), (1, 0), (0, 1), (0, 0)]
    run.refresh_from_db()
    assert (run.state, run.killed, run.applied_by) == (RunState.FAILED, GIVEN_BACK_AFTER, None)
    assert "Hand it in in parts" in run.problem


def task(
    now: datetime, *, status: str = "RUNNING", worker: str = "heavy-1", args: tuple[int, int] = (7, 1), queue: str = "heavy"
) -> object:
    tasks = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    return tasks.create(
        status=status, started_at=now, worker_ids=[worker], args_kwargs={"args": list(args), "kwargs": {}},
        task_path=work_on_import.module_path, queue_name=queue, backend_name="default", run_after=now,
        exception_class_path="", traceback="",
    )  # fmt: skip


def statuses() -> list[tuple[str, str]]:
    tasks = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    return list(tasks.order_by("enqueued_at").values_list("status", "traceback"))


def test_a_task_is_ended_only_where_its_worker_has_died(now: datetime) -> None:
    task(now)
    beat("heavy-1", "heavy", now=now)
    later = now + LONG
    beat("heavy-1", "heavy", now=later)
    assert end_dead_tasks(now=later) == 0, "a task may take minutes while its worker lives"
    assert has_nudge(work_on_import.module_path, [7, 1], now=later)
    assert not has_nudge(work_on_import.module_path, [7, 2], now=later)
    assert is_worked_on(work_on_import.module_path, [7, 1], now=later)
    forget("heavy-1")
    assert not has_nudge(work_on_import.module_path, [7, 1], now=later)
    assert end_dead_tasks(now=later) == 1
    assert statuses() == [("FAILED", WORKER_DIED)]
    assert end_dead_tasks(now=later) == 0


def test_a_task_that_was_just_taken_or_waits_is_left_alone(now: datetime) -> None:
    task(now)
    task(now, status="READY", args=(8, 1))
    assert end_dead_tasks(now=now + timedelta(seconds=30)) == 0
    assert has_nudge(work_on_import.module_path, [8, 1], now=now + LONG)
    assert not is_worked_on(work_on_import.module_path, [8, 1], now=now + LONG), "it waits: perhaps no worker runs"
    beat("mail-1", "mail", now=now + LONG)
    assert not is_waiting(work_on_import.module_path, [8, 1], now=now + LONG), "none works this queue off"
    beat("heavy-2", "heavy", now=now + LONG)
    assert is_waiting(work_on_import.module_path, [8, 1], now=now + LONG)
    assert not is_waiting(work_on_import.module_path, [7, 1], now=now + LONG), "it was begun"
    assert not is_waiting(work_on_import.module_path, [8, 1], now=now + 2 * LONG), "the worker has died meanwhile"


def test_a_task_in_a_queue_that_nobody_works_off_is_no_nudge(now: datetime) -> None:
    """The version before had one queue for all; what waits in it when a machine is upgraded is taken up all the same."""
    task(now, status="READY", queue="default")
    assert not has_nudge(work_on_import.module_path, [7, 1], now=now)
