"""Numbers of rows after a restore: none that was given since the picture is given again.

A link in a mail, and a change of a calendar, name rows by their numbers. What was written between the picture and its restore is
gone, but its mails were read: given again, its numbers would let one person read what is another's, and calendars would take what
is new for old. The same holds where the same picture is restored once more.
"""

from datetime import UTC, datetime

from django.db import connection, transaction

APART = 1_000_000
"""How far numbers go on after a restore: more than is written between a picture and its restore."""

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
A_SECOND = 10
"""Numbers for each second since the beginning: more than is written, for hours on end, into a table whose rows links name.

Until 2057 these numbers have ten digits at most: of fifteen such a message is known by, in 200 characters.
"""
SMALL = "schools_sessiontype"
"""The table whose numbers stay small: reach reckons with them (schools/reach/headcount_codec.py). No mail names one."""


@transaction.atomic
def skip_numbers(*, now: datetime) -> None:
    """Let each table count on from APART more than it has counted to, and from where no restore before this one has begun.

    Of one picture that is restored twice, APART alone would be the same again. Numbers of four bytes, which tables of Django and
    allauth have on PostgreSQL, have no room for the time; no link names one of their rows.
    """
    by_time = int((now - BEGINNING).total_seconds()) * A_SECOND
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, greatest(coalesce(last_value, 0) + %s,"
                " CASE WHEN data_type = 'bigint'::regtype AND sequencename <> %s THEN %s ELSE 0 END))"
                " FROM pg_sequences WHERE schemaname = current_schema()",
                [APART, f"{SMALL}_id_seq", by_time],
            )
        else:
            # A table that never had a row stands in no line there.
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master"
                " WHERE type = 'table' AND sql LIKE '%%AUTOINCREMENT%%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
                [],
            )
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = max(seq + %s, CASE WHEN name <> %s THEN %s ELSE 0 END)", [APART, SMALL, by_time]
            )
