"""The cache in a table of the database, for pages that read as of one moment: inside of a snapshot nothing is written."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection

from schools.core.snapshot import afterwards, is_open


class Cache(DatabaseCache):
    """Django's cache in a table; what is kept inside of a snapshot is written when that has ended.

    Django's own keeps nothing there without a word, and deletes what has expired when somebody asks for it. PostgreSQL refuses
    that in a transaction that reads only, and with it everything that the page asks from then on.
    """

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Keep a value; inside of a snapshot as it is when that has ended."""
        write = partial(super().set, key, value, timeout, version)
        if is_open():
            afterwards(partial(_if_nobody_writes, write))
        else:
            write()

    def _base_delete_many(self, keys: Sequence[str]) -> bool:
        """Leave what has expired where it is for as long as a snapshot is open; it counts as missing all the same."""
        return False if is_open() else bool(super()._base_delete_many(keys))  # type: ignore[misc]  # its stubs leave it out


def _if_nobody_writes(write: Callable[[], None]) -> None:
    """Keep it; on SQLite not while somebody writes, such as an import for minutes: the page is ready, and would wait for them."""
    if connection.vendor != "sqlite":
        write()
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        [usual] = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            write()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
