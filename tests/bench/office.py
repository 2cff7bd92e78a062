"""How long the office's pages take on a national charity, as a multiple of an empty page of the admin in the same run.

Run as `python -m tests.bench.office` with SPEAKOUT_DATABASE_URL naming a database of its own; an empty one is migrated and filled
with `manage.py demo --size national` (8,000 visits a year, 2,000 volunteers), which is then kept for the next run.

The floor is a real page of the admin with nothing in it: the list of bulk changes, of which the made-up charity has none.
Each round asks for the floor and for every page once; the medians are compared. What home keeps for some minutes (the term's
reach and the numbers that are dear to count, each with “as of”) is counted before the rounds, as it is for most who look at it.
Prints a line for each page; exit 1 where one takes more than six times the floor.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.bench.charity import set_up

MOST = 6.0
"""Times the floor."""

FLOOR = "/admin/schools/batch/"


@dataclass
class Page:
    """A page that somebody asks for."""

    name: str
    client: Client
    address: str
    queries: int = 0
    seconds: list[float] = field(default_factory=list)

    def ask(self) -> None:
        """Ask for it once more and keep how long it took."""
        started = time.perf_counter()
        answer = self.client.get(self.address)
        self.seconds.append(time.perf_counter() - started)
        if answer.status_code != 200:
            sys.exit(f"{self.address} answered {answer.status_code}.")

    def count(self) -> None:
        """Ask for it once and count its queries; what the process keeps is read now."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.client.get(self.address)
        with CaptureQueriesContext(connection) as captured:
            self.client.get(self.address)
        self.queries = len(captured)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def _signed_in(email: str) -> Client:
    from schools import models

    client = Client()
    client.force_login(models.User.objects.get(email=email))
    return client


def _uncovered_day(email: str) -> str:
    """The address of a visit day that needs people, in the areas of somebody."""
    from django.urls import reverse
    from django.utils import timezone

    from schools import models
    from schools.office.home.needs import uncovered_soon

    on = timezone.localdate()
    user = models.User.objects.get(email=email)
    session = uncovered_soon(models.Session.objects.for_user(user, on=on), on).first()
    if session is None:
        sys.exit("The made-up charity has no uncovered day. Fill another database.")
    return reverse("admin:visit-day", args=[session.visit_id, session.day])


def pages() -> Iterator[Page]:
    """Everything that is measured, the floor first."""
    coordinator, manager = _signed_in("coordinator@example.org"), _signed_in("manager@example.org")
    yield Page("an empty page", coordinator, FLOOR)
    yield Page("home, one area", coordinator, "/admin/")
    yield Page("home, national", manager, "/admin/")
    yield Page("due list, one area", coordinator, "/admin/due/")
    yield Page("due list, one area, by pupils to gain", coordinator, "/admin/due/?show=all&sort=gain")
    yield Page("due list, national", manager, "/admin/due/")
    yield Page("due list, national, searched", manager, "/admin/due/?show=never&q=st+mary")
    yield Page("calendar month, one area", coordinator, "/admin/calendar/")
    yield Page("calendar month, national", manager, "/admin/calendar/")
    yield Page("who could", coordinator, _uncovered_day("coordinator@example.org"))
    yield Page("volunteers, one area", coordinator, "/admin/schools/volunteer/")
    yield Page("volunteers, national, searched", manager, "/admin/schools/volunteer/?q=smith")
    yield Page("visits, one area", coordinator, "/admin/schools/visit/")
    yield Page("visits, national", manager, "/admin/schools/visit/?stage__exact=planned")
    yield Page("visits, national, searched", manager, "/admin/schools/visit/?q=st+mary")


def measure(found: list[Page], *, rounds: int, say: Callable[[str], Any] = print) -> bool:
    """Whether every page keeps within MOST times the floor, which is the first."""
    for page in found:
        page.count()
    for _ in range(rounds):
        for page in found:
            page.ask()
    floor, *others = found
    say(f"{floor.name}: {floor.median * 1000:.1f} ms, {floor.queries} queries")
    kept = True
    for page in others:
        ratio = page.median / floor.median
        kept = kept and ratio <= MOST
        missed = "" if ratio <= MOST else "  MISSED"
        cost = f"{page.median * 1000:.0f} ms, {page.queries} queries"
        say(f"{page.name}: {ratio:.1f} × the floor (at most {MOST:g}), {cost}{missed}")
    return kept


def main() -> None:
    """Fill the database where it is empty, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    set_up()
    from django.core.management import call_command
    from django.test.utils import override_settings

    from schools import models

    if not models.School.objects.exists():
        call_command("demo", size="national")
    with override_settings(ALLOWED_HOSTS=["*"]):
        kept = measure(list(pages()), rounds=options.rounds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
