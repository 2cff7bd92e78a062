"""Several queries sent as one statement, so that a page waits for the database once and not once for each.

Why, and what it costs: docs/adr/0008-what-to-bring-in-one-statement.md.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func, Model, QuerySet, Value
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


def run_batch(*queries: NamedQuery) -> defaultdict[str, list[Row]]:
    """Return the rows of all the queries by the queries' names, in no order; one query."""
    first, *rest = queries
    answers: defaultdict[str, list[Row]] = defaultdict(list)
    for name, row in first.union(*rest, all=True).order_by():
        answers[name].append(row)
    return answers
