"""Triggers of both databases that keep what somebody was called and reached by before, whoever changes it.

A receiver of Django's signals would not be enough: an UPDATE of a QuerySet and an import pass it by. SQLite loses its triggers
when a migration rebuilds the table, so they are installed after every migrate (schools/apps.py), not by a migration. One that
changes the table of earlier values itself drops them first, as the way back of 0029 does.
"""

from collections.abc import Iterator

from django.db import connections
from django.db.models import Model

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.erasing.models import EarlierValue
from schools.volunteers.models import Volunteer

KEPT_BEFORE: dict[type[Model], tuple[str, ...]] = {
    Volunteer: ("name", "reference", "email", "phone", "emergency_contact", "home_postcode"),
    User: ("name", "email", "phone", "sms_number"),
    Contact: ("name", "email", "phone", "sms_number"),
}
"""The columns of which earlier values are kept."""

_KEEPS = EarlierValue._meta.db_table


def _on_sqlite(table: str, name: str, column: str) -> str:
    return f"""CREATE TRIGGER IF NOT EXISTS {table}_{column}_before AFTER UPDATE OF {column} ON {table}
        WHEN OLD.{column} <> NEW.{column} AND OLD.{column} <> ''
        BEGIN INSERT INTO {_KEEPS} ("table", "row", "column", "value") VALUES ('{name}', OLD.id, '{column}', OLD.{column}); END"""  # noqa: S608  # only our own names


def _on_postgresql(table: str, name: str, column: str) -> Iterator[str]:
    function = f"{table}_{column}_before"
    yield f"""CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO {_KEEPS} ("table", "row", "column", "value") VALUES ('{name}', OLD.id, '{column}', OLD.{column});
        RETURN NULL; END $$"""  # noqa: S608  # the same
    yield f"""CREATE OR REPLACE TRIGGER {function} AFTER UPDATE OF {column} ON {table} FOR EACH ROW
        WHEN (OLD.{column} IS DISTINCT FROM NEW.{column} AND OLD.{column} <> '') EXECUTE FUNCTION {function}()"""


def keep_earlier_values(*, using: str = "default") -> None:
    """Install the triggers where they are missing; do nothing where a table does not exist yet (an older migration)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if _KEEPS not in there:
            return
        for model, columns in KEPT_BEFORE.items():
            table, name = model._meta.db_table, str(model._meta.model_name)
            in_table = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for column in in_table.intersection(columns):
                if connection.vendor == "sqlite":
                    cursor.execute(_on_sqlite(table, name, column))
                else:
                    for statement in _on_postgresql(table, name, column):
                        cursor.execute(statement)
