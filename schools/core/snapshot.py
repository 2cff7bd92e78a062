"""A snapshot of the database: everything is read as of one moment while others go on writing."""

from collections.abc import Generator
from contextlib import contextmanager

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from schools.core.databases import heavy_reading


@contextmanager
def snapshot() -> Generator[None]:
    """Read everything inside as of one moment, so that two streams of rows agree; nobody who writes has to wait.

    It is heavy reading, so the moment may be one of the replica. Inside an open transaction, or another snapshot, the outer one
    decides the moment. Nothing may be written inside.
    """
    with heavy_reading() as alias:
        connection = connections[alias]
        if connection.in_atomic_block or _has_begun(connection):
            yield
        elif connection.vendor == "postgresql":
            with transaction.atomic(using=alias), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield
        else:
            # A plain BEGIN, because ours are IMMEDIATE and would lock the file for as long as somebody reads.
            with connection.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")
                try:
                    yield
                finally:
                    cursor.execute("ROLLBACK")


def _has_begun(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a snapshot of SQLite is open: Django knows nothing of a BEGIN that was executed by hand."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction
