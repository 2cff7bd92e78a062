"""What it takes to begin: tables, static files, made-up charities, a web process's first page, and the memory of a worker.

Run as `python -m tests.bench.startup` on an empty database that SPEAKOUT_DATABASE_URL names (PostgreSQL: `.ci/with-postgres
python -m tests.bench.startup`); one that has tables is refused. The national demo stays in it, on which `tests.bench.pages` runs.

Commands are called as people type them, once Python has compiled what they import. Time is that of the CPU, the start of Python
included, and on PostgreSQL that of the server too. Memory is that of all web processes together, what they share counted once,
divided by their workers: after the pages of a day, more than two hundred of them, and after those of reach. Prints a line for
each number with its goal, but for the start of a process and its first page, which have none; exit 1 where one takes more.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.charity import start
from tests.bench.sizes import NATIONAL_DEMO, refuse_fewer_sessions

AREA_DEMO = 500
"""Schools of today that `manage.py demo --size area` makes at least."""
WORKERS = 3
DAILY = (
    *((f"{who}@example.org", f"/admin/{page}") for who in ("coordinator", "manager") for page in ("", "due/", "calendar/")),
    *(("coordinator@example.org", f"/admin/{page}") for page in ("week/", "schools/visit/", "schools/volunteer/")),
    *(("volunteer@example.org", path) for path in ("/", "/calendar/", "/open/")),
)
"""Pages that people open every day."""
REACH = (("manager@example.org", "/admin/reach/"),)


class Numbers:
    """What was measured, printed as it comes."""

    def __init__(self) -> None:
        self.kept = True

    def say(self, name: str, cost: float, unit: str, most: float, rest: str = "") -> None:
        """Print one of them beside its goal."""
        self.kept = self.kept and cost <= most
        missed = "" if cost <= most else "  MISSED"
        print(f"{name}: {cost:.1f} {unit} (at most {most:g}){rest}{missed}", flush=True)


def refuse_a_database_with_tables() -> None:
    """Exit with 2 where no settings name the database, or where it has tables."""
    from django.db import connection

    if not os.environ.get("SPEAKOUT_DATABASE_URL") or connection.introspection.table_names():
        print("Name an empty database in SPEAKOUT_DATABASE_URL: this benchmark makes its tables and fills it.")
        sys.exit(2)


def server_seconds() -> float:
    """The CPU time that the server of this database has taken so far, with all its processes; 0 on SQLite, which has none."""
    from django.db import connection

    from tests.bench.capacity import milliseconds

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(ours,)] = cursor.fetchall()
    parent = Path(f"/proc/{ours}/stat").read_text().rpartition(")")[2].split()[1]
    return milliseconds(int(parent)) / 1000


def seconds_of(*arguments: str, environment: dict[str, str] | None = None) -> float:
    """Call a command of manage.py, and return the CPU time that it took, in its own processes and in the server."""
    command = [sys.executable, "manage.py", *arguments]
    before = server_seconds() + _of_children()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return server_seconds() + _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile_all(folder: Path) -> None:
    """Let Python compile everything, migrations too, for all processes that this one starts."""
    os.environ |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    seconds_of("makemigrations", "--check", "--dry-run")


def measure_commands(numbers: Numbers, folder: Path) -> None:
    """Make the tables, collect the static files, and make a charity of one area and then, in its place, the national one."""
    from schools.models import School
    from tests.bench.alone import emptied
    from tests.bench.web import environment

    numbers.say("all tables", seconds_of("migrate", "--verbosity=0"), "s of CPU", 6)
    of_production = environment(folder)
    collected = seconds_of("collectstatic", "--noinput", "--verbosity=0", environment=of_production)
    files = sum(file.is_file() for file in (folder / "static").rglob("*"))
    numbers.say("static files", collected, "s of CPU", 10, f", {files} files")
    area = seconds_of("demo", "--size=area")
    if (schools := School.objects.count()) < AREA_DEMO:
        sys.exit(f"The demo of one area has {schools} schools only.")
    numbers.say("demo of one area", area, "s of CPU", 5)
    emptied()
    national = seconds_of("demo", "--size=national")
    refuse_fewer_sessions(NATIONAL_DEMO, made_by="this benchmark")
    numbers.say("national demo", national, "s of CPU", 60)
    seconds_of("createcachetable", environment=of_production)


def measure_web(numbers: Numbers, folder: Path, *, rounds: int) -> None:
    """Start the web processes: one worker for the first page, several for their memory."""
    from schools.models import User
    from tests.bench.web import Web, web
    from tests.live.world import cookie_of

    cookies = {user.email: cookie_of(user) for user in User.objects.filter(email__in={who for who, _ in (*DAILY, *REACH)})}

    def ask(site: Web, who: str, path: str) -> None:
        if (status := site.ask(path, cookie=cookies[who])) != 200:
            sys.exit(f"{path} answered {status}: {(folder / 'web.log').read_text()[-3000:]}")

    with web(folder, workers=1) as site:
        print(f"web process until it answers: {site.seconds:.1f} s of CPU", flush=True)
        costs = []
        for _ in range(11):
            before = site.seconds
            ask(site, *DAILY[0])
            costs.append(site.seconds - before)
        usual = max(sum(costs[1:]) / 10, 0.001)
        times = f"{costs[0] / usual:.1f} × the pages after it"
        print(f"home, the first page of a process: {costs[0] * 1000:.0f} ms of CPU, {times}", flush=True)
    with web(folder, workers=WORKERS) as site:
        for name, pages, most in (("a day's pages", DAILY, 90), ("reach too", REACH, 90)):
            with ThreadPoolExecutor(WORKERS) as people:
                list(people.map(lambda page: ask(site, *page), pages * rounds * WORKERS))
            numbers.say(f"memory of a worker after {name}", site.megabytes / WORKERS, "MB", most)


def main() -> None:
    """Measure all of it on an empty database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    start()
    refuse_a_database_with_tables()
    numbers = Numbers()
    with tempfile.TemporaryDirectory() as name:
        compile_all(Path(name))
        measure_commands(numbers, Path(name))
        measure_web(numbers, Path(name), rounds=options.rounds)
    sys.exit(0 if numbers.kept else 1)


if __name__ == "__main__":
    main()
