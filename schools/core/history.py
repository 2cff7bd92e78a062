"""History for rows that were written in bulk, copied within the database by one statement.

Bulk writes leave no history themselves, and sending every row a second time would cost as much as writing it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from schools.core.ids import ids_subquery

type HistoryKind = Literal["+", "~"]
CREATED: HistoryKind = "+"
CHANGED: HistoryKind = "~"


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
