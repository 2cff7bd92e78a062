"""Rows that follow from schools that were just written, copied within the database by one statement."""

from collections.abc import Sequence

from django.db import connection

from schools.core.ids import ids_subquery
from schools.directory.models import ChangeKind, ChangeState, ImportChange, School, SchoolAuthority


def begin_authorities(school_ids: Sequence[int]) -> None:
    """Enter that new schools belong to their authority from always, as their register says, inside the caller's transaction."""
    quote = connection.ops.quote_name
    here, there = quote(School._meta.db_table), quote(SchoolAuthority._meta.db_table)
    these, values = ids_subquery(school_ids, connection)
    sql = (
        f"INSERT INTO {there} (school_id, authority_id, first_seen, last_seen) "  # noqa: S608  # only names of our own tables are put in
        f"SELECT id, authority_id, register_day, register_day FROM {here} WHERE authority_id IS NOT NULL AND id IN {these}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def note_created(run_id: int, school_ids: Sequence[int]) -> None:
    """Enter that the import created these schools, inside the caller's transaction."""
    quote = connection.ops.quote_name
    here, there = quote(School._meta.db_table), quote(ImportChange._meta.db_table)
    these, values = ids_subquery(school_ids, connection)
    sql = (
        f"INSERT INTO {there} (run_id, school_id, kind, register_id, other_id, name, fields, closes, moves, state, why) "  # noqa: S608  # only names of our own tables are put in
        f"SELECT %s, id, %s, register_id, '', name, '{{}}', %s, %s, %s, '' FROM {here} WHERE id IN {these}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [run_id, ChangeKind.CREATED.value, False, False, ChangeState.DONE.value, *values])
