"""A mapping for what a long file says: its values are in a temporary file, so that memory does not grow with them."""

import pickle  # reads only what this process has written into a file that nobody else can open
import sqlite3
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import Any

CACHE_KIBIBYTES = 1024


def _as_it_is(value: Any) -> Any:
    return value


class OnDisk[Value]:
    """Values by key, in the order in which the keys came; the file goes with the mapping.

    Keys are equal where they read the same: texts, numbers, days, times and tuples of them. `pack` makes of a value what can be
    pickled, `unpack` makes the value of it again. A value that was got is a copy: store it again after a change.
    """

    def __init__(self, pack: Callable[[Value], Any] = _as_it_is, unpack: Callable[[Any], Value] = _as_it_is) -> None:
        self._pack, self._unpack = pack, unpack
        # SQLite gives a database without a name a file of its own, which has no name either and goes with the connection.
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Whichever thread lets go of the mapping closes the file.
        weakref.finalize(self, self._rows.close)
        for statement in (
            "PRAGMA journal_mode = OFF",
            f"PRAGMA cache_size = -{CACHE_KIBIBYTES}",
            "CREATE TABLE kept (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, value BLOB NOT NULL)",
            "BEGIN",
        ):
            self._rows.execute(statement)

    def get(self, key: Hashable) -> Value | None:
        """Return the key's value; None where there is none."""
        row = self._rows.execute("SELECT value FROM kept WHERE key = ?", [repr(key)]).fetchone()
        return self._unpack(pickle.loads(row[0])) if row else None  # noqa: S301  # as above

    def __setitem__(self, key: Hashable, value: Value) -> None:
        """Store the value; a key that is there keeps its place."""
        values = (repr(key), pickle.dumps(self._pack(value)))
        self._rows.execute("INSERT INTO kept (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", values)

    def setdefault(self, key: Hashable, value: Value) -> Value:
        """Return the key's value; store this one where there is none."""
        known = self.get(key)
        if known is None:
            self[key] = value
            return value
        return known

    def discard(self, key: Hashable) -> None:
        """Take the key out, if it is there."""
        self._rows.execute("DELETE FROM kept WHERE key = ?", [repr(key)])

    def __contains__(self, key: Hashable) -> bool:
        return self._rows.execute("SELECT 1 FROM kept WHERE key = ?", [repr(key)]).fetchone() is not None

    def __len__(self) -> int:
        return int(self._rows.execute("SELECT count(*) FROM kept").fetchone()[0])

    def values(self) -> Iterator[Value]:
        """Yield all values, in the order in which their keys came."""
        for (value,) in self._rows.execute("SELECT value FROM kept ORDER BY number"):
            yield self._unpack(pickle.loads(value))  # noqa: S301  # as above
