"""Under supervisor, with the file that our list makes, every process that dies is started again."""

import os
import signal
from pathlib import Path

from schools.running.processes import PROCESSES
from tests.live.installation import Installation, eventually
from tests.live.supervised import supervised


def is_well(made: Installation) -> bool:
    fresh = "SELECT DISTINCT process FROM schools_signoflife WHERE seen_at > now() - interval '30 seconds'"
    return made.ask("/live/") == 200 and len(made.postgres.rows(fresh)) == 3


def test_every_process_that_is_killed_comes_back_and_a_stop_ends_all(made: Installation) -> None:
    with supervised(made) as ids:
        eventually(lambda: ids().keys() == {process.name for process in PROCESSES})
        eventually(lambda: is_well(made))
        first = ids()
        for process in first.values():
            os.kill(process, signal.SIGKILL)
        made.postgres.rows("DELETE FROM schools_signoflife")
        eventually(lambda: len(ids()) == len(first) and not set(ids().values()) & set(first.values()))
        eventually(lambda: is_well(made))
        last = ids()
    assert not [process for process in last.values() if Path(f"/proc/{process}").exists()]
    assert made.postgres.rows("SELECT 1 FROM schools_signoflife") == [], "whoever ends in order takes back its sign of life"
