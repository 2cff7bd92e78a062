"""Whether somebody writes at this moment: what a long transaction does shows itself only once it is committed."""

from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet


def is_held(row: QuerySet[Any]) -> bool:
    """Return whether another transaction holds this row, which is there; nobody is waited for.

    A lock is a sign of life that cannot be left behind: it ends with the connection of whoever is killed. SQLite locks no rows
    but lets one transaction write at a time, so there any other writer counts as the row's, for the moment that it writes.
    """
    if connection.vendor == "sqlite":
        return _somebody_writes()
    with transaction.atomic():
        return row.select_for_update(no_key=True, skip_locked=True).first() is None


def _somebody_writes() -> bool:
    if connection.in_atomic_block:
        return False  # whoever is inside a transaction is the only writer
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        except OperationalError:
            return True
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience:d}")
    return False
