"""Reading a database as of one moment while others go on writing."""

from collections.abc import Generator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Generator[None]:
    """Everything read inside is as of one moment, so that two streams of rows fit together; nobody who writes has to wait.

    Inside a transaction that is open already, or another moment, that one decides. Nothing may be written inside.
    """
    if connection.in_atomic_block or _has_begun():
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
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


def _has_begun() -> bool:
    """Whether a moment of SQLite's is open: Django knows nothing of a BEGIN that was executed by hand."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction
