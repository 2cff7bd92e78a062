"""History of rows: whose change it is where nobody has signed in, and rows that were written in bulk.

Bulk writes leave no history themselves, and sending every row a second time would cost as much as writing it. Their history is
copied within the database by one statement.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Literal

from django.db import connection
from simple_history.models import HistoricalRecords

from schools.core.ids import ids_subquery

type HistoryKind = Literal["+", "~"]
CREATED: HistoryKind = "+"
CHANGED: HistoryKind = "~"


@contextmanager
def changed_by(user: Any) -> Iterator[None]:
    """Write into the history that the user changed what is saved meanwhile, whoever may be signed in in this browser."""
    context = HistoricalRecords.context
    before = getattr(context, "request", None)
    context.request = SimpleNamespace(user=user)
    try:
        yield
    finally:
        if before is None:
            del context.request
        else:
            context.request = before


def record_history(model: Any, ids: Sequence[int], *, kind: HistoryKind, by_id: int | None, now: datetime, reason: str) -> None:
    """Copy the rows, as they are now, into the history table of their model, inside the caller's transaction."""
    quote = connection.ops.quote_name
    history = model.history.model
    here, there = quote(model._meta.db_table), quote(history._meta.db_table)
    kept = {field.name for field in history._meta.concrete_fields}
    columns = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields if field.name in kept)
    these, values = ids_subquery(ids, connection)
    sql = (
        f"INSERT INTO {there} ({columns}, history_date, history_change_reason, history_type, history_user_id) "  # noqa: S608  # only names of our own tables are put in
        f"SELECT {columns}, %s, %s, %s, %s FROM {here} WHERE id IN {these}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [connection.ops.adapt_datetimefield_value(now), reason[:100], kind, by_id, *values])
