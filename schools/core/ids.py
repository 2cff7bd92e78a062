"""Many ids, or days, sent to the database as one value."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Expression, Lookup
from django.db.models.sql.compiler import SQLCompiler


def ids_subquery(ids: Iterable[int], connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any]]:
    """Return SQL for `IN`, a subquery of one column that holds the ids, and the one parameter that it takes."""
    return subquery_of_ids(connection), (ids_as_value(ids, connection),)


def subquery_of_ids(connection: BaseDatabaseWrapper) -> str:
    """Return the SQL alone."""
    return "(SELECT unnest(%s::bigint[]))" if connection.vendor == "postgresql" else "(SELECT value FROM json_each(%s))"


def ids_as_value(ids: Iterable[int], connection: BaseDatabaseWrapper) -> Any:
    """Return the parameter alone."""
    return list(ids) if connection.vendor == "postgresql" else json.dumps(list(ids))


def subquery_of_days(connection: BaseDatabaseWrapper) -> str:
    """Return the same for days."""
    return "(SELECT unnest(%s::date[]))" if connection.vendor == "postgresql" else subquery_of_ids(connection)


def days_as_value(days: Iterable[date], connection: BaseDatabaseWrapper) -> Any:
    """Return the parameter of `subquery_of_days`."""
    return list(days) if connection.vendor == "postgresql" else json.dumps([day.isoformat() for day in days])


class Ids(Expression):
    """A list of ids for `filter(school__in=Ids(ids))`, sent as one value.

    Django checks, writes and sends the ids of a plain list one by one. That is slow for hundreds of them on a page that asks
    about the same rows several times.
    """

    output_field = BigIntegerField()

    def __init__(self, ids: Iterable[int]) -> None:
        super().__init__()
        self.ids = tuple(ids)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column."""
        return ids_subquery(self.ids, connection)


class IsAmong(Lookup):
    """The condition that a column is one of a few ids: `filter(IsAmong(F("session"), Subquery(few)))`.

    PostgreSQL reads the few first, whatever else is asked. With `session__in=few` it joins eight tables at most before it looks
    at the rest: in a question with more of them it reads all that there ever was, and then leaves out what is not among the few.
    """

    lookup_name = "is_among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return the condition; for PostgreSQL one on an array, which it makes once."""
        column, of_column = self.process_lhs(compiler, connection)
        few, of_few = self.process_rhs(compiler, connection)
        sql = f"{column} = ANY(ARRAY{few})" if connection.vendor == "postgresql" else f"{column} IN {few}"
        return sql, (*of_column, *of_few)
