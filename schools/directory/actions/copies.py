"""Rows that follow from the schools just written, copied within the database by one statement for many.

Bulk writes leave no history by themselves, and sending every row once more would cost as much as the import.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Literal

from django.db import connection

from schools.accounts.models import User
from schools.directory.models import School, SchoolAuthority

type HistoryKind = Literal["+", "~"]
CREATED: HistoryKind = "+"
CHANGED: HistoryKind = "~"


def record_history(school_ids: Sequence[int], *, kind: HistoryKind, by: User | None, now: datetime, reason: str) -> None:
    """Copy the schools as they stand now into their history, inside the caller's transaction."""
    quote = connection.ops.quote_name
    here, there = quote(School._meta.db_table), quote(School.history.model._meta.db_table)
    columns = ", ".join(quote(str(field.column)) for field in School._meta.concrete_fields)
    user_id = by.pk if by else None
    for some in batched(school_ids, 500):
        marks = ", ".join(["%s"] * len(some))
        sql = (
            f"INSERT INTO {there} ({columns}, history_date, history_change_reason, history_type, history_user_id) "  # noqa: S608  # only names of our own tables are put in
            f"SELECT {columns}, %s, %s, %s, %s FROM {here} WHERE id IN ({marks})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [connection.ops.adapt_datetimefield_value(now), reason[:100], kind, user_id, *some])


def begin_authorities(school_ids: Sequence[int]) -> None:
    """Enter that new schools belong to their authority from always, inside the caller's transaction."""
    quote = connection.ops.quote_name
    here, there = quote(School._meta.db_table), quote(SchoolAuthority._meta.db_table)
    for some in batched(school_ids, 500):
        marks = ", ".join(["%s"] * len(some))
        sql = (
            f"INSERT INTO {there} (school_id, authority_id) "  # noqa: S608  # only names of our own tables are put in
            f"SELECT id, authority_id FROM {here} WHERE authority_id IS NOT NULL AND id IN ({marks})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, some)
