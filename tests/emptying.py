"""How PostgreSQL's tables are emptied after a test that commits: those with rows alone, in half the time."""

from typing import Any

import pytest
from django.core.management import sql
from django.core.management.color import Style
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper


def statements(style: Style, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
    """Return the statements of Django's flush: a DELETE for each table with rows, where Django would TRUNCATE all of some 130.

    Foreign keys are checked at the end of the flush's transaction, so the order does not matter.
    """
    if connection.vendor != "postgresql" or options.get("reset_sequences"):
        return sql.sql_flush(style, connection, **options)
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted))  # noqa: S608  # our own tables
        return [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]  # noqa: S608  # our own tables


def empty_what_has_rows() -> None:
    """Let every flush of this process do so."""
    pytest.MonkeyPatch().setattr(flush, "sql_flush", statements)
