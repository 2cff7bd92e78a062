"""How tables are emptied after a test that commits: those with rows alone, and not what every migrate makes, if it is unchanged.

Django would empty all of some 140 tables, and then make content types, permissions, groups and what is built in anew: that is
most of what a test costs that commits.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.management import sql
from django.core.management.color import Style
from django.core.management.commands import flush
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from schools.materials.triggers import drop_triggers, keep_triggers
from schools.recovery.triggers import keep_record_as_it_is, let_record_go
from schools.volunteers.triggers import keep_looks_as_they_are, let_looks_go

COUNTS_OF_ROWS = (
    "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE reltuples >= 0 AND relnamespace = current_schema()::regnamespace",
    "DELETE FROM pg_statistic USING pg_class WHERE starelid = oid AND relnamespace = current_schema()::regnamespace",
)
"""Statements by which PostgreSQL forgets what an ANALYZE counted: counts of rows that went would make its plans absurd."""
_built_in: dict[str, int] = {}
"""A checksum of the rows of each table that post_migrate fills, of this process's test database; empty before the first flush."""


def statements(style: Style, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
    """Return the statements of Django's flush: a DELETE for each table with rows, but for what is as every migrate makes it.

    Foreign keys are checked at the end of the flush's transaction, so the order does not matter.
    """
    if options.get("reset_sequences"):
        _built_in.clear()
        return sql.sql_flush(style, connection, **options)
    filled = _tables_with_rows(connection)
    if not _built_in or _checksums(connection, _built_in) != _built_in:
        _built_in.clear()
    emptied = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in filled if table not in _built_in]  # noqa: S608  # our own tables
    return [*emptied, *COUNTS_OF_ROWS] if connection.vendor == "postgresql" else emptied


def make_what_is_built_in(verbosity: int, interactive: bool, db: str) -> None:
    """Do what a migrate does at its end; where all that it made still stands, the triggers alone, which each flush drops."""
    if _built_in:
        keep_triggers(using=db)
        keep_looks_as_they_are(using=db)
        keep_record_as_it_is(using=db)
        return
    sql.emit_post_migrate_signal(verbosity, interactive, db)
    _built_in.update(_checksums(connections[db], _tables_with_rows(connections[db])))


def let_rows_go() -> None:
    """Drop the triggers that refuse to let rows be deleted, before a flush; its end brings them back."""
    drop_triggers()
    let_looks_go()
    let_record_go()


def _tables_with_rows(connection: BaseDatabaseWrapper) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        asked = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})" for name in tables)  # noqa: S608  # the same
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]


def _checksums(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        sums = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # the same
            sums[table] = hash(frozenset(map(str, cursor.fetchall())))
        return sums


def empty_what_has_rows() -> None:
    """Let every flush of this process do so."""
    changed = pytest.MonkeyPatch()
    changed.setattr(flush, "sql_flush", statements)
    changed.setattr(flush, "emit_post_migrate_signal", make_what_is_built_in)
