"""A connection to SQLite that keeps the planner's statistics good when it ends (docs/operations.md, Databases)."""

import os
import sqlite3
from contextlib import suppress
from time import monotonic
from typing import Any

EVERY = 600.0
"""Seconds for which a process that opens and closes connections does not look again whether tables have grown."""

OPTIMIZE = "PRAGMA optimize = 0x10012"
"""Counts, from a sample, each table that was never counted or is now ten times as large or as small, whoever has read it."""

_due_at = 0.0
"""By `monotonic()`; the threads of a process share it."""


class Connection(sqlite3.Connection):
    """A connection that looks at its end whether tables have grown; nobody is kept waiting for that.

    SQLite has no process of its own that could do it. Without statistics it takes each condition for as good as any other, and
    reads a table of ten years for a few rows.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._process = os.getpid()

    def close(self) -> None:
        """Close the connection, once in a while after a look at the statistics; twice is no harm."""
        # Whoever writes now is not waited for, and whatever is wrong with the file is not the business of who closes it.
        with suppress(sqlite3.Error):
            # A process that was forked has the file of its parent, and must not use it.
            if monotonic() >= _due_at and not self.in_transaction and self._process == os.getpid():
                self._keep_statistics()
        super().close()

    def _keep_statistics(self) -> None:
        global _due_at  # noqa: PLW0603  # one file, one moment for the whole process
        _due_at = monotonic() + EVERY
        self.execute("PRAGMA busy_timeout = 0")
        self.execute(OPTIMIZE).fetchall()
