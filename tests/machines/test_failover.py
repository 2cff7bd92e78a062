"""The primary dies while outcomes are stored: what was confirmed is there, and what was repeated happened once."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from schools.running.processes import PROCESSES
from tests.live.installation import PYTHON, ROOT, Installation, Postgres, eventually, free_port
from tests.machines.cluster import PgBouncer, commit_milliseconds, killed_at_the_end, make_synchronous
from tests.machines.writers import Confirmed, Writer, world
from tests.mail_server import mail_server

WRITERS = 4
SESSIONS = 300
"""Of each writer: more than they get through."""
ENOUGH = 120
"""Confirmed outcomes after which the primary dies."""


@dataclass
class Machines:
    """Servers, in the order in which they became the primary; the last follows the last but one, or leads alone."""

    home: Path
    servers: list[Postgres]
    bouncer: PgBouncer
    site: Installation
    people: list[tuple[str, Any]]
    confirmed: Confirmed = field(default_factory=Confirmed)

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
                made.people = world([PYTHON, str(ROOT / "manage.py")], site.environment, people=WRITERS, sessions=SESSIONS)
                site.start(next(process for process in PROCESSES if process.name == "web"))
                eventually(lambda: site.ask("/health/") == 200)
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


def fail_over(machines: Machines) -> dict[str, Any]:
    """Let people store outcomes, kill the primary in the middle, promote its replica, and let them come to an end."""
    before = len(machines.confirmed.kept)
    primary, replica = machines.servers[-2:]
    stop = Event()
    began = time.monotonic()
    writers = [Writer(machines.site.port, cookie, work, machines.confirmed, stop).start() for cookie, work in machines.people]
    try:
        eventually(lambda: len(machines.confirmed.kept) >= before + ENOUGH)
        primary.kill()
        died = time.monotonic()
        confirmed = dict(machines.confirmed.kept)
        replica.promote()
        machines.bouncer.point_to(replica)
        eventually(lambda: len(machines.confirmed.kept) > len(confirmed) + WRITERS)
        back = time.monotonic() - died
        eventually(lambda: len(machines.confirmed.kept) >= len(confirmed) + ENOUGH // 2)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    return {"confirmed": confirmed, "seconds_to_die": died - began, "seconds_away": back}


def compare(machines: Machines) -> set[int]:
    """The sessions of which the site said that they are kept and that are not there; AssertionError for what is there twice."""
    server = machines.servers[-1]
    there = {session: (str(key), pupils) for session, key, pupils in server.rows(STORED)}
    lost = {session for session, kept in machines.confirmed.kept.items() if there.get(session) != kept}
    assert {row for row in lost if row in there} == set(), "what is there is what was sent"
    assert set(there) <= set(machines.confirmed.kept), "nothing is there that nobody sent"
    assert server.rows("SELECT count(*) FROM schools_outcomesubmission") == [(len(there),)], "each came in once"
    assert server.rows("SELECT DISTINCT version FROM schools_session WHERE stage = 'delivered'") == [(1,)], "and was stored once"
    assert server.rows(TWICE) == []
    return lost


STORED = """
SELECT schools_session.id, key, pupils FROM schools_session
JOIN schools_outcomesubmission ON schools_outcomesubmission.session_id = schools_session.id
JOIN schools_headcount ON schools_headcount.session_id = schools_session.id WHERE stage = 'delivered'
"""
TWICE = "SELECT id FROM schools_historicalsession WHERE stage = 'delivered' GROUP BY id HAVING count(*) > 1"


def test_with_a_synchronous_standby_nothing_that_was_confirmed_is_lost(machines: Machines) -> None:
    primary, replica = machines.servers
    without = commit_milliseconds(primary)
    make_synchronous(primary, standbys="*")
    print(f"A commit takes {without:.2f} ms alone, {commit_milliseconds(primary):.2f} ms with a synchronous standby.")
    seen = fail_over(machines)
    assert replica.rows("SELECT pg_is_in_recovery()") == [(False,)]
    assert compare(machines) == set()
    report(machines, seen, "with a synchronous standby", 0)


def test_without_one_the_loss_is_measured_and_nothing_is_there_twice(machines: Machines) -> None:
    follower = machines.add_replica()
    make_synchronous(machines.servers[-2], standbys="")
    seen = fail_over(machines)
    lost = compare(machines)
    assert lost <= set(seen["confirmed"]), "only what was confirmed before the primary died can be lost"
    assert follower.rows("SELECT pg_is_in_recovery()") == [(False,)]
    report(machines, seen, "without a synchronous standby", len(lost))


def report(machines: Machines, seen: dict[str, Any], how: str, lost: int) -> None:
    """Print what was measured."""
    all_of_them = machines.confirmed
    print(f"{how}: {len(seen['confirmed'])} outcomes were confirmed in {seen['seconds_to_die']:.1f} s when the primary died.")
    print(f"Outcomes were stored again after {seen['seconds_away']:.1f} s. Answers: {all_of_them.statuses}.")
    print(f"At the end {len(all_of_them.kept)} were confirmed, {len(all_of_them.repeated)} of them sent again; lost: {lost}.")
