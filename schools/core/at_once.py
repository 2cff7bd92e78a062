"""Several questions in one: a phone with a weak signal waits for every one that is asked by itself."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func, Model, QuerySet, Value
from django.db.models.functions import JSONObject
from django.db.models.sql.compiler import SQLCompiler

type Fact = dict[str, Any]
"""What one row says, by the names that its part gave; days and times are ISO texts."""
type Part = QuerySet[Any, tuple[str, Fact]]
"""One of the questions: its kind beside what each row says."""


class _Said(JSONObject):
    """What a row says.

    Django first tries on each new connection whether SQLite knows JSON, in a transaction that waits for whoever writes just then.
    The migrations ask for that already.
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """The same without trying."""
        return Func.as_sql(self, compiler, connection, **context)


def part(kind: str, rows: QuerySet[Any], /, **said: Any) -> Part:
    """A question whose answers are known by `kind`; each says `said`: the names of columns, or expressions.

    Grouped rows (`values(…)` and an aggregate in `said`) stay grouped.
    """
    named = {name: F(one) if isinstance(one, str) else one for name, one in said.items()}
    words = {"kind_of_fact": Value(kind, output_field=CharField()), "said_by_it": _Said(**named)}
    answered: Part = rows.order_by().annotate(**words).values_list("kind_of_fact", "said_by_it")
    return answered


def whole(model: type[Model]) -> Mapping[str, str]:
    """Every column of the table, for `part`: so that `model(**fact)` is the row again."""
    return {field.attname: field.attname for field in model._meta.concrete_fields}


def asked_at_once(*parts: Part) -> defaultdict[str, list[Fact]]:
    """The answers to all of them by kind, in no order; one query."""
    first, *rest = parts
    answers: defaultdict[str, list[Fact]] = defaultdict(list)
    for kind, fact in first.union(*rest, all=True).order_by():
        answers[kind].append(fact)
    return answers
