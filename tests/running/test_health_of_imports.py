"""The look at imports calls one dead that stands still, and none that a worker is at or comes to."""

from datetime import timedelta

import pytest

from schools import models
from schools.accounts.models import Role
from schools.running.actions import beat, forget
from tests.factories import user_with
from tests.running.test_health import NOW, faults, sentence
from tests.running.test_killed import task

pytestmark = pytest.mark.django_db


def silent_import(minutes: int) -> models.ImportRun:
    """An import that is being read, without a sign of life for so long."""
    by = user_with(Role.MANAGER)
    return models.ImportRun.objects.create(
        register="rolls", file_name="rolls.csv", state="reading", seen_at=NOW - timedelta(minutes=minutes), asked_by=by,
        asked_at=NOW, day=NOW.date(),
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "is_fault"), [(4, False), (6, True)])
def test_an_import_that_stands_still_is_a_fault(minutes: int, *, is_fault: bool) -> None:
    silent_import(minutes)
    assert faults() == ({"imports"} if is_fault else set())


@pytest.mark.parametrize("status", ["RUNNING", "READY"])
def test_an_import_is_no_fault_while_a_worker_that_lives_is_at_it_or_comes_to_it(status: str) -> None:
    """It shows no sign of life while it works out which figures move, nor while it waits for another."""
    run = silent_import(6)
    task(NOW, status=status, args=(run.pk, run.attempt))
    assert faults() == {"imports"}
    beat("heavy-1", "heavy", now=NOW)
    assert not faults()
    forget("heavy-1")
    assert faults() == {"imports"}
    assert "1 import stood still for five minutes." in sentence("imports")
