"""Query sets that are written as SQL once in each process: to write a long one takes longer than to answer it."""

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from schools.core.batched_queries import Compiled, Given


class GivenRows(Given):
    """Rows that a `Prepared` gets as a QuerySet when it runs, for `IsAmong(F("pk"), GivenRows("sessions"))`; still one query."""

    def __init__(self, name: str) -> None:
        super().__init__(name, BigIntegerField())

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return the place for a subquery of one column, with itself in the place of what that is given."""
        return f"({self.place})", (self,)

    @property
    def place(self) -> str:
        """What stands in the SQL where the subquery comes."""
        return f"/* {self.name} */"


class Prepared[Row]:
    """A QuerySet that is written as SQL when it is first run, and after that only run.

    `rows` makes it: any QuerySet, also with `select_related`, `prefetch_related` or `values_list`. Whatever differs from one run
    to the next is a `Given` in it: neither a user, nor a day, nor ids that were looked up may be part of it. Why, and what it
    saves: docs/adr/0015-prepared-queries.md.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any, Row]]) -> None:
        self._rows = rows
        self._written: dict[str, _Written[Row]] = {}

    def run(self, **given: Any) -> list[Row]:
        """Return the rows, in the order of the QuerySet; one query, and those of its `prefetch_related`."""
        written = self._as_written()
        connection = connections[router.db_for_read(written.rows.model)]
        try:
            filled = _filled_in(written.statement, given, connection)
        except EmptyResultSet:  # of rows that were given
            return []
        # Django asks the query for a compiler, and that for the SQL: it gets what it was told before, with other values.
        own, again = copy(written.compiler), written.rows.all()
        own.connection, own.using = connection, connection.alias
        own.as_sql = lambda *_, **__: filled  # type: ignore[method-assign]  # on this copy alone
        own.get_converters = lambda *_: SQLCompiler.get_converters(own, written.converted)  # type: ignore[method-assign]  # likewise
        again.query.get_compiler = lambda *_, **__: own  # type: ignore[method-assign]  # on this clone alone
        return list(again)

    def _as_written(self) -> "_Written[Row]":
        vendor = connections[DEFAULT_DB_ALIAS].vendor
        if vendor not in self._written:
            rows = self._rows()
            compiler = rows.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
            sql, values = compiler.as_sql()
            columns = [column for column, *_ in compiler.select[: compiler.col_count]]
            with_converters = compiler.get_converters(columns)
            converted = [column if number in with_converters else None for number, column in enumerate(columns)]
            compiler.connection = None  # this thread's, which each run replaces: it may end before us
            self._written[vendor] = _Written(rows, compiler, (sql, list(values)), converted)
        return self._written[vendor]


class _Written[Row](NamedTuple):
    """What is kept of a QuerySet."""

    rows: QuerySet[Any, Row]
    compiler: SQLCompiler
    """What Django knows of its columns."""
    statement: Compiled
    converted: list[Any]
    """The columns whose values Django converts, and None for the others: to ask each costs more than to run the SQL."""


def _filled_in(written: Compiled, given: Mapping[str, Any], connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
    """Return the statement with what is given."""
    sql, sent, subqueries = written[0], [], {}
    for value in written[1]:
        if isinstance(value, GivenRows):
            if value.name not in subqueries:
                subqueries[value.name] = given[value.name].order_by().values_list("pk").query.sql_with_params()
            subquery, values = subqueries[value.name]
            sql = sql.replace(value.place, subquery, 1)
            sent += values
        else:
            sent.append(value.as_value(given[value.name], connection) if isinstance(value, Given) else value)
    return sql, tuple(sent)
