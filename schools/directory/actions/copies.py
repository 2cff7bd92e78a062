"""Rows that follow from the schools just written, copied within the database by one statement for many."""

from collections.abc import Sequence
from itertools import batched

from django.db import connection

from schools.directory.models import School, SchoolAuthority


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
