"""How long a volunteer's report takes at a national charity of ten years, as a multiple of a page of the portal in the same run.

Run as `python -m tests.bench.reporting` on the database that SPEAKOUT_DATABASE_URL names, which is migrated and filled where it
is empty (as by tests.bench.reach). The floor is the volunteer's own first page. Each round asks for it, for the form about a day
of two sessions, and stores their outcomes; the medians are compared. Everything that it makes is rolled back. Exits 1 where one
takes more than its multiple, or where the charity is too small.
"""

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
django.setup()

from django.core.management import call_command  # noqa: E402  # Django must be set up first
from django.db import connection, transaction  # noqa: E402  # as above
from django.test import Client  # noqa: E402  # as above
from django.test.utils import override_settings  # noqa: E402  # as above
from django.utils import timezone  # noqa: E402  # as above

from schools.models import Clearance, Session  # noqa: E402  # as above
from tests.bench.national import make_national  # noqa: E402  # as above
from tests.factories import AreaFactory, able_volunteer  # noqa: E402  # as above
from tests.live.world import begin_at  # noqa: E402  # as above
from tests.portal.pages import client_of, day_url, morning_at, school_in, whole_day  # noqa: E402  # as above

MOST = {"the form about a day": 4.0, "storing the day": 7.0}
"""Each divided by the floor."""
LEAST_SESSIONS = 250_000
FLOOR = "the first page"


def seconds_of(client: Client, sessions: list[Session]) -> dict[str, float]:
    """Ask for the floor, open the form about the day and store it; return what each took."""
    taken: dict[str, float] = {}

    def timed(name: str, address: str, typed: dict[str, object] | None = None) -> None:
        started = time.perf_counter()
        answer = client.get(address) if typed is None else client.post(address, typed)
        taken[name] = time.perf_counter() - started
        expected = 200 if typed is None else 302
        if answer.status_code != expected:
            sys.exit(f"{address} answered {answer.status_code}.")

    timed(FLOOR, "/")
    timed("the form about a day", day_url(sessions[0]))
    timed("storing the day", day_url(sessions[0]), whole_day(sessions, "28", "31"))
    return taken


def measured(rounds: int) -> dict[str, float]:
    """Return the median seconds of each, over rounds that report a new day each time."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"]):
        begin_at(1_000_000)  # behind the numbers that the charity's rows have
        area, today = AreaFactory(), timezone.localdate()
        volunteer = able_volunteer(area, signs_in=True)
        Clearance.objects.filter(volunteer=volunteer).update(recheck_on=today + timedelta(days=365))
        client = client_of(volunteer)
        for number in range(rounds + 1):
            school = school_in(area, name=f"School {number}")
            sessions = morning_at(school, volunteer, day=today - timedelta(days=1 + number))
            for name, taken in seconds_of(client, sessions).items():
                if number:  # the first round fills what the process keeps
                    seconds[name].append(taken)
        transaction.set_rollback(True)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    call_command("migrate", verbosity=0)
    if not Session.objects.exists():
        make_national()
    if (sessions := Session.objects.count()) < LEAST_SESSIONS:
        print(f"{sessions:,} sessions are too few: name an empty database")
        return 2
    medians = measured(rounds)
    print(f"{connection.vendor}, {sessions:,} sessions; {FLOOR}: {medians[FLOOR] * 1000:.0f} ms")
    ratios = {name: medians[name] / medians[FLOOR] for name in MOST}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} × the floor (at most {MOST[name]}){'' if ratio <= MOST[name] else '  MISSED'}")
    return int(any(ratio > MOST[name] for name, ratio in ratios.items()))


if __name__ == "__main__":
    sys.exit(main())
