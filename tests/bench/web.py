"""The web processes as they are installed, on the database that SPEAKOUT_DATABASE_URL names, and what they take."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from schools.running.processes import PROCESSES, Place
from tests.bench.capacity import children, milliseconds
from tests.live.installation import ROOT, eventually, free_port

HEADERS = {"Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of production for this database; static files are in the folder, sessions those of this process."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.e2e.production_settings",
        "TESTS_STATIC": str(folder / "static"),
        "SPEAKOUT_SECRET_KEY": settings.SECRET_KEY,
        "SPEAKOUT_ALLOWED_HOSTS": HEADERS["Host"],
        "SPEAKOUT_MAIL_URL": "smtp://127.0.0.1:9",
        "SPEAKOUT_MAIL_FROM": "speakout@example.org",
        "SPEAKOUT_PROXIES": "1",
        "SPEAKOUT_STAFF_SECOND_FACTOR": "false",
    }


@dataclass(frozen=True)
class Web:
    """The first of the web processes, which started the others, and where they listen."""

    first: int
    port: int

    @property
    def seconds(self) -> float:
        """Return the CPU time that all of them have taken so far."""
        return milliseconds(self.first) / 1000

    @property
    def megabytes(self) -> float:
        """Return the memory that all of them hold; what several share counts once."""
        return sum(shared_out(process) for process in (self.first, *children(self.first)))

    def ask(self, path: str, *, cookie: str = "") -> int:
        """Ask for a page as the proxy does, and return its status; 0 while nobody listens."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", path, headers=HEADERS | {"Cookie": f"sessionid={cookie}"})
            answer = connection.getresponse()
            answer.read()
        except ConnectionError:
            return 0
        finally:
            connection.close()
        return answer.status


def shared_out(process: int) -> float:
    """Return the megabytes of a process, of what it shares with others its share (PSS)."""
    match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), flags=re.MULTILINE)
    assert match
    return int(match[1]) / 1024


@contextmanager
def web(folder: Path, *, workers: int) -> Iterator[Web]:
    """Start the web processes, wait until they answer, and stop them in the end; their log is in the folder."""
    port = free_port()
    [process] = [process for process in PROCESSES if process.name == "web"]
    command = process.command(Place(root=ROOT, bind=f"127.0.0.1:{port}", web_workers=workers, state=folder))
    with (folder / "web.log").open("ab") as log:
        running = subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603  # our own
    try:
        made = Web(running.pid, port)
        eventually(lambda: made.ask("/live/") == 200, why=lambda: (folder / "web.log").read_text()[-3000:])
        eventually(lambda: len(children(running.pid)) >= workers)
        time.sleep(1)  # all of them have looked at their queue once
        yield made
    finally:
        running.terminate()
        running.wait(60)
