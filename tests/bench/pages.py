"""How much CPU pages of office, portal and reach cost at a national charity, as a multiple of an empty page in the same run.

Run as `python -m tests.bench.pages` on the database that SPEAKOUT_DATABASE_URL names (PostgreSQL: `.ci/with-postgres python -m
tests.bench.pages`). An empty one is filled by `manage.py demo --size national` first, which takes minutes; one that is neither
empty nor national is refused. `--statistics none` or `full` measures SQLite as it plans without statistics, or with all of them.

The floor is a real page of the admin with nothing in it: the list of bulk changes, of which the made-up charity has none. Time is
that of the CPU, since a busy machine makes everybody wait: the least of this process in all rounds, and on PostgreSQL the mean of
the server's processes. What home keeps for some minutes is counted before the rounds. Prints a line for each page with its goal;
exit 1 where a page takes more, and beside it what its statements take without the page: nothing but other data makes that less.
What the box that finds anything answers has a goal in milliseconds too: somebody is typing.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from django.test import Client

from tests.bench.charity import set_up
from tests.bench.sizes import NATIONAL_DEMO, refuse_fewer_sessions

FLOOR = "/admin/schools/batch/"
REACH = 25.0
"""The goal of a page about reach: 0.3 seconds, where an empty page takes 12 ms."""
REACH_QUERIES = 20
"""How many queries a page about reach may ask."""
ASKING = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
"""What a query begins with; what begins and ends a snapshot is none."""
FOUND = {
    "half a name": "larkth", "a wrong letter": "larkthwiate primary", "a person": "hargreaves",
    "words of nearly every school": "primary school",
}  # fmt: skip
"""What somebody types into the box that finds anything, among all that a nation has."""
FOUND_MS = 100.0
"""The goal of its answer, in milliseconds of CPU."""


@dataclass
class Page:
    """A page that somebody asks for; `most`: its goal, times the floor; `most_ms`: another, in milliseconds of CPU.

    `most_queries`: how many queries it may ask.
    """

    name: str
    client: Client
    address: str
    most: float
    most_ms: float = float("inf")
    most_queries: float = float("inf")
    statements: list[tuple[str, Any]] = field(default_factory=list)
    """What it asks the database, each with its values, once measured."""
    seconds: float = 0.0
    """Of CPU, once measured."""

    def ask(self) -> None:
        """Ask for it once more."""
        answer = self.client.get(self.address)
        answer.getvalue()
        if answer.status_code != 200:
            sys.exit(f"{self.address} answered {answer.status_code}.")

    def measure(self, rounds: int) -> None:
        """Ask for it twice to count its queries, then so often, and keep what it cost."""
        from django.db import connection

        self.ask()
        self.statements.clear()

        def note(execute: Callable[..., Any], sql: str, values: Any, *call: Any) -> Any:
            if sql.lstrip("( ").startswith(ASKING):
                self.statements.append((sql, values))
            return execute(sql, values, *call)

        with connection.execute_wrapper(note):
            self.ask()
        least, before = float("inf"), server_seconds()
        for _ in range(rounds):
            started = time.process_time()
            self.ask()
            least = min(least, time.process_time() - started)
        self.seconds = least + (server_seconds() - before) / rounds


def seconds_of(statements: Iterable[tuple[str, Any]]) -> float:
    """The CPU time of the statements that read, without anything that a page makes of their rows; the less of two runs."""
    from django.db import connection

    runs = []
    for _ in range(2):
        started, before = time.process_time(), server_seconds()
        with connection.cursor() as cursor:
            for sql, values in statements:
                if sql.lstrip("( ").startswith(("SELECT", "WITH")):
                    cursor.execute(sql, values)
                    cursor.fetchall()
        runs.append(time.process_time() - started + server_seconds() - before)
    return min(runs)


def server_seconds() -> float:
    """The CPU time of the processes that answer for this database, on this machine; 0 on SQLite, which is in our process."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        files = [Path(f"/proc/{pid}/stat") for (pid,) in cursor.fetchall()]
    ticks = (file.read_text().rpartition(")")[2].split()[11:13] for file in files if file.exists())
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


def _signed_in(email: str) -> Client:
    from schools import models

    client = Client()
    client.force_login(models.User.objects.get(email=email))
    return client


def _uncovered(email: str) -> Any:
    """A session that needs people, in the areas of somebody."""
    from django.utils import timezone

    from schools import models
    from schools.office.home.needs import uncovered_soon

    on = timezone.localdate()
    user = models.User.objects.get(email=email)
    session = uncovered_soon(models.Session.objects.for_user(user, on=on), on).first()
    if session is None:
        sys.exit("The made-up charity has no uncovered day: it was made too long ago. Name an empty database.")
    return session


def _morning(email: str) -> str:
    """The address of the next morning of a volunteer."""
    from django.urls import reverse
    from django.utils import timezone

    from schools import models

    to_come = models.Session.objects.scheduled().filter(
        covers__volunteer__user__email=email, covers__state="accepted", day__gte=timezone.localdate()
    )
    session = to_come.order_by("day", "pk").first()
    if session is None:
        sys.exit("The made-up volunteer goes nowhere any more: the charity was made too long ago. Name an empty database.")
    return reverse("morning", args=[session.visit_id, session.day])


def _dates(school: int) -> str:
    """The address of the dates for a school, of the first term that has not begun: it has the most half-days."""
    from django.urls import reverse
    from django.utils import timezone

    from schools.office.bookings.dates import terms_from

    on = timezone.localdate()
    term = next(each for each in terms_from(on) if each.period.first_day > on)
    return f"{reverse('admin:offer-dates', args=[school])}?term={term.key}"


def pages() -> Iterator[Page]:
    """Everything that is measured, the floor first."""
    from django.urls import reverse

    coordinator, manager, volunteer = (_signed_in(f"{who}@example.org") for who in ("coordinator", "manager", "volunteer"))
    session = _uncovered("coordinator@example.org")
    yield Page("an empty page", coordinator, FLOOR, 1.0)
    yield Page("portal, mine", volunteer, "/", 2.0)
    yield Page("portal, calendar", volunteer, "/calendar/", 2.0)
    yield Page("portal, open", volunteer, "/open/", 2.5)
    yield Page("portal, a morning", volunteer, _morning("volunteer@example.org"), 3.0)
    yield Page("home, one area", coordinator, "/admin/", 3.0)
    yield Page("home, national", manager, "/admin/", 3.0)
    yield Page("due list, one area", coordinator, "/admin/due/", 6.0)
    yield Page("due list, one area, by pupils to gain", coordinator, "/admin/due/?show=all&sort=gain", 6.0)
    yield Page("due list, national", manager, "/admin/due/", 3.0)
    yield Page("due list, national, searched", manager, "/admin/due/?show=never&q=st+mary", 6.0)
    yield Page("calendar month, one area", coordinator, "/admin/calendar/", 3.0)
    yield Page("calendar month, national", manager, "/admin/calendar/", 6.0)
    yield Page("week board, one area", coordinator, "/admin/week/", 3.0)
    yield Page("week board, national", manager, "/admin/week/", 6.0)
    yield Page("who could", coordinator, reverse("admin:visit-day", args=[session.visit_id, session.day]), 3.0)
    yield Page("dates for a school, a whole term", coordinator, _dates(session.visit.school_id), 3.0)
    yield Page("a visit", coordinator, reverse("admin:visit-detail", args=[session.visit_id]), 3.0)
    yield Page("volunteers, one area", coordinator, "/admin/schools/volunteer/", 6.0)
    yield Page("volunteers, national, searched", manager, "/admin/schools/volunteer/?q=smith", 6.0)
    yield Page("visits, one area", coordinator, "/admin/schools/visit/", 6.0)
    yield Page("visits, national", manager, "/admin/schools/visit/?stage__exact=planned", 6.0)
    yield Page("visits, national, searched", manager, "/admin/schools/visit/?q=st+mary", 6.0)
    for name, words in FOUND.items():
        yield Page(f"find anything, {name}", manager, f"{reverse('admin:find-options')}?q={quote_plus(words)}", 3.0, FOUND_MS)
    yield Page("reach, one year", manager, "/admin/reach/", REACH, most_queries=REACH_QUERIES)
    for name in ("pictures", "cold-spots", "doubts"):
        yield Page(f"reach, {name}", manager, f"/admin/reach/{name}/", REACH, most_queries=REACH_QUERIES)


def measure(every: list[Page], *, rounds: int, say: Callable[[str], Any] = print) -> bool:
    """Whether every page keeps its goal; the first is the floor."""
    floor, *others = every
    for page in every:
        page.measure(rounds)
    say(f"{floor.name}: {floor.seconds * 1000:.1f} ms of CPU, {len(floor.statements)} queries")
    kept = True
    for page in others:
        ratio, milliseconds = page.seconds / floor.seconds, page.seconds * 1000
        is_kept = ratio <= page.most and milliseconds <= page.most_ms and len(page.statements) <= page.most_queries
        kept = kept and is_kept
        limits = ((page.most, ""), (page.most_ms, " ms"), (page.most_queries, " queries"))
        goal = f"at most {' and '.join(f'{most:g}{of}' for most, of in limits if most < float('inf'))}"
        cost = f"{milliseconds:.0f} ms of CPU, {len(page.statements)} queries"
        alone = "" if is_kept else f", its statements alone {seconds_of(page.statements) / floor.seconds:.1f} ×  MISSED"
        say(f"{page.name}: {ratio:.1f} × the floor ({goal}), {cost}{alone}")
    return kept


def plan_with(statistics: str) -> None:
    """Let SQLite plan without statistics or with all of them, for as long as this process runs; PostgreSQL takes its own."""
    from django.db import connection

    from schools.core import sqlite

    if connection.vendor != "sqlite":
        sys.exit("--statistics is for SQLite: PostgreSQL takes its own.")
    sqlite._due_at = float("inf")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if statistics == "none":
            cursor.execute("DROP TABLE sqlite_stat1")
    connection.close()


def main() -> None:
    """Fill the database where it is empty, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--statistics", choices=("none", "full"))
    options = parser.parse_args()
    set_up()
    from django.core.management import call_command
    from django.test.utils import override_settings

    from schools import models

    if not models.School.objects.exists():
        call_command("demo", size="national")
    refuse_fewer_sessions(NATIONAL_DEMO, made_by="this benchmark")
    if options.statistics:
        plan_with(options.statistics)
    with override_settings(ALLOWED_HOSTS=["*"], DEBUG=False):
        kept = measure(list(pages()), rounds=options.rounds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
