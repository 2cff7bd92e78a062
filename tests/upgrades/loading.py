"""Loads the dump of an earlier version into a new SQLite file: `python -m tests.upgrades.loading FILE [VERSION]`."""

import gzip
import sys
from pathlib import Path

from django.conf import settings
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests.upgrades.dumps import dump_file


def load_sqlite(path: Path, version: str) -> None:
    """Make the file with the tables and rows that the version had."""
    dump = gzip.decompress(dump_file(version, "sqlite").read_bytes()).decode()
    earlier = DatabaseWrapper({**settings.DATABASES["default"], "NAME": str(path), "TIME_ZONE": None})
    connection = earlier.get_new_connection(earlier.get_connection_params())  # Django's own functions stand in constraints
    try:
        connection.executescript(f"PRAGMA foreign_keys = OFF; {dump}")  # tables come by name
    finally:
        connection.close()


if __name__ == "__main__":
    load_sqlite(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "0.2.0")
