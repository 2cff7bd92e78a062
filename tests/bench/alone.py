"""A scratch database, and on it one piece of work in a process of its own: how long it takes and how much memory it holds."""

import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class Measure(NamedTuple):
    """Of one piece of work; `rows` is what it says that it has seen."""

    rows: int
    seconds: float
    megabytes: float


@contextmanager
def scratch_database() -> Iterator[None]:
    """An empty database beside the one that the settings name, which is dropped again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    import django

    django.setup()
    from django.db import connection

    usual = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)


def emptied() -> None:
    """Leave nothing in the database but what is built in."""
    from django.core.management import call_command

    from tests.emptying import let_rows_go

    let_rows_go()
    call_command("flush", interactive=False, verbosity=0)


def measured(work: Callable[..., int], *paths: Path) -> Measure:
    """Do the work once, on the database that this process has. Exits where it fails."""
    from django.db import connection

    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_child, args=(work, paths, str(connection.settings_dict["NAME"]), results))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work} failed with exit code {process.exitcode}.")
    return Measure(*results.get())


def _child(work: Callable[..., int], paths: tuple[Path, ...], database: str, results: Any) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import override_settings

    connection.settings_dict["NAME"] = database
    connection.ensure_connection()
    started = time.perf_counter()
    # A process that debugs keeps the text of every query.
    with override_settings(DEBUG=False):
        rows = work(*paths)
    seconds = time.perf_counter() - started
    results.put((rows, seconds, megabytes("VmHWM")))
    connection.close()


def megabytes(name: str) -> float:
    """What Linux says of this process: VmRSS is held now, VmHWM was held at most (getrusage counts its parent, too)."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), flags=re.MULTILINE)
    assert found
    return int(found[1]) / 1024
