"""Several queries sent as one statement, so that a page waits for the database once and not once for each.

Why, and what it costs: docs/adr/0008-what-to-bring-in-one-statement.md.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, CharField, Expression, F, Func, Model, QuerySet, Value
from django.db.models.functions import JSONObject
from django.db.models.sql.compiler import SQLCompiler

type Row = dict[str, Any]
"""One row of an answer, by the names that its query gave; days and times are ISO texts."""
type NamedQuery = QuerySet[Any, tuple[str, Row]]
"""One of the queries; its name is beside each of its rows."""


class _RowAsJson(JSONObject):
    """The columns of a row as one JSON value.

    On each new connection Django first tries out whether SQLite knows JSON, in a transaction that waits for anybody who is
    writing. The migrations have checked that already.
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Return the same SQL without trying it out."""
        return Func.as_sql(self, compiler, connection, **context)


def named_query(name: str, rows: QuerySet[Any], /, **columns: Any) -> NamedQuery:
    """Return a query for a batch; `name` leads to its rows, and `columns` are names of columns, or expressions.

    Grouped rows (`values(…)` and an aggregate among the columns) stay grouped.
    """
    expressions = {column: F(value) if isinstance(value, str) else value for column, value in columns.items()}
    annotations = {"name_of_query": Value(name, output_field=CharField()), "row_as_json": _RowAsJson(**expressions)}
    query: NamedQuery = rows.order_by().annotate(**annotations).values_list("name_of_query", "row_as_json")
    return query


def all_columns(model: type[Model]) -> Mapping[str, str]:
    """Return every column of the table, for `named_query`, so that `model(**row)` gives the row again."""
    return {field.attname: field.attname for field in model._meta.concrete_fields}


class NamedIds(Expression):
    """Ids that `run_batch` gets under this name, for `filter(session__in=NamedIds("around"))` in several of its queries."""

    output_field = BigIntegerField()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column."""
        return f"(SELECT id FROM {connection.ops.quote_name(self.name)})", ()  # noqa: S608  # a name of our own


def run_batch(*queries: NamedQuery, ids: Mapping[str, QuerySet[Any]] | None = None) -> defaultdict[str, list[Row]]:
    """Return the rows of all the queries by the queries' names, in no order; one query.

    `ids`: the rows whose ids several of the queries name by `NamedIds`; they are looked up once, and written once.
    """
    connection = connections[queries[0].db]
    answers: defaultdict[str, list[Row]] = defaultdict(list)
    parts = [part for query in queries if (part := _part(query))]
    if not parts:
        return answers
    named = {name: rows.order_by().values_list("pk").query.sql_with_params() for name, rows in (ids or {}).items()}
    sql = " UNION ALL ".join(part for part, _ in parts)
    if named:
        lists = (f"{connection.ops.quote_name(name)} (id) AS MATERIALIZED ({part})" for name, (part, _) in named.items())
        sql = f"WITH {', '.join(lists)} {sql}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, values in (*named.values(), *parts) for value in values])
        for name, row in cursor.fetchall():
            answers[name].append(json.loads(row))
    return answers


def _part(query: NamedQuery) -> tuple[str, tuple[Any, ...]] | None:
    """Return the SQL of the query and its parameters; None where Django knows that it has no rows."""
    try:
        sql, values = query.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)
