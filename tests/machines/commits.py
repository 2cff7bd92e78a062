"""How many confirmed commits a failover loses: `python -m tests.machines.commits [ROWS]`, confirmed when the primary dies.

Programs store rows with keys through PgBouncer and repeat, with the same key, what got no answer. The primary is killed, its
replica is promoted. With a synchronous standby the run fails where anything confirmed is missing; without one it prints how much.
Once the line to the replica is slow when it happens: then the loss without a standby has to be seen, or the drill sees nothing.
"""

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Lock, Thread
from uuid import uuid4

import psycopg

from tests.live.installation import Postgres, eventually
from tests.machines.cluster import PgBouncer, commit_milliseconds, hold_back, killed_at_the_end, make_synchronous

WRITERS = 4
ENOUGH = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
CONFIRMED_IN_TIME = 60.0
LATE = 0.3
"""Seconds by which the replica is behind where the line is slow."""


class Rows:
    """What was confirmed, and how often a row was sent again."""

    def __init__(self) -> None:
        self.confirmed: set[str] = set()
        self.repeated: set[str] = set()
        self.lock = Lock()

    def write(self, bouncer: PgBouncer, stop: Event) -> None:
        """Store row after row until told to stop; each that was begun is brought to its end."""
        connection: psycopg.Connection | None = None
        while not stop.is_set():
            key, ends = str(uuid4()), time.monotonic() + CONFIRMED_IN_TIME
            while True:
                try:
                    if connection is None:
                        connection = psycopg.connect(
                            host=str(bouncer.here), port=6432, user="speakout", dbname="speakout", autocommit=True,
                            prepare_threshold=None,
                        )  # fmt: skip
                    connection.execute("INSERT INTO kept (key) VALUES (%s) ON CONFLICT DO NOTHING", (key,))
                    break
                except psycopg.Error:
                    connection = None
                    assert time.monotonic() < ends, "the database did not come back"
                    with self.lock:
                        self.repeated.add(key)
                    time.sleep(0.05)
            with self.lock:
                self.confirmed.add(key)


def lost_in_failover(home: Path, *, synchronous: bool, slow_line: bool) -> int:
    """Print what happened, and return how many confirmed rows are not there. AssertionError where a row is there twice."""
    (home / "server-0").mkdir(parents=True)
    (home / "server-1").mkdir()
    home.chmod(0o755)
    servers: list[Postgres] = []
    with killed_at_the_end(servers):
        primary = Postgres(home / "server-0")
        servers.append(primary)
        primary.rows("CREATE TABLE kept (key text PRIMARY KEY, row bigint GENERATED ALWAYS AS IDENTITY)")
        replica = Postgres(home / "server-1", replica_of=primary)
        servers.append(replica)
        make_synchronous(primary, standbys="*" if synchronous else "")
        milliseconds = commit_milliseconds(primary)
        bouncer = PgBouncer(home / "bouncer", primary)
        try:
            rows, away = kill_and_promote(bouncer, primary, replica, late=LATE if slow_line else 0)
        finally:
            bouncer.stop()
        there = [key for (key,) in replica.rows("SELECT key FROM kept")]
        assert len(there) == len(set(there))
        lost = len(rows.confirmed - set(there))
        how = "with a synchronous standby" if synchronous else "without a synchronous standby"
        line = f", {LATE} s behind" if slow_line else ""
        print(f"{how}{line}: a commit takes {milliseconds:.2f} ms; the database was away for {away:.1f} s;")
        print(f"    {len(rows.confirmed):,} rows confirmed, {len(rows.repeated)} sent again, none twice; lost: {lost}.")
    return lost


def kill_and_promote(bouncer: PgBouncer, primary: Postgres, replica: Postgres, *, late: float) -> tuple[Rows, float]:
    """Let programs write, kill the primary in the middle, promote, and let them come to an end."""
    rows, stop = Rows(), Event()
    writers = [Thread(target=rows.write, args=(bouncer, stop)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        eventually(lambda: len(rows.confirmed) >= ENOUGH)
        if late:
            hold_back(primary)
            time.sleep(late)
        primary.kill()
        died, so_far = time.monotonic(), len(rows.confirmed)
        replica.promote()
        bouncer.point_to(replica)
        eventually(lambda: len(rows.confirmed) > so_far + WRITERS)
        away = time.monotonic() - died
        eventually(lambda: len(rows.confirmed) > so_far + ENOUGH // 4)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    return rows, away


def main() -> int:
    """Play all; 1 where a confirmed row is lost in spite of a synchronous standby, or where a loss goes unnoticed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="speakout-commits."))
    home.chmod(0o755)
    try:
        lost = lost_in_failover(home / "synchronous", synchronous=True, slow_line=True)
        lost_in_failover(home / "asynchronous", synchronous=False, slow_line=False)
        seen = lost_in_failover(home / "slow", synchronous=False, slow_line=True)
    finally:
        shutil.rmtree(home)
    return 1 if lost or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
