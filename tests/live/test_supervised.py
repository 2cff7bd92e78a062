"""Under supervisor, with the file that our list makes, every process that dies is started again."""

import os
import shlex
import signal
import subprocess
from pathlib import Path

from schools.running.processes import PROCESSES
from tests.live.installation import ROOT, Installation, eventually

PROGRAMS = ROOT / ".venv" / "bin"


def configuration(made: Installation) -> list[str]:
    """The options of supervisor's programs, after its file and that of the settings were written."""
    settings = made.logs / "environment"
    named = {name: value for name, value in made.environment.items() if name.startswith(("SPEAKOUT_", "DJANGO_"))}
    settings.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in named.items()))
    where = ["--folder", str(made.logs), "--state", str(made.logs), "--environment", str(settings)]
    made.manage("processes", "supervisor", *where, "--bind", f"127.0.0.1:{made.port}", "--web-workers", "2")
    return ["-c", str(made.logs / "supervisord.conf")]


def ids(options: list[str]) -> dict[str, int]:
    """The process behind each name that runs."""
    command = [str(PROGRAMS / "supervisorctl"), *options, "status"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    running = [line.split() for line in answer.stdout.splitlines() if " RUNNING " in line]
    return {words[0]: int(words[3].rstrip(",")) for words in running}


def is_well(made: Installation) -> bool:
    fresh = "SELECT DISTINCT process FROM schools_signoflife WHERE seen_at > now() - interval '30 seconds'"
    return made.ask("/health/") == 200 and len(made.postgres.rows(fresh)) == 3


def test_every_process_that_is_killed_comes_back_and_a_stop_ends_all(made: Installation) -> None:
    options = configuration(made)
    # Without our settings in its environment: the processes have only what the file says.
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("SPEAKOUT_", "DJANGO_"))}
    supervisor = subprocess.Popen([str(PROGRAMS / "supervisord"), *options], cwd="/", env=bare)
    try:
        eventually(lambda: ids(options).keys() == {process.name for process in PROCESSES})
        eventually(lambda: is_well(made))
        first = ids(options)
        for process in first.values():
            os.kill(process, signal.SIGKILL)
        made.postgres.rows("DELETE FROM schools_signoflife")
        eventually(lambda: len(ids(options)) == len(first) and not set(ids(options).values()) & set(first.values()))
        eventually(lambda: is_well(made))
        last = ids(options)
    finally:
        supervisor.terminate()
        assert supervisor.wait(120) == 0
    assert not [process for process in last.values() if Path(f"/proc/{process}").exists()]
    assert made.postgres.rows("SELECT 1 FROM schools_signoflife") == [], "whoever ends in order takes back its sign of life"
