"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

import os
import signal
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def work(what_to_do: str, table: str, person_id: int, by_id: int) -> dict[str, int] | str:
    """Purge in small batches, or erase the person of the table as the office does; return what was removed, or how it went."""
    from django.apps import apps

    from schools import models
    from schools.core.errors import RuleBroken
    from schools.erasing.actions import erase
    from schools.keeping import actions

    if what_to_do == "erase":
        people: Any = apps.get_model("schools", table)
        person = people.objects.filter(pk=person_id).first()  # nobody is there where a purge was quicker
        try:
            if person is not None:
                erase(person, by=models.User.objects.get(pk=by_id), now=NOW)
        except RuleBroken:
            return "was quicker"
        return "was quicker" if person is None else "erased"
    actions.ROWS_A_BATCH = 3
    return {line.period: line.number for line in actions.purge(clock=lambda: NOW)}


def killed_in_a_batch(period: str, batches: int) -> None:
    """Purge, and be killed after so many batches of the period: the rows of the next one are gone, and nothing is committed."""
    from dataclasses import replace

    from schools.keeping import actions as purging
    from schools.keeping.ways import Part

    actions: Any = purging
    actions.ROWS_A_BATCH = 3
    done = 0

    def dying(part: Part) -> Part:
        def end(keys: Any) -> None:
            nonlocal done
            part.end(keys)
            if done == batches:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

        return replace(part, end=end)

    actions.PARTS = tuple(dying(part) if part.period.name == period else part for part in actions.PARTS)
    actions.purge(clock=lambda: NOW)


def killed_while_erasing() -> None:
    """Purge, and be killed when the first person was erased and nothing is committed."""
    from django.db import transaction

    from schools.keeping import actions as purging
    from schools.keeping.leaving import LetGo, People

    actions: Any = purging
    lets_go = actions.let_go

    @transaction.atomic
    def dying(people: People, pk: int, *, now: datetime) -> LetGo:
        assert lets_go(people, pk, now=now) is LetGo.ERASED
        os.kill(os.getpid(), signal.SIGKILL)
        return LetGo.ERASED

    actions.let_go = dying
    actions.purge(clock=lambda: NOW)
