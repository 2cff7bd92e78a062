"""Triggers of both databases that refuse to change a look at a clearance, and to delete it before its day (rule 13).

A check in the model would not be enough: an UPDATE of a QuerySet and SQL typed by hand pass it by. SQLite loses its triggers when
a migration rebuilds the table, so they are installed after every migrate (schools/apps.py), not by a migration.

A row without a day is one of the version before, written while this one migrated: it gets its day once, and cannot go before.
"""

from django.conf import settings
from django.db import connections

from schools.volunteers.models import Clearance, ClearanceLook

TABLE = ClearanceLook._meta.db_table
REFUSAL = "Looks at clearances are never changed, and deleted only after the day until which they are kept."

_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS {TABLE}_not_changed BEFORE UPDATE ON {TABLE} WHEN OLD.keep_until IS NOT NULL
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS {TABLE}_not_deleted BEFORE DELETE ON {TABLE}
    WHEN OLD.keep_until IS NULL OR OLD.keep_until >= date('now')
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE deletes the old row without firing the trigger of DELETE.
    f"""CREATE TRIGGER IF NOT EXISTS {TABLE}_not_replaced BEFORE INSERT ON {TABLE}
    WHEN NEW.id IN (SELECT id FROM {TABLE})
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # noqa: S608  # only our own constants
)
_REFUSES = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';"
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION {TABLE}_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {_REFUSES} END $$""",
    f"""CREATE OR REPLACE TRIGGER {TABLE}_not_changed BEFORE UPDATE ON {TABLE}
    FOR EACH ROW WHEN (OLD.keep_until IS NOT NULL) EXECUTE FUNCTION {TABLE}_refused()""",
    f"""CREATE OR REPLACE TRIGGER {TABLE}_not_deleted BEFORE DELETE ON {TABLE}
    FOR EACH ROW WHEN (OLD.keep_until IS NULL OR OLD.keep_until >= CURRENT_DATE) EXECUTE FUNCTION {TABLE}_refused()""",
    # TRUNCATE fires its trigger on an empty table too; that is allowed, so that a new database can be flushed, as on SQLite.
    f"""CREATE OR REPLACE FUNCTION {TABLE}_emptying_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF EXISTS (SELECT 1 FROM {TABLE}) THEN {_REFUSES} END IF; RETURN NULL; END $$""",  # noqa: S608  # the same
    f"""CREATE OR REPLACE TRIGGER {TABLE}_not_emptied BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_emptying_refused()""",
)
_NAMES = {"sqlite": ("not_changed", "not_deleted", "not_replaced"), "postgresql": ("not_changed", "not_deleted", "not_emptied")}


def keep_looks_as_they_are(*, using: str = "default") -> None:
    """Install the triggers where they are missing; do nothing where the table has no such column yet (an older migration)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        columns = {column.name for column in connection.introspection.get_table_description(cursor, TABLE)}
        if "keep_until" not in columns:
            return
        complete_looks(using=using)
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def complete_looks(*, using: str = "default") -> None:
    """Give the looks of the version before their volunteer and their last day: after the migrate, and with each purge."""
    connection = connections[using]
    years = f"{settings.SPEAKOUT_LOOKS_KEPT_YEARS} years"
    day = "date(at, %s)" if connection.vendor == "sqlite" else "(at + %s::interval)::date"
    of_clearance = f"SELECT volunteer_id FROM {Clearance._meta.db_table} WHERE id = {TABLE}.clearance_id"  # noqa: S608  # our own tables
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET keep_until = {day}, volunteer_number = ({of_clearance}) WHERE keep_until IS NULL",  # noqa: S608  # the same
            [f"+{years}" if connection.vendor == "sqlite" else years],
        )


def let_looks_go(*, using: str = "default") -> None:
    """Drop the triggers, so that a test can empty its database; nothing else may call this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _NAMES[connection.vendor]:
            of_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{name}{of_table}")
