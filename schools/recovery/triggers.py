"""Triggers of both databases that refuse to change the record of who was let in again, and to delete it within a year.

An UPDATE of a QuerySet and SQL typed by hand pass by any check of the model. SQLite loses its triggers when a migration rebuilds
the table, so they are installed after every migrate (schools/apps.py).
"""

from itertools import product

from django.db import connections

from schools.recovery.models import Recovery, RecoveryStep

ASKED, STEPS = Recovery._meta.db_table, RecoveryStep._meta.db_table
REFUSAL = "Who was let in again, and by whom, is never changed, and deleted only when it was kept long enough."
KEPT_DAYS = 360
"""Nothing of a request goes sooner after its end, whatever the setting says; shorter than the least year of the purge."""

_FROZEN = "user_id, lost, why, first_check, second_check, asked_by_id, asked_at"
_YOUNG = {
    "sqlite": f"(ended_at IS NULL OR datetime(ended_at) > datetime('now', '-{KEPT_DAYS} days'))",
    "postgresql": f"(ended_at IS NULL OR ended_at > CURRENT_TIMESTAMP - interval '{KEPT_DAYS} days')",
}
_NAMES = ("not_changed", "not_deleted", "not_replaced", "not_emptied")
_ABORT = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
_RAISE = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';"


def _is_young(vendor: str, row: str) -> str:
    return f"EXISTS (SELECT 1 FROM {ASKED} WHERE id = {row} AND {_YOUNG[vendor]})"  # noqa: S608  # only our own constants


def _statements(vendor: str) -> list[str]:
    events: tuple[tuple[str, str, str, str], ...] = (
        (ASKED, "not_changed", f"UPDATE OF {_FROZEN}", ""),
        (ASKED, "not_deleted", "DELETE", _is_young(vendor, "OLD.id")),
        (STEPS, "not_changed", "UPDATE", ""),
        (STEPS, "not_deleted", "DELETE", _is_young(vendor, "OLD.recovery_id")),
    )
    if vendor == "sqlite":
        # INSERT OR REPLACE deletes the old row without firing the trigger of DELETE.
        events += tuple(
            (table, "not_replaced", "INSERT", f"NEW.id IN (SELECT id FROM {table})")  # noqa: S608  # only our own constants
            for table in (ASKED, STEPS)
        )
        return [
            f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {event} ON {table} {'WHEN ' + when if when else ''} {_ABORT}"
            for table, name, event, when in events
        ]
    statements = []
    for table, name, event, when in events:
        # A subquery may not stand in WHEN, so the function asks.
        body = f"IF {when} THEN {_RAISE} END IF; RETURN OLD;" if when else _RAISE
        statements += [
            f"CREATE OR REPLACE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()",
        ]
    for table in (ASKED, STEPS):
        # TRUNCATE fires its trigger on an empty table too; that is allowed, so that a new database can be flushed.
        name = f"{table}_not_emptied"
        body = f"IF EXISTS (SELECT 1 FROM {table}) THEN {_RAISE} END IF; RETURN NULL;"  # noqa: S608  # only our own constants
        statements += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE OR REPLACE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ]
    return statements


def keep_record_as_it_is(*, using: str = "default") -> None:
    """Install the triggers where they are missing; do nothing before the migration that makes the tables."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if STEPS not in connection.introspection.table_names(cursor):
            return
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


def let_record_go(*, using: str = "default") -> None:
    """Drop the triggers, so that a test can empty its database; nothing else may call this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, name in product((ASKED, STEPS), _NAMES):
            of_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{of_table}")
