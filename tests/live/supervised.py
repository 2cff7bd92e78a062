"""The processes of an installation under supervisor, with the file that our list makes."""

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.live.installation import ROOT, Installation

PROGRAMS = ROOT / ".venv" / "bin"
OURS = ("SPEAKOUT_", "DJANGO_")


def configuration(made: Installation) -> list[str]:
    """The options of supervisor's programs, after its file and that of the settings were written."""
    settings = made.logs / "environment"
    named = {name: value for name, value in made.environment.items() if name.startswith(OURS) or os.environ.get(name) != value}
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


@contextmanager
def supervised(made: Installation) -> Iterator[Callable[[], dict[str, int]]]:
    """Run all processes, and give a function that says the process behind each name that runs; all of them end in order."""
    options = configuration(made)
    # Without our settings in its environment: the processes have only what the file says.
    bare = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    supervisor = subprocess.Popen([str(PROGRAMS / "supervisord"), *options], cwd="/", env=bare)
    try:
        yield lambda: ids(options)
    finally:
        supervisor.terminate()
        assert supervisor.wait(120) == 0
