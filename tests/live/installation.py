"""An installation of its own for tests: a PostgreSQL that can be restarted, a mail server, and the processes of the list."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from schools.running.processes import Place, Process
from tests.mail_server import MailServer, mail_server

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
SECONDS = 180.0
"""How long to wait for something that will happen; far more than it needs on a machine with nothing else to do."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def eventually(what_holds: Callable[[], Any], *, seconds: float = SECONDS, why: Callable[[], str] = str) -> Any:
    """The first answer of the function that is true. Raises AssertionError where there is none in the time, and says `why`."""
    ends = time.monotonic() + seconds
    while True:
        answer = what_holds()
        if answer:
            return answer
        assert time.monotonic() < ends, f"it did not come about: {what_holds}\n{why()}"
        time.sleep(0.1)


class Postgres:
    """A PostgreSQL server in a folder of its own, which keeps what was committed when it is killed."""

    options = "-c shared_buffers=64MB"

    def __init__(
        self, home: Path, *, replica_of: "Postgres | None" = None, options: str = "", environment: dict[str, str] | None = None
    ) -> None:
        self.home, self.data, self.options = home, home / "data", f"{self.options} {options}"
        self._environment = environment or {}
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.as_postgres: list[str] = []
        if os.getuid() == 0:  # initdb and postgres refuse to run as root
            shutil.chown(home, "postgres")
            self.as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if replica_of:
            self._run("pg_basebackup", "-h", replica_of.home, "-U", "speakout", "-D", self.data, "-R", "-c", "fast", "--no-sync")
            self.start()
            return
        self._run("initdb", "-D", self.data, "-U", "speakout", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        self._run("createdb", "-h", home, "-U", "speakout", "speakout")

    @property
    def url(self) -> str:
        """The setting that names it."""
        return f"postgres://speakout@/speakout?host={self.home}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} {self.options}"
        command = ("pg_ctl", "-D", self.data, "-l", self.home / "log", "-s", "-w", "-o", options, "start")
        self._run(*command, **self._environment)

    def stop(self) -> None:
        """Stop it as a crash would: every connection is lost in the middle."""
        self._run("pg_ctl", "-D", self.data, "-s", "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill every process of it at once, as when its machine loses power."""
        record = self.data / "postmaster.pid"
        first = int(record.read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        record.unlink()  # so that whoever cleans up does not take another process of this number for it

    def is_running(self) -> bool:
        """Whether its first process is there; one that gives up because its disk is full ends by itself."""
        record = self.data / "postmaster.pid"
        return record.exists() and Path(f"/proc/{record.read_text().split()[0]}").exists()

    def promote(self) -> None:
        """Make a primary of a replica."""
        self._run("pg_ctl", "-D", self.data, "-s", "-w", "promote")

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What the database answers; an empty list for a statement without an answer."""
        with psycopg.connect(host=str(self.home), user="speakout", dbname="speakout", autocommit=True) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: object, **environment: str) -> None:
        # Not set for setpriv too: what libfaketime makes for root, another user may not use, and waits for ever.
        with_settings = ["/usr/bin/env", *(f"{name}={value}" for name, value in environment.items())]
        command = [*self.as_postgres, *with_settings, str(self.bin / program), *map(str, arguments)]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, cwd="/", stdin=quiet, stdout=quiet)


@dataclass
class Installation:
    """Everything that runs, and what a test does with it."""

    postgres: Postgres
    mail: MailServer
    port: int
    logs: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """What a command prints; AssertionError where it fails."""
        command = [PYTHON, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, process: Process, *, web_workers: int = 2) -> None:
        """Start a process of the list; what it prints goes to a file of its own."""
        place = Place(root=ROOT, bind=f"127.0.0.1:{self.port}", web_workers=web_workers, state=self.logs)
        with (self.logs / f"{process.name}.log").open("ab") as log:
            self.running[process.name] = subprocess.Popen(
                process.command(place), cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """Kill a process as the kernel does when memory ends."""
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def kill_all(self) -> None:
        """Kill what runs, as when the power fails: with those that it has started, which would keep the port for a while."""
        for name in list(self.running):
            first = self.running.pop(name)
            started = Path(f"/proc/{first.pid}/task/{first.pid}/children")
            children = started.read_text().split() if started.exists() else []
            first.kill()
            first.wait()
            for process in map(int, children):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def ask(self, path: str) -> int:
        """The status with which the web process answers, as the proxy would ask it; 0 where it does not answer."""
        return self.page(path)[0]

    def page(self, path: str, *, cookie: str = "", seconds: float = 60) -> tuple[int, str]:
        """Status and text of a page for whoever signed in with the cookie; 0 where there is no answer in time."""
        headers = {"Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        if cookie:
            request.add_header("Cookie", f"sessionid={cookie}")
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def write_mail(self, name: str, number: int) -> None:
        """Mail as an action would have written it, of which the nudge was lost."""
        self.postgres.rows(
            "INSERT INTO schools_outboxmessage (key, \"to\", subject, body, created_at, attempts, last_error)"
            " SELECT %s || number, 'asha@example.org', %s || number, 'Good day', now(), 0, '' FROM generate_series(1, %s) number",
            f"{name}:", f"{name} ", number,
        )  # fmt: skip

    def unsent(self) -> int:
        """How many messages wait to be sent, those aside that were stopped."""
        waiting = "SELECT count(*) FROM schools_outboxmessage WHERE sent_at IS NULL AND stopped_at IS NULL"
        return int(self.postgres.rows(waiting)[0][0])

    def readiness(self) -> set[int]:
        """What monitors hear of each of the web's processes: what one of them saw is kept there for a moment."""
        return {self.ask("/ready/") for _ in range(10)}

    def is_ready(self, *, seconds: float = SECONDS) -> None:
        """Wait until monitors hear from everywhere that nothing is wrong; where that takes longer, the web's log says what is."""
        eventually(lambda: self.readiness() == {200}, seconds=seconds, why=lambda: self.log("web")[-3000:])

    def log(self, name: str) -> str:
        """What the process has printed."""
        return (self.logs / f"{name}.log").read_text()


@contextmanager
def new_folder(prefix: str) -> Iterator[Path]:
    """A folder that everybody may enter, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def installation(make: Callable[[Path], Postgres] = Postgres, **settings: str) -> Iterator[Installation]:
    """An installation with its tables and nothing running yet, with further settings; all of it is gone afterwards."""
    with new_folder("speakout-live.") as home:
        postgres = make(home)
        try:
            yield from _with_processes(postgres, home, settings)
        finally:
            postgres.stop()


@contextmanager
def on_database(url: str, **settings: str) -> Iterator[Installation]:
    """An installation on a database that is there already, of either kind, and that stays."""
    with new_folder("speakout-live.") as home:
        yield from _with_processes(_There(url), home, settings)


class _There(Postgres):
    """A database that somebody else made and will stop."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def url(self) -> str:
        """The setting that names it."""
        return self._url


def _with_processes(postgres: Postgres, home: Path, settings: dict[str, str]) -> Iterator[Installation]:
    with mail_server() as mail:
        logs = home / "logs"
        logs.mkdir()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "speakout.settings.production",
            "SPEAKOUT_SECRET_KEY": "throw-away-key-of-a-test-that-is-long-enough-for-django-0123456789",
            "SPEAKOUT_ALLOWED_HOSTS": "speakout.example.org",
            "SPEAKOUT_DATABASE_URL": postgres.url,
            "SPEAKOUT_MAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "SPEAKOUT_MAIL_FROM": "speakout@example.org",
            "SPEAKOUT_PROXIES": "1",
            **settings,
        }
        made = Installation(postgres, mail, free_port(), logs, environment)
        for command in (["migrate", "--verbosity=0"], ["createcachetable"], ["collectstatic", "--noinput", "--verbosity=0"]):
            made.manage(*command)
        try:
            yield made
        finally:
            made.kill_all()
