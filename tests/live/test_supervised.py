"""Under supervisor, with the file that our list makes, every process that dies is started again."""

import os
import shlex
import signal
import subprocess

from schools.running.processes import PROCESSES
from tests.live.installation import ROOT, Installation, eventually


def test_every_process_that_is_killed_comes_back_and_a_stop_ends_all(made: Installation) -> None:
    settings = made.logs / "environment"
    named = {name: value for name, value in made.environment.items() if name.startswith(("SPEAKOUT_", "DJANGO_"))}
    settings.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in named.items()))
    bind = ["--bind", f"127.0.0.1:{made.port}", "--web-workers", "2"]
    made.manage(
        "processes", "supervisor", "--folder", str(made.logs), "--state", str(made.logs), "--environment", str(settings), *bind
    )
    programs = ROOT / ".venv" / "bin"
    configuration = ["-c", str(made.logs / "supervisord.conf")]
    # Without our settings in its environment: the processes have only what the file says.
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("SPEAKOUT_", "DJANGO_"))}
    supervisor = subprocess.Popen([str(programs / "supervisord"), *configuration], cwd="/", env=bare)

    def ids() -> dict[str, int]:
        """The process behind each name that runs."""
        answer = subprocess.run(
            [str(programs / "supervisorctl"), *configuration, "status"], capture_output=True, text=True, check=False
        )
        running = [line.split() for line in answer.stdout.splitlines() if " RUNNING " in line]
        return {words[0]: int(words[3].rstrip(",")) for words in running}

    def is_well() -> bool:
        lives = made.postgres.rows("SELECT DISTINCT process FROM schools_signoflife WHERE seen_at > now() - interval '30 seconds'")
        return made.ask("/health/") == 200 and len(lives) == 3

    try:
        eventually(lambda: ids().keys() == {process.name for process in PROCESSES})
        eventually(is_well)
        first = ids()
        for process in first.values():
            os.kill(process, signal.SIGKILL)
        made.postgres.rows("DELETE FROM schools_signoflife")
        eventually(lambda: len(ids()) == len(first) and not set(ids().values()) & set(first.values()))
        eventually(is_well)
        last = ids()
    finally:
        supervisor.terminate()
        assert supervisor.wait(120) == 0
    for process in last.values():
        eventually(lambda process=process: not os.path.exists(f"/proc/{process}"))  # noqa: PTH110
    assert made.postgres.rows("SELECT 1 FROM schools_signoflife") == [], "whoever ends in order takes back its sign of life"
