"""One installation for all tests of this folder, under supervisor, on a small disk, in a time of its own."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.drill import Drill
from tests.chaos.machine import SetTime, clean_up_after_times, small_disk
from tests.live.installation import Postgres, eventually, installation, new_folder
from tests.live.supervised import supervised

OPTIONS = "-c max_wal_size=160MB -c min_wal_size=96MB"
"""So that the database's log does not fill the small disk by itself."""


@pytest.fixture(scope="session")
def drill() -> Iterator[Drill]:
    """Everything runs, and is well; nobody is there yet."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        stack.callback(clean_up_after_times)
        home = stack.enter_context(new_folder("speakout-chaos."))
        disk = stack.enter_context(small_disk(home / "disk", megabytes=800))
        temporary = disk.place / "tmp"
        temporary.mkdir()
        temporary.chmod(0o1777)
        site_time, database_time = SetTime(home / "site-time"), SetTime(home / "database-time")

        def postgres(_: Path) -> Postgres:
            (disk.place / "postgres").mkdir()
            return Postgres(disk.place / "postgres", options=OPTIONS, environment=database_time.environment)

        settings = site_time.environment | {"TMPDIR": str(temporary)}
        site = stack.enter_context(installation(postgres, **settings))
        ids = stack.enter_context(supervised(site))
        made = Drill(site, ids, disk, site_time, database_time)
        eventually(made.is_well)
        yield made
        print("\n".join(["", f"{'fault':<45}{'seen after':>16}{'well after':>10}", *made.lines]))
