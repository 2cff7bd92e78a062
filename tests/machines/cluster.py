"""A primary, its replicas and PgBouncer before them, on this machine alone."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.live.installation import Postgres, eventually

BOUNCER = """
[databases]
speakout = host={home} dbname=speakout user=speakout
[pgbouncer]
listen_addr =
unix_socket_dir = {here}
listen_port = 6432
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 20
server_login_retry = 1
tcp_keepidle = 20
tcp_keepintvl = 5
tcp_keepcnt = 3
tcp_user_timeout = 20000
logfile = {here}/log
"""
"""As docs/operations.md has it, but for the sign-in and the addresses."""


class PgBouncer:
    """PgBouncer in transaction mode."""

    def __init__(self, here: Path, server: Postgres) -> None:
        here.mkdir()
        here.chmod(0o777)
        self.here, self._file = here, here / "pgbouncer.ini"
        self._write(server)
        program = ["/usr/sbin/pgbouncer", str(self._file)]
        self._process = subprocess.Popen([*server.as_postgres, *program], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually((here / ".s.PGSQL.6432").exists)

    @property
    def url(self) -> str:
        """The setting that names it."""
        return f"postgres://speakout@/speakout?host={self.here}&port=6432"

    def _write(self, server: Postgres) -> None:
        self._file.write_text(BOUNCER.format(home=server.home, here=self.here))

    def point_to(self, server: Postgres) -> None:
        """Send everybody to another server, as an operator does: the file, and RELOAD."""
        self._write(server)
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Stop it at once; asked in a friendlier way it waits for everybody who is connected."""
        self._process.kill()
        self._process.wait()


def make_synchronous(primary: Postgres, *, standbys: str) -> None:
    """Let commits wait for a replica (`*`: any), or for none (blank)."""
    primary.rows(f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'")
    primary.rows("SELECT pg_reload_conf()")
    state = "sync" if standbys else "async"
    eventually(lambda: primary.rows("SELECT sync_state FROM pg_stat_replication") == [(state,)])


def hold_back(primary: Postgres) -> None:
    """Let nothing more leave for the replica, as a line does that is slow. It ends with the primary's death."""
    for (process,) in primary.rows("SELECT pid FROM pg_stat_replication"):
        os.kill(process, signal.SIGSTOP)


def commit_milliseconds(server: Postgres, number: int = 200) -> float:
    """How long a commit of one row takes, on average."""
    with psycopg.connect(host=str(server.home), user="speakout", dbname="speakout", autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS drill (row int)")
        began = time.monotonic()
        for row in range(number):
            connection.execute("INSERT INTO drill VALUES (%s)", (row,))
        return (time.monotonic() - began) * 1000 / number


@contextmanager
def killed_at_the_end(servers: list[Postgres]) -> Iterator[None]:
    """Leave no server behind; the list may grow meanwhile."""
    try:
        yield
    finally:
        for server in servers:
            if (server.data / "postmaster.pid").exists():
                server.kill()
