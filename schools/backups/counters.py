"""Numbers of rows after a restore: none that was given since the picture is given again.

A link in a mail, and a change of a calendar, name rows by their numbers. What was written between the picture and its restore is
gone, but its mails were read: given again, its numbers would let one person read what is another's, and calendars would take what
is new for old.
"""

from django.db import connection, transaction

APART = 1_000_000
"""How far numbers go on after a restore: more than is written between a picture and its restore."""


@transaction.atomic
def skip_numbers() -> None:
    """Let each table count on from APART more than it has counted to."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + %s)"
                " FROM pg_sequences WHERE schemaname = current_schema()",
                [APART],
            )
        else:
            # A table that never had a row stands in no line there.
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master"
                " WHERE type = 'table' AND sql LIKE '%%AUTOINCREMENT%%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
                [],
            )
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [APART])
