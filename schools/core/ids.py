"""Many ids in a statement: as one value, or as a list that the statement makes once and names."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Expression, QuerySet
from django.db.models.sql.compiler import SQLCompiler


def in_one_value(ids: Iterable[int], connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any]]:
    """A subquery of one column that holds the ids, for `IN`, and the one parameter that it takes."""
    if connection.vendor == "postgresql":
        return "(SELECT unnest(%s::bigint[]))", (list(ids),)
    return "(SELECT value FROM json_each(%s))", (json.dumps(list(ids)),)


class Ids(Expression):
    """The ids, for `filter(school__in=Ids(found))`: one value, where Django checks, writes and sends a plain list's one by one.

    For hundreds of them, in a page that asks about the same rows several times.
    """

    output_field = BigIntegerField()

    def __init__(self, ids: Iterable[int]) -> None:
        super().__init__()
        self.ids = tuple(ids)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """A subquery of one column."""
        return in_one_value(self.ids, connection)


class NamedIds(Expression):
    """The ids of a list that the statement has made already, for `filter(pk__in=NamedIds(name))`."""

    output_field = BigIntegerField()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """A subquery of one column."""
        return f"(SELECT id FROM {connection.ops.quote_name(self.name)})", ()  # noqa: S608  # quoted


def with_ids(lists: Mapping[str, QuerySet[Any, Any]], sql: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The statement and its values after the lists that it names, each made once however often it is asked for.

    The lists are questions for ids alone.
    """
    parts: list[str] = []
    before: list[Any] = []
    for name, ids in lists.items():
        # An empty list is one too, where Django would rather not ask.
        of_list, values_of_list = ids.order_by().query.get_compiler(connection=connection, elide_empty=False).as_sql()
        parts.append(f"{connection.ops.quote_name(name)} (id) AS MATERIALIZED ({of_list})")
        before += values_of_list
    return f"WITH {', '.join(parts)} {sql}", (*before, *values)
