"""How long volunteers wait while fifty people are on the pages at nine on a Monday, and some of them count the nation.

Run as `python -m tests.bench.load` on the database that SPEAKOUT_DATABASE_URL names (PostgreSQL: `.ci/with-postgres python -m
tests.bench.load`). An empty one is filled by `manage.py demo --size national` first, which takes minutes; one that is neither
empty nor national is refused. Three web processes answer, with production's settings and on this machine alone.

35 volunteers, 10 coordinators and 5 managers open their pages for `--seconds` each time: first volunteers and coordinators, who
read for two seconds between two pages; then besides them the managers, who ask for reach and its files without a pause, and where
a page says that it is not their turn, ask again; then all fifty without a pause. Prints what volunteers wait and how many pages
are answered, each with its goal; exit 1 where one is missed, or where a page fails.

This is time by the clock, as people wait: it says something on a machine of two cores that does nothing else, and nothing at all
on a busy one. What pages cost is measured by tests/bench/pages.py.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from threading import Thread
from typing import Any

from tests.bench.charity import set_up
from tests.bench.sizes import NATIONAL_DEMO, refuse_fewer_sessions
from tests.live.installation import Installation, eventually, on_database

VOLUNTEERS, COORDINATORS, MANAGERS = 35, 10, 5
WEB_WORKERS = 3
READS = 2.0
"""Seconds between two pages of somebody who reads, on average."""
FEWEST, MOST = 5, 120
"""Seconds that each part may take."""
GOAL_MILLISECONDS = 300
GOAL_A_SECOND = 50
TURN = 429
PATIENCE = 120.0
"""Seconds after which an answer counts as none."""
HEAVY = (
    "/admin/reach/", "/admin/reach/sessions/csv/", "/admin/reach/pictures/", "/admin/reach/xlsx/", "/admin/reach/cold-spots/",
    "/admin/schools/visit/csv/",
)  # fmt: skip
"""What managers ask for, one after the other, each of them beginning at another."""
VOLUNTEER, COORDINATOR, MANAGER = "volunteer", "coordinator", "manager"
type Reader = tuple[str, str, list[str]]
"""Volunteer, coordinator or manager; their cookie; the addresses that they open."""


def readers() -> list[Reader]:
    """Return the fifty people, each with a sign-in of their own. Called in a process of the site."""
    from django.urls import reverse
    from django.utils import timezone

    from schools import models
    from schools.accounts.models import Role
    from schools.demo.people import store_users
    from tests.live.world import cookie_of

    on = timezone.localdate()
    covers = models.Cover.objects.filter(
        state="accepted", session__stage="scheduled", session__day__gte=on, volunteer__status="active",
        volunteer__user__is_active=True,
    ).order_by("session__day", "pk")  # fmt: skip
    mornings: dict[Any, str] = {}
    for cover in covers.select_related("session", "volunteer__user").iterator(chunk_size=500):
        if len(mornings) == VOLUNTEERS:
            break
        mornings.setdefault(cover.volunteer.user, reverse("morning", args=[cover.session.visit_id, cover.session.day]))
    every: list[Reader] = [
        (VOLUNTEER, cookie_of(user), ["/", "/calendar/", "/open/", morning]) for user, morning in mornings.items()
    ]
    for user in models.User.objects.filter(groups__name=Role.COORDINATOR.value, is_active=True).order_by("pk")[:COORDINATORS]:
        visit = models.Visit.objects.for_user(user, on=on).order_by("-pk").first()
        opened = [reverse("admin:visit-detail", args=[visit.pk])] if visit else []
        every.append((COORDINATOR, cookie_of(user), ["/admin/", "/admin/due/", "/admin/calendar/", *opened]))
    wanted = [(f"load.{number}@example.org", f"Manager {number}", Role.MANAGER) for number in range(MANAGERS)]
    managers = models.User.objects.filter(email__in=[email for email, _, _ in wanted]).order_by("pk")
    for number, user in enumerate(list(managers) or store_users(wanted)):
        every.append((MANAGER, cookie_of(user), [*HEAVY[number:], *HEAVY[:number]]))
    return every


@dataclass
class Answers:
    """What somebody was answered in one part."""

    kind: str
    seconds: list[float] = field(default_factory=list)
    """How long each page took, from the question to the last byte; of who waited in turn, from the first question."""
    turns: int = 0
    """How often a page said that it was not their turn."""
    failed: list[str] = field(default_factory=list)


def read(site: Installation, reader: Reader, answers: Answers, *, pause: float, ends: float, luck: Random) -> None:
    """Open pages one after the other, until it ends."""
    kind, cookie, addresses = reader
    if pause:
        time.sleep(luck.uniform(0, pause))
    number = 0
    while time.monotonic() < ends:
        address = addresses[number % len(addresses)]
        number += 1
        began = time.monotonic()
        status, again = ask(site, address, cookie)
        while status == TURN and time.monotonic() < ends:
            answers.turns += 1
            time.sleep(again)
            status, again = ask(site, address, cookie)
        if status == 200:
            answers.seconds.append(time.monotonic() - began)
        elif status != TURN:
            answers.failed.append(f"{kind} {address}: {status}")
        time.sleep(luck.uniform(0, 2 * pause))


def ask(site: Installation, address: str, cookie: str) -> tuple[int, float]:
    """Return the status of a page that was read to its end, and after how many seconds to ask again; 0 where none came."""
    headers = {
        "Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1",
        "Cookie": f"sessionid={cookie}", "Accept-Encoding": "gzip",
    }  # fmt: skip
    connection = HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    try:
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        while answer.read(1 << 16):
            pass
        return answer.status, float(answer.headers.get("Retry-After", 1))
    except OSError:
        return 0, 1.0
    finally:
        connection.close()


def part(site: Installation, people: Iterable[Reader], seconds: int, *, pause: float) -> list[Answers]:
    """Let people read for so many seconds; managers never pause. Returns what each was answered."""
    ends = time.monotonic() + seconds
    every: list[Answers] = []
    threads = []
    for number, reader in enumerate(people):
        every.append(Answers(reader[0]))
        pauses = 0.0 if reader[0] == MANAGER else pause
        given = {"pause": pauses, "ends": ends, "luck": Random(number)}  # noqa: S311  # a reproducible mix, no secret
        threads.append(Thread(target=read, args=(site, reader, every[-1]), kwargs=given))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return every


def waits(answers: list[Answers], kind: str) -> list[float]:
    """Return in milliseconds what people of a kind waited for their pages, from the least to the most."""
    return sorted(1000 * seconds for each in answers if each.kind == kind for seconds in each.seconds)


def share(values: list[float], percent: int) -> float:
    """Return the value that so many of a hundred do not exceed; values are sorted, and there is one."""
    return values[min(len(values) - 1, len(values) * percent // 100)]


def goal(name: str, value: float, words: str, *, kept: bool, limit: str) -> bool:
    """Print a number with its goal; return whether it was kept."""
    print(f"{name}: {f'{value:.0f} {words}'.strip()} ({limit}){'' if kept else '  MISSED'}", flush=True)
    return kept


def tell(name: str, answers: list[Answers], seconds: int) -> bool:
    """Print what volunteers waited in a part, and what managers did; return whether the goal was kept and nothing failed."""
    of_volunteers, of_managers = waits(answers, VOLUNTEER), waits(answers, MANAGER)
    failed = [words for each in answers for words in each.failed]
    if failed or not of_volunteers:
        print(f"{name}: {len(failed)} pages failed, such as {failed[:3]}; {len(of_volunteers)} of volunteers were answered")
        return False
    number = sum(len(each.seconds) for each in answers)
    print(f"{name}: {number / seconds:.1f} pages a second; volunteers' p50 {share(of_volunteers, 50):.0f} ms")
    if of_managers:
        turns, middle = sum(each.turns for each in answers), share(of_managers, 50) / 1000
        print(f"{name}: managers got {len(of_managers)}, p50 {middle:.1f} s, and read {turns} times that it was not their turn")
    p95 = share(of_volunteers, 95)
    kept = p95 <= GOAL_MILLISECONDS
    return goal(f"volunteers' p95 {name}", p95, "ms", kept=kept, limit=f"at most {GOAL_MILLISECONDS} ms")


def warm_up(site: Installation, people: Iterable[Reader]) -> None:
    """Open the pages before anything is measured, so that no part pays for what a process does once.

    That is most for coordinators: home is compiled for each of them once in each process. Nobody knows which process answers, so
    their pages are opened twice as often as there are processes.
    """
    for kind, cookie, addresses in people:
        times, pages = (2 * WEB_WORKERS, addresses) if kind == COORDINATOR else (1, addresses[:1])
        for address in times * pages:
            if (status := ask(site, address, cookie)[0]) != 200:
                sys.exit(f"{address} answered {status}.")


def measure(site: Installation, people: list[Reader], seconds: int) -> bool:
    """Measure the three parts; return whether every goal was kept."""
    warm_up(site, people)
    others = [reader for reader in people if reader[0] != MANAGER]
    kept = tell("alone", part(site, others, seconds, pause=READS), seconds)
    kept = tell("while reach and exports run", part(site, people, seconds, pause=READS), seconds) and kept
    answers = part(site, people, seconds, pause=0.0)
    if failed := [words for each in answers for words in each.failed]:
        print(f"without a pause: {len(failed)} pages failed, such as {failed[:3]}")
    number = sum(len(each.seconds) for each in answers) / seconds
    is_enough = number >= GOAL_A_SECOND and not failed
    name = "pages a second for all fifty without a pause"
    return goal(name, number, "", kept=is_enough, limit=f"at least {GOAL_A_SECOND}") and kept


def main() -> None:
    """Fill the database where it is empty, start the web processes, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, choices=range(FEWEST, MOST + 1), metavar=f"{FEWEST}..{MOST}")
    seconds = parser.parse_args().seconds
    if not (url := os.environ.get("SPEAKOUT_DATABASE_URL")):
        sys.exit("Name a database in SPEAKOUT_DATABASE_URL; an empty one is filled.")
    set_up()
    from django.core.management import call_command
    from django.db import connections

    from schools import models
    from schools.running.processes import PROCESSES

    if not models.School.objects.exists():
        call_command("demo", size="national")
    refuse_fewer_sessions(NATIONAL_DEMO, made_by="this benchmark")
    connections.close_all()
    with on_database(url, SPEAKOUT_STAFF_SECOND_FACTOR="off", SPEAKOUT_LOG="plain") as site:
        call = "import json; from tests.bench.load import readers; print(json.dumps(readers()))"
        people = [tuple(reader) for reader in json.loads(site.manage("shell", "-v0", "-c", call).splitlines()[-1])]
        site.start(next(process for process in PROCESSES if process.name == "web"), web_workers=WEB_WORKERS)
        eventually(lambda: site.ask("/live/") == 200)
        kept = measure(site, people, seconds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
