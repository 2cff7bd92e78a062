"""What one core and one disk get done: the numbers under “Ten and a hundred times” in docs/operations.md.

Run as `python -m tests.bench.capacity`. It starts an installation of its own (gunicorn with one process, workers, a PostgreSQL as
installed), fills it with two years of a national charity, and asks for pages by HTTP. What it prints is time of a processor that
web process or worker and database took, so it says nearly the same on a machine that does something else too. It judges nothing.
"""

import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from schools.running.processes import PROCESSES
from tests.live.crowd import crowd, world
from tests.live.installation import Installation, eventually, installation

PAGES = 100
OUTCOMES = 300
MAILS = 300
IDLE = 60.0
"""Seconds for which nobody does anything."""
FILL = "from tests.bench.national import make_national; make_national(years=range(2024, 2026))"
WRITE_MAIL = f"""
from django.db import transaction
from schools.messages.actions import put
with transaction.atomic():
    for number in range({MAILS}):
        put(f"capacity:{{number}}", to="asha@example.org", subject="Good day", body="Good day. " * 100)
"""
SENT = "SELECT count(*) FROM schools_outboxmessage WHERE sent_at IS NOT NULL"


def process(name: str) -> Any:
    """One of the list."""
    return next(process for process in PROCESSES if process.name == name)


def written(site: Installation) -> int:
    """How many bytes the database has written to its log so far."""
    return int(site.postgres.rows("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0][0])


def size(site: Installation) -> int:
    """How many bytes the database takes."""
    return int(site.postgres.rows("SELECT pg_database_size(current_database())")[0][0])


def children(first: int) -> list[int]:
    """The processes that this one has started and that still run."""
    return [int(number) for number in Path(f"/proc/{first}/task/{first}/children").read_text().split()]


def milliseconds(first: int) -> float:
    """Time of a processor that the process and its children have taken so far, those that ended included."""
    ticks = 0
    for number in (first, *children(first)):
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def cost(site: Installation, name: str, work: Callable[[], int]) -> str:
    """How much time of a processor a piece of the work takes, here and in the database; the work returns how many it did."""
    database = int((site.postgres.data / "postmaster.pid").read_text().split()[0])
    ours = site.running[name].pid
    before = milliseconds(ours), milliseconds(database)
    number = work()
    after = milliseconds(ours), milliseconds(database)
    here, there = ((later - earlier) / number for earlier, later in zip(before, after, strict=True))
    return (
        f"{here:.1f} ms in the process {name}, {there:.1f} ms in the database: {1000 / (here + there):.0f} a second for one core"
    )


def ask(site: Installation, path: str, cookie: str) -> int:
    """Ask for the page so many times."""
    headers = {"Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    for _ in range(PAGES):
        connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.request("GET", path, headers=headers | {"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, f"{path}: {answer.status}"
        connection.close()
    return PAGES


def store(site: Installation, cookie: str, work: list[Any]) -> int:
    """Store outcomes."""
    with crowd(site, "people") as people:
        people.come("report", cookie=cookie, work=work[:OUTCOMES])
        eventually(lambda: len(people.outcomes()) == OUTCOMES)
    return OUTCOMES


def idle(site: Installation) -> str:
    """A line about what is written while nobody does anything."""
    for name in ("mail", "heavy", "clock"):
        site.start(process(name))
    time.sleep(20)
    before = written(site)
    time.sleep(IDLE)
    return f"log of the database while nobody does anything: {(written(site) - before) * 3600 / IDLE / 2**20:.1f} MB an hour"


def send(site: Installation) -> int:
    """Let the one worker send mail that has been written."""
    eventually(lambda: site.postgres.rows(SENT)[0][0] >= MAILS)
    return MAILS


def memory(site: Installation) -> str:
    """A line about the memory of the web process that answers."""
    status = Path(f"/proc/{children(site.running['web'].pid)[0]}/status").read_text()
    values = dict(line.split(":", 1) for line in status.splitlines())
    return f"memory of one web process: {int(values['VmRSS'].split()[0]) / 1024:.0f} MB"


def lines(site: Installation) -> Iterator[str]:
    """Everything that is printed, as it comes."""
    site.manage("shell", "-v0", "-c", FILL)
    yield f"two years of a national charity, 60,000 sessions: {size(site) / 2**20:.0f} MB"
    reporters, office = world(site, f"reporters(1, {OUTCOMES})", "office()", begin_at=900_000)
    site.start(process("web"), web_workers=1)
    eventually(lambda: site.ask("/live/") == 200)
    [(cookie, work)] = reporters
    pages = {
        "the portal's first page": ("/", cookie),
        "the open mornings": ("/open/", cookie),
        "home of the office": ("/admin/", office["cookie"]),
        "the list of visits": ("/admin/schools/visit/", office["cookie"]),
        "reach by area": ("/admin/reach/", office["cookie"]),
    }
    for name, (path, who) in pages.items():
        assert site.page(path, cookie=who)[0] == 200
        yield f"{name}: {cost(site, 'web', lambda path=path, who=who: ask(site, path, who))}"  # type: ignore[misc]  # mypy infers no lambda with defaults
    log, tables = written(site), size(site)
    yield f"an outcome: {cost(site, 'web', lambda: store(site, cookie, work))}"
    in_log, in_tables = written(site) - log, size(site) - tables
    yield f"an outcome: {in_tables / OUTCOMES / 1024:.1f} kB in tables, {in_log / OUTCOMES / 1024:.0f} kB of log"
    yield memory(site)
    yield idle(site)
    for name in ("mail", "clock"):
        site.kill(name)
    site.manage("shell", "-v0", "-c", WRITE_MAIL)
    site.start(process("mail"))
    eventually(lambda: site.postgres.rows(SENT)[0][0] > 0)
    yield f"a mail: {cost(site, 'mail', lambda: send(site))}"


def main() -> None:
    """Measure, and print each line when it is known."""
    with installation() as site:
        for line in lines(site):
            print(line, flush=True)


if __name__ == "__main__":
    main()
