"""What one web process, one worker and one disk get done: the numbers under “Ten and a hundred times” in docs/operations.md.

Run as `python -m tests.bench.capacity` on a machine with nothing else to do. It starts an installation of its own (gunicorn with
one process, a worker, a PostgreSQL as installed), fills it with two years of a national charity, and asks for pages by HTTP, two
at a time. It prints, and judges nothing.
"""

import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

from schools.running.processes import PROCESSES
from tests.live.crowd import crowd, world
from tests.live.installation import Installation, eventually, installation

SECONDS = 10.0
"""For which each page is asked for."""
IDLE = 60.0
MAILS = 300
FILL = "from tests.bench.national import make_national; make_national(years=range(2024, 2026))"
WRITE_MAIL = f"""
from django.db import transaction
from schools.messages.actions import put
with transaction.atomic():
    for number in range({MAILS}):
        put(f"capacity:{{number}}", to="asha@example.org", subject="Good day", body="Good day. " * 100)
"""
SENT = "SELECT count(*), extract(epoch FROM max(sent_at) - min(sent_at)) FROM schools_outboxmessage WHERE sent_at IS NOT NULL"


def process(name: str) -> Any:
    """One of the list."""
    return next(process for process in PROCESSES if process.name == name)


def written(site: Installation) -> int:
    """How many bytes the database has written to its log so far."""
    return int(site.postgres.rows("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0][0])


def size(site: Installation) -> int:
    """How many bytes the database takes."""
    return int(site.postgres.rows("SELECT pg_database_size(current_database())")[0][0])


def pages_a_second(site: Installation, path: str, cookie: str) -> float:
    """How often the page is answered, asked for by two people without a pause."""
    ends, done = time.monotonic() + SECONDS, [0, 0]
    headers = {"Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}

    def ask(number: int) -> None:
        while time.monotonic() < ends:
            connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
            connection.request("GET", path, headers=headers | {"Cookie": f"sessionid={cookie}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, f"{path}: {answer.status}"
            done[number] += 1
            connection.close()

    people = [Thread(target=ask, args=(number,)) for number in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return sum(done) / SECONDS


def outcomes(site: Installation, reporters: list[Any]) -> Iterator[str]:
    """Lines about outcomes that are stored by two people without a pause."""
    log_before, size_before = written(site), size(site)
    with crowd(site, "people") as people:
        for cookie, work in reporters:
            people.come("report", cookie=cookie, work=work)
        eventually(lambda: len(people.outcomes()) > 4)
        before, began = len(people.outcomes()), time.monotonic()
        time.sleep(2 * SECONDS)
        rate = (len(people.outcomes()) - before) / (time.monotonic() - began)
        people.leave()
        number = len(people.outcomes())
    yield f"outcomes of a session stored: {rate:.1f} a second"
    in_tables, in_log = (size(site) - size_before) / number / 1024, (written(site) - log_before) / number / 1024
    yield f"each outcome: {in_tables:.1f} kB in tables, {in_log:.0f} kB of log"


def idle(site: Installation) -> str:
    """A line about what is written while nobody does anything."""
    for name in ("mail", "heavy", "clock"):
        site.start(process(name))
    time.sleep(20)
    before = written(site)
    time.sleep(IDLE)
    an_hour = (written(site) - before) * 3600 / IDLE
    return f"log of the database while nobody does anything: {an_hour / 2**20:.0f} MB an hour"


def mails(site: Installation) -> str:
    """A line about how fast one worker sends."""
    for name in ("mail", "clock"):
        site.kill(name)
    site.manage("shell", "-v0", "-c", WRITE_MAIL)
    site.start(process("mail"))
    eventually(lambda: site.postgres.rows(SENT)[0][0] >= MAILS)
    number, seconds = site.postgres.rows(SENT)[0]
    return f"one worker sends {(number - 1) / float(seconds):.0f} mails a second"


def memory(site: Installation) -> str:
    """A line about the memory of the web process that answers."""
    first = site.running["web"].pid
    child = Path(f"/proc/{first}/task/{first}/children").read_text().split()[0]
    status = dict(line.split(":", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines())
    return f"memory of one web process: {int(status['VmRSS'].split()[0]) / 1024:.0f} MB"


def lines(site: Installation) -> Iterator[str]:
    """Everything that is printed, as it comes."""
    site.manage("shell", "-v0", "-c", FILL)
    yield f"two years of a national charity, 60,000 sessions: {size(site) / 2**20:.0f} MB"
    reporters, office = world(site, "reporters(2, 1500)", "office()", begin_at=900_000)
    site.start(process("web"), web_workers=1)
    eventually(lambda: site.ask("/live/") == 200)
    pages: dict[str, Callable[[], float]] = {
        "the portal's first page": lambda: pages_a_second(site, "/", reporters[0][0]),
        "the open mornings": lambda: pages_a_second(site, "/open/", reporters[0][0]),
        "home of the office": lambda: pages_a_second(site, "/admin/", office["cookie"]),
        "the list of visits": lambda: pages_a_second(site, "/admin/schools/visit/", office["cookie"]),
        "reach by area": lambda: pages_a_second(site, "/admin/reach/", office["cookie"]),
    }
    for name, measure in pages.items():
        yield f"{name}: {measure():.1f} a second"
    yield from outcomes(site, reporters)
    yield memory(site)
    yield idle(site)
    yield mails(site)


def main() -> None:
    """Measure, and print each line when it is known."""
    with installation() as site:
        for line in lines(site):
            print(line, flush=True)


if __name__ == "__main__":
    main()
