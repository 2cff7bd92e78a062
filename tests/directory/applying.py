"""What the processes of test_runs do; imported by each before Django is set up, so it imports no models by itself."""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def at_once(run_id: int, attempt: int) -> None:
    """A queue that waits for nothing."""
    worked_on(run_id, attempt)


def nobody(run_id: int, attempt: int) -> bool:
    """No worker is at it."""
    return False


def asked_to_apply(run_id: int, user_id: int) -> str:
    """Applied, or the refusal; its queue waits for nothing, so the import is applied when the answer comes."""
    from schools.core.errors import RuleBroken
    from schools.directory.actions import ask_to_apply
    from schools.models import ImportRun, User

    try:
        ask_to_apply(ImportRun.objects.get(pk=run_id), by=User.objects.get(pk=user_id), now=NOW, queue=at_once)
    except RuleBroken as broken:
        return broken.reasons[0]
    return "applied"


def worked_on(run_id: int, attempt: int) -> str:
    """What a worker does that was handed the task, perhaps not alone."""
    from schools.directory.actions import work

    work(run_id, attempt, clock=lambda: NOW)
    return ""


def writes_or_looks(what: str, run_id: int, folder: str, session: str) -> Any:
    """One of two processes that meet: the one applies a list, the other looks while it is being written."""
    return slowly_applied(run_id, folder) if what == "write" else looked_meanwhile(run_id, folder, session)


def killed_while_it_writes(run_id: int) -> None:
    """The list of postcodes applied by a worker that is killed once it has written the first rows."""
    from dataclasses import replace

    from schools.directory.actions import POSTCODES, work
    from schools.models import ImportRun

    def killed(changes: Any) -> None:
        POSTCODES.write(changes)
        os.kill(os.getpid(), signal.SIGKILL)

    run = ImportRun.objects.get(pk=run_id)
    work(run_id, run.attempt, clock=lambda: NOW, tables={"postcodes": replace(POSTCODES, write=killed)})


def slowly_applied(run_id: int, folder: str) -> tuple[str, int]:
    """The list of postcodes applied, held up while it is being written until somebody has looked; its state, and how many."""
    from dataclasses import replace

    from schools.directory.actions import POSTCODES, work
    from schools.models import ImportRun, Postcode

    def slow(changes: Any) -> None:
        POSTCODES.write(changes)
        (Path(folder) / "writing").touch()
        _wait_for(Path(folder) / "looked")

    run = ImportRun.objects.get(pk=run_id)
    work(run_id, run.attempt, clock=lambda: NOW, tables={"postcodes": replace(POSTCODES, write=slow)})
    run.refresh_from_db()
    return run.state, Postcode.objects.count()


def looked_meanwhile(run_id: int, folder: str, session: str) -> dict[str, Any]:
    """What others see and get ten minutes into the writing."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_test_environment

    from schools.core.errors import RuleBroken
    from schools.directory.actions import abandon, ask_to_apply, start_again
    from schools.directory.actions.killed import take_up_silent
    from schools.models import ImportRun, Postcode, User
    from schools.office.registers.health import look_at_imports

    setup_test_environment()
    later = NOW + timedelta(minutes=10)
    by = User.objects.get()
    _wait_for(Path(folder) / "writing")
    run = ImportRun.objects.get(pk=run_id)

    def refusal(change: Any, **options: Any) -> str:
        try:
            change(run, **options)
        except RuleBroken as broken:
            return broken.reasons[0]
        return ""

    seen = {
        "stored": Postcode.objects.count(),
        "is silent": run.is_silent(now=later),
        "is a fault": look_at_imports(later).is_fault,
        "refusals": {
            refusal(start_again, now=later, queue=at_once),
            refusal(ask_to_apply, by=by, now=later, queue=at_once),
            refusal(abandon),
        },
        "taken up": take_up_silent(now=later, queue=at_once, is_queued=lambda *_: False),
        "page": Client(headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}).get(f"/admin/imports/{run_id}/").text,
    }
    (Path(folder) / "looked").touch()
    return seen


def _wait_for(path: Path) -> None:
    """Wait until the other process has come so far."""
    for _ in range(2_000):
        if path.exists():
            return
        sleep(0.05)
    msg = f"{path.name} never came."
    raise AssertionError(msg)
