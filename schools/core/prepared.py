"""Query sets that are written as SQL once in each process: to write a long one takes longer than to answer it."""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from schools.core.batched_queries import Compiled, Given


class Prepared[Row]:
    """A QuerySet that is written as SQL when it is first run, and after that only run.

    `rows` makes it: any QuerySet, also with `select_related`, `prefetch_related` or `values_list`. Whatever differs from one run
    to the next is a `Given` in it: neither a user, nor a day, nor ids that were looked up may be part of it. Why, and what it
    saves: docs/adr/0015-prepared-queries.md.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any, Row]]) -> None:
        self._rows = rows
        self._written: dict[str, tuple[QuerySet[Any, Row], SQLCompiler, Compiled]] = {}

    def run(self, **given: Any) -> list[Row]:
        """Return the rows, in the order of the QuerySet; one query, and those of its `prefetch_related`."""
        rows, compiler, (sql, values) = self._as_written()
        connection = connections[router.db_for_read(rows.model)]
        sent = tuple(value.as_value(given[value.name], connection) if isinstance(value, Given) else value for value in values)
        # Django asks the query for a compiler, and that for the SQL: it gets what it was told before, with other values.
        own, again = copy(compiler), rows.all()
        own.connection, own.using = connection, connection.alias
        own.as_sql = lambda *_, **__: (sql, sent)  # type: ignore[method-assign]
        again.query.get_compiler = lambda *_, **__: own  # type: ignore[method-assign]
        return list(again)

    def _as_written(self) -> tuple[QuerySet[Any, Row], SQLCompiler, Compiled]:
        """Return the QuerySet, what Django knows of its columns, and the SQL, which is blank where it can have no rows."""
        vendor = connections[DEFAULT_DB_ALIAS].vendor
        if vendor not in self._written:
            rows = self._rows()
            compiler = rows.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
            try:
                sql, values = compiler.as_sql()
            except EmptyResultSet:
                sql, values = "", ()
            self._written[vendor] = rows, compiler, (sql, list(values))
        return self._written[vendor]
