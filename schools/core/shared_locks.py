"""Locks that all processes and machines of an installation share, and that end with whoever holds them, however they end."""

import fcntl
from contextlib import closing, suppress
from io import IOBase
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from django.db import DEFAULT_DB_ALIAS, connections

from schools.core.databases import AWAY, direct_alias


class SharedLocks(Protocol):
    """The locks of one family, told apart by their numbers, as one holder sees them."""

    def take(self, number: int) -> bool:
        """Return whether the lock is ours now; nobody is waited for."""

    def wait_for(self, number: int) -> None:
        """Wait until the lock is ours."""

    def give_back(self, number: int) -> None:
        """Give one back that is ours."""

    def close(self) -> None:
        """Give back everything that is ours; a second time is no harm."""


def shared_locks(family: str) -> SharedLocks:
    """Return the locks of a family for one holder, who closes them. Raises what Django raises where the database is away."""
    vendor = connections[DEFAULT_DB_ALIAS].vendor
    return _OfServer(family) if vendor == "postgresql" else _OfFiles(family)


class _OfServer:
    """PostgreSQL's own locks, held by a connection beside the pool's: PostgreSQL gives them back when the connection ends.

    The connection stays inside one transaction, so that PgBouncer, too, keeps one session of the server for it. It reads and
    writes nothing, and holds up no cleaning of tables.
    """

    def __init__(self, family: str) -> None:
        self._family = crc32(family.encode()) - 2**31
        # Not from the pool: where that has one connection for each process, we would wait for ourselves.
        self._connection = connections[direct_alias()].copy()
        self._connection.settings_dict["OPTIONS"].pop("pool", None)
        self._connection.set_autocommit(False)

    def take(self, number: int) -> bool:
        """Return whether the lock is ours now."""
        return bool(self._answer("SELECT pg_try_advisory_lock(%s, %s)", number))

    def wait_for(self, number: int) -> None:
        """Wait until the lock is ours."""
        self._answer("SELECT pg_advisory_lock(%s, %s)", number)

    def give_back(self, number: int) -> None:
        """Give it back."""
        self._answer("SELECT pg_advisory_unlock(%s, %s)", number)

    def close(self) -> None:
        """Give everything back and end the connection; one that was lost has given everything back already."""
        with suppress(*AWAY), closing(self._connection) as connection:
            if connection.connection is not None:
                # The server notices only a little later that a connection has ended, and so long nobody else would get the locks.
                # In one message: once the transaction has ended, PgBouncer would send another one to another session.
                with connection.cursor() as cursor:
                    cursor.execute("ROLLBACK; SELECT pg_advisory_unlock_all()")

    def _answer(self, statement: str, number: int) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, [self._family, number])
            return cursor.fetchone()[0]


class _OfFiles:
    """Locks of the system on empty files beside SQLite's own, which all its processes share; the system gives them back."""

    def __init__(self, family: str) -> None:
        self._beginning = f"{connections[DEFAULT_DB_ALIAS].settings_dict['NAME']}-{family}"
        self._files: dict[int, IOBase] = {}

    def take(self, number: int) -> bool:
        """Return whether the lock is ours now."""
        return self._lock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def wait_for(self, number: int) -> None:
        """Wait until the lock is ours."""
        self._lock(number, fcntl.LOCK_EX)

    def give_back(self, number: int) -> None:
        """Give it back."""
        self._files.pop(number).close()

    def close(self) -> None:
        """Close every file."""
        while self._files:
            self._files.popitem()[1].close()

    def _lock(self, number: int, how: int) -> bool:
        file = Path(f"{self._beginning}-{number}").open("a")  # noqa: SIM115  # open for as long as the lock is ours
        try:
            fcntl.flock(file, how)
        except BlockingIOError:
            file.close()
            return False
        self._files[number] = file
        return True
