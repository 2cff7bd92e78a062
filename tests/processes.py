"""Real processes on the test database, let go at the same moment: for promises that only a race can break."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection

SECONDS = 300
"""How long a process may take before the test fails; far more than any needs."""


class Failed(str):
    """What was raised in a process, as words; its traceback is in the captured output."""


def _on_database(name: str) -> None:
    """In the new process: take the same settings, and the test database by its name."""
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def _run(work: Callable[..., Any], arguments: tuple[Any, ...], name: str, start: Barrier, results: Any, number: int) -> None:
    """In the new process: off when all are ready."""
    _on_database(name)
    start.wait(SECONDS)
    try:
        results.put((number, work(*arguments)))
    except Exception as error:
        results.put((number, Failed(repr(error))))
        raise
    connection.close()


def _run_alone(work: Callable[..., Any], arguments: tuple[Any, ...], name: str) -> None:
    """In the new process: off at once."""
    _on_database(name)
    work(*arguments)
    connection.close()


def together(work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What `work` returns for each of the argument tuples, each called in a process of its own at the same moment.

    AssertionError where one of them raised something. `work` is a module's function and imports models inside: the new process
    imports its module before Django is set up.
    """
    assert "DJANGO_SETTINGS_MODULE" in os.environ
    # Each is forked from one clean process that has set Django up and holds no connection: twenty are there at once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.prepared"])
    start, results = context.Barrier(len(arguments)), context.Queue()
    name = str(connection.settings_dict["NAME"])
    processes = [
        context.Process(target=_run, args=(work, given, name, start, results, number), daemon=True)
        for number, given in enumerate(arguments)
    ]
    for process in processes:
        process.start()
    answers = dict(results.get(timeout=SECONDS) for _ in processes)
    for process in processes:
        process.join(SECONDS)
    assert not [answer for answer in answers.values() if isinstance(answer, Failed)], answers
    return [answers[number] for number in range(len(arguments))]


def started(work: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """A process of its own that calls `work` with the arguments; whoever starts it waits for it, or kills it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.prepared"])
    process = context.Process(target=_run_alone, args=(work, arguments, str(connection.settings_dict["NAME"])), daemon=True)
    process.start()
    return process


def alone(work: Callable[..., Any], *arguments: Any) -> int | None:
    """How a process of its own ended that called `work` with the arguments: 0, or minus the signal that killed it."""
    process = started(work, *arguments)
    process.join(SECONDS)
    return process.exitcode
