"""Several queries sent as one statement, so that a page waits for the database once and not once for each.

Why, and what it costs: docs/adr/0008-what-to-bring-in-one-statement.md.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    Model,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONArray, JSONObject
from django.db.models.sql.compiler import SQLCompiler

from schools.core.ids import days_as_value, ids_as_value, subquery_of_days, subquery_of_ids

type Row = dict[str, Any]
"""One row of an answer, by the names that its query gave; days and times are ISO texts."""
type NamedQuery = QuerySet[Any, tuple[str, Row]]
"""One of the queries; its name is beside each of its rows."""


class _NotTriedOut(Func):
    """A function of JSON that is used without asking for it.

    On each new connection Django first tries out whether SQLite knows JSON, in a transaction that waits for anybody who is
    writing. The migrations have checked that already.
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Return the same SQL without trying it out."""
        return Func.as_sql(self, compiler, connection, **context)


class RowAsJson(_NotTriedOut, JSONObject):
    """The columns of a row as one JSON value, each under its name."""


class _RowAsList(_NotTriedOut, JSONArray):
    """The columns of a row as one JSON value, in their order: shorter than with names, where there are many rows."""


def named_query(name: str, rows: QuerySet[Any], /, **columns: Any) -> NamedQuery:
    """Return a query for a batch; `name` leads to its rows, and `columns` are names of columns, or expressions.

    Grouped rows (`values(…)` and an aggregate among the columns) stay grouped.
    """
    expressions = {column: F(value) if isinstance(value, str) else value for column, value in columns.items()}
    annotations = {"name_of_query": Value(name, output_field=CharField()), "row_as_json": RowAsJson(**expressions)}
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


class Given(Expression):
    """A value that a `Batch` gets when it runs: `filter(day__lte=Given("last", DateField()))`."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a parameter, with itself in the place of its value."""
        return "%s", (self,)

    def as_value(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the value as the database takes it."""
        return self.output_field.get_db_prep_value(value, connection)


class GivenIds(Given):
    """Ids that a `Batch` gets when it runs: `filter(session__in=GivenIds("sessions"))`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, BigIntegerField())

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column, with itself in the place of the ids."""
        return subquery_of_ids(connection), (self,)

    def as_value(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the ids as one value."""
        return ids_as_value(value, connection)


class GivenDays(Given):
    """Days that a `Batch` gets when it runs: `filter(day__in=GivenDays("days"))`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, DateField())

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column, with itself in the place of the days."""
        return subquery_of_days(connection), (self,)

    def as_value(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the days as one value."""
        return days_as_value(value, connection)


type Day = date | Given
"""A day, or one that a `Batch` gets when it runs."""

type Compiled = tuple[str, list[Any]]
"""A statement and its parameters."""
NO_IDS: tuple[str, tuple[Any, ...]] = ("SELECT 0 WHERE 1 = 0", ())
"""A list of ids of which Django knows that it is empty."""


class Batch:
    """Queries that are written as SQL once in each process: to write a dozen of them takes longer than to answer them.

    `queries` makes them; whatever differs from one run to the next is a `Given` in them. `ids` as for `run_batch`.
    """

    def __init__(
        self, queries: Callable[[], Sequence[NamedQuery]], *, ids: Callable[[], Mapping[str, QuerySet[Any]]] = dict
    ) -> None:
        self._queries, self._ids = queries, ids
        self._written: dict[str, tuple[type[Model], Compiled]] = {}

    def run(self, **given: Any) -> defaultdict[str, list[Row]]:
        """Return the rows of all the queries by the queries' names, in no order; one query."""
        vendor = connections[DEFAULT_DB_ALIAS].vendor
        if vendor not in self._written:
            queries = self._queries()
            self._written[vendor] = queries[0].model, compiled(queries, self._ids(), connections[DEFAULT_DB_ALIAS])
        model, (sql, values) = self._written[vendor]
        connection = connections[router.db_for_read(model)]
        sent = [value.as_value(given[value.name], connection) if isinstance(value, Given) else value for value in values]
        return _answers(sql, sent, connection)


def run_batch(*queries: NamedQuery, ids: Mapping[str, QuerySet[Any]] | None = None) -> defaultdict[str, list[Row]]:
    """Return the rows of all the queries by the queries' names, in no order; one query.

    `ids`: the rows whose ids several of the queries name by `NamedIds`; they are looked up once, and written once.
    """
    connection = connections[queries[0].db]
    return _answers(*compiled(queries, ids or {}, connection), connection)


class Question(NamedTuple):
    """Rows, and the columns of each that are wanted: names of columns, or expressions. Grouped rows stay grouped."""

    rows: QuerySet[Any]
    columns: Sequence[str | Combinable]


type Answer = list[tuple[Any, ...]]
"""The columns of each row, in the order of the question; days and times are ISO texts. The rows come in no order."""


def ask_together(*questions: Question, in_one_process: bool = False) -> list[Answer]:
    """Return the answer to each of the questions; one query, and none where Django knows that nothing has rows.

    For questions of different tables with few rows each: JSON takes longer to read than columns. Of many rows with the same
    columns `all_of` makes one query.

    `in_one_process`: within a transaction PostgreSQL shares the work with no other process. Where a question joins whole tables,
    that takes little longer, and much less of the processor.
    """
    answers: list[Answer] = [[] for _ in questions]
    connection = connections[questions[0].rows.db]
    sql, values = compiled([_numbered(number, question) for number, question in enumerate(questions)], {}, connection)
    if sql:
        # Of what it hands over in portions PostgreSQL makes a plan for one process. Outside a transaction PgBouncer would send
        # the portions to different sessions.
        in_portions = in_one_process and connection.in_atomic_block
        with connection.chunked_cursor() if in_portions else connection.cursor() as cursor:
            cursor.execute(sql, values)
            for number, row in cursor.fetchall():
                answers[number].append(tuple(json.loads(row)))
    return answers


def _numbered(number: int, question: Question) -> QuerySet[Any, Any]:
    expressions = [F(column) if isinstance(column, str) else column for column in question.columns]
    number_of_query = Value(number, output_field=IntegerField())
    rows = question.rows.order_by().annotate(number_of_query=number_of_query, row_as_list=_RowAsList(*expressions))
    numbered: QuerySet[Any, Any] = rows.values_list("number_of_query", "row_as_list")
    return numbered


class AsRead(Field[Any, Any]):
    """The type of an expression of whole numbers, for very many rows: they are taken as the database gives them.

    Of each value of an IntegerField Django makes a whole number once more, which takes longer than to read it.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column's type, which PostgreSQL has to know in a row that is sent as JSON."""
        return "bigint"


def all_of(parts: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    """Return the rows of all the parts, of which there is at least one, as one query; they have the same columns.

    Of several parts the rows come in no order; a single one stays as it is.
    """
    if len(parts) == 1:
        return parts[0]
    first, *others = (part.order_by() for part in parts)
    return first.union(*others, all=True).order_by()


def compiled(
    queries: Iterable[QuerySet[Any, Any]], ids: Mapping[str, QuerySet[Any]], connection: BaseDatabaseWrapper
) -> Compiled:
    """Return one statement for the rows of all the queries, which have the same columns, and its parameters.

    It is blank where none of the queries can have rows. `ids` as for `run_batch`.
    """
    parts = [part for query in queries if (part := _part(query))]
    listed = {name: rows.order_by().values_list("pk") for name, rows in ids.items()} if parts else {}
    named = {name: _part(rows) or NO_IDS for name, rows in listed.items()}
    sql = " UNION ALL ".join(part for part, _ in parts)
    if named:
        lists = (f"{connection.ops.quote_name(name)} (id) AS MATERIALIZED ({part})" for name, (part, _) in named.items())
        sql = f"WITH {', '.join(lists)} {sql}"
    return sql, [value for _, values in (*named.values(), *parts) for value in values]


def _answers(sql: str, values: Sequence[Any], connection: BaseDatabaseWrapper) -> defaultdict[str, list[Row]]:
    answers: defaultdict[str, list[Row]] = defaultdict(list)
    if sql:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            for name, row in cursor.fetchall():
                answers[name].append(json.loads(row))
    return answers


def _part(query: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]] | None:
    """Return the SQL of the query and its parameters; None where Django knows that it has no rows."""
    try:
        sql, values = query.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)
