"""Triggers of both databases that refuse to change or delete a line of the stock ledger (rule 21).

The note alone may change: where it names somebody who is erased, the name is taken out. No number rests on it.

A check in the model would not be enough: an UPDATE of a QuerySet and SQL typed by hand pass it by. SQLite loses its triggers when
a migration rebuilds the table, so they are installed after every migrate (schools/apps.py), not by a migration.
"""

from django.db import connections

from schools.materials.models import Movement

TABLE = Movement._meta.db_table
_ALL_BUT_THE_NOTE = ", ".join(str(column.column) for column in Movement._meta.concrete_fields if column.name != "note")
REFUSAL = "Lines of the stock ledger are never changed or deleted. Write a new line that corrects them."

_SQLITE = (
    "DROP TRIGGER IF EXISTS movement_not_changed",  # of earlier versions, which kept the note too
    f"""CREATE TRIGGER IF NOT EXISTS movement_numbers_not_changed BEFORE UPDATE OF {_ALL_BUT_THE_NOTE} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS movement_not_deleted BEFORE DELETE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE deletes the old line without firing the trigger of DELETE.
    f"""CREATE TRIGGER IF NOT EXISTS movement_not_replaced BEFORE INSERT ON {TABLE}
    WHEN NEW.id IN (SELECT id FROM {TABLE})
      OR EXISTS (SELECT 1 FROM {TABLE} WHERE transfer = NEW.transfer AND store_id = NEW.store_id)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # noqa: S608  # only our own constants
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION movement_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER movement_not_changed BEFORE UPDATE OF {_ALL_BUT_THE_NOTE} OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION movement_refused()""",
    # TRUNCATE fires its trigger on an empty table too; that is allowed, so that a new database can be flushed, as on SQLite.
    f"""CREATE OR REPLACE FUNCTION movement_emptying_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF EXISTS (SELECT 1 FROM {TABLE}) THEN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$""",  # noqa: S608  # the same
    f"""CREATE OR REPLACE TRIGGER movement_not_emptied BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION movement_emptying_refused()""",
)
_NAMES = {
    "sqlite": ("movement_numbers_not_changed", "movement_not_deleted", "movement_not_replaced"),
    "postgresql": ("movement_not_changed", "movement_not_emptied"),
}


def keep_triggers(*, using: str = "default") -> None:
    """Install the triggers where they are missing; do nothing where the table does not exist yet (an older migration)."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def drop_triggers(*, using: str = "default") -> None:
    """Drop the triggers, so that a test can empty its database; nothing else may call this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _NAMES[connection.vendor]:
            of_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")
