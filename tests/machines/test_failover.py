"""The primary dies while outcomes are stored: what was confirmed is there, and what was repeated happened once."""

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schools.running.processes import PROCESSES
from tests.live.crowd import crowd, lost_outcomes, world
from tests.live.installation import Installation, Postgres, eventually, free_port
from tests.machines.cluster import PgBouncer, commit_milliseconds, killed_at_the_end, make_synchronous
from tests.mail_server import mail_server

WRITERS = 4
SESSIONS = 150
"""Of each of them, in each of two failovers: more than they get through."""
ENOUGH = 120
"""Confirmed outcomes after which the primary dies."""


@dataclass
class Machines:
    """Servers, in the order in which they became the primary; the last follows the last but one, or leads alone."""

    home: Path
    servers: list[Postgres]
    bouncer: PgBouncer
    site: Installation
    people: list[Any]
    """For each of two failovers: who comes, and their work."""
    confirmed: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Key and pupils by session, in both."""

    def add_replica(self) -> Postgres:
        """A further server that follows the last one."""
        home = self.home / f"server-{len(self.servers)}"
        home.mkdir()
        home.chmod(0o755)
        self.servers.append(Postgres(home, replica_of=self.servers[-1]))
        return self.servers[-1]


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    home = Path(tempfile.mkdtemp(prefix="speakout-machines."))
    home.chmod(0o755)
    (home / "server-0").mkdir()
    first = Postgres(home / "server-0")
    servers = [first]
    try:
        with killed_at_the_end(servers), mail_server() as mail:
            bouncer = PgBouncer(home / "bouncer", first)
            site = site_behind(bouncer, home, mail.port)
            made = Machines(home, servers, bouncer, site, [])
            try:
                site.postgres = first
                made.add_replica()
                site.manage("migrate", "--verbosity=0")
                site.manage("createcachetable")
                site.manage("collectstatic", "--noinput", "--verbosity=0")
                made.people = world(site, *[f"reporters({WRITERS}, {SESSIONS})"] * 2)
                site.start(next(process for process in PROCESSES if process.name == "web"))
                eventually(lambda: site.ask("/live/") == 200)
                yield made
            finally:
                site.kill_all()
                bouncer.stop()
    finally:
        shutil.rmtree(home)


def site_behind(bouncer: PgBouncer, home: Path, mail_port: int) -> Installation:
    """The processes, with the settings of docs/operations.md for several machines."""
    logs = home / "logs"
    logs.mkdir()
    servers = f"{home}/server-0,{home}/server-1,{home}/server-2"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "speakout.settings.production",
        "SPEAKOUT_SECRET_KEY": "throw-away-key-of-a-test-that-is-long-enough-for-django-0123456789",
        "SPEAKOUT_ALLOWED_HOSTS": "speakout.example.org",
        "SPEAKOUT_DATABASE_URL": bouncer.url,
        "SPEAKOUT_DIRECT_URL": f"postgres://speakout@/speakout?host={servers}&target_session_attrs=read-write",
        "SPEAKOUT_REPLICA_URL": f"postgres://speakout@/speakout?host={home}/server-1",
        "SPEAKOUT_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "SPEAKOUT_MAIL_FROM": "speakout@example.org",
        "SPEAKOUT_PROXIES": "1",
    }
    return Installation(None, None, free_port(), logs, environment)  # type: ignore[arg-type]  # the servers are in Machines


def fail_over(machines: Machines) -> dict[int, tuple[str, int]]:
    """Let people store outcomes, kill the primary in the middle, promote its replica, and let them come to an end."""
    primary, replica = machines.servers[-2:]
    with crowd(machines.site, f"people-{len(machines.servers)}") as people:
        began = time.monotonic()
        for cookie, work in machines.people.pop():
            people.come("report", cookie=cookie, work=work)
        eventually(lambda: people.lines("refused") or len(people.outcomes()) >= ENOUGH)
        primary.kill()
        died, confirmed = time.monotonic(), people.outcomes()
        replica.promote()
        machines.bouncer.point_to(replica)
        machines.site.postgres = replica
        eventually(lambda: len(people.outcomes()) > len(confirmed) + WRITERS)
        back = time.monotonic() - died
        eventually(lambda: len(people.outcomes()) >= len(confirmed) + ENOUGH // 2)
        people.leave()
    machines.confirmed |= people.outcomes()
    answers = sum((Counter(line["answers"]) for line in people.lines("answers")), Counter[str]())
    again = sum(line["tries"] > 0 for line in people.lines("outcome"))
    print(f"{len(confirmed)} outcomes were confirmed in {died - began:.1f} s when the primary died.")
    print(f"Outcomes were stored again after {back:.1f} s. Answers: {dict(answers)}.")
    print(f"At the end {len(people.outcomes())} were confirmed, {again} of them sent again.")
    return confirmed


def test_with_a_synchronous_standby_nothing_that_was_confirmed_is_lost(machines: Machines) -> None:
    primary, replica = machines.servers
    without = commit_milliseconds(primary)
    make_synchronous(primary, standbys="*")
    print(f"A commit takes {without:.2f} ms alone, {commit_milliseconds(primary):.2f} ms with a synchronous standby.")
    fail_over(machines)
    assert replica.rows("SELECT pg_is_in_recovery()") == [(False,)]
    assert lost_outcomes(machines.site, machines.confirmed) == set()


def test_without_one_the_loss_is_measured_and_nothing_is_there_twice(machines: Machines) -> None:
    follower = machines.add_replica()
    make_synchronous(machines.servers[-2], standbys="")
    confirmed = fail_over(machines)
    lost = lost_outcomes(machines.site, machines.confirmed)
    assert lost <= set(confirmed), "only what was confirmed before the primary died can be lost"
    assert follower.rows("SELECT pg_is_in_recovery()") == [(False,)]
    print(f"Without a synchronous standby {len(lost)} confirmed outcomes were lost.")
