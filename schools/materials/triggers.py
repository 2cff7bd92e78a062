"""The ledger's lines are never changed or deleted: the database itself refuses, whoever asks and by whatever way.

Written for both databases, because neither an UPDATE of a QuerySet nor SQL typed by hand passes through a model. SQLite forgets
triggers when a migration rebuilds the table, so they are kept after every migrate (schools/apps.py), not by a migration.
"""

from django.db import connections

from schools.materials.models import Movement

TABLE = Movement._meta.db_table
REFUSAL = "Lines of the stock ledger are never changed or deleted. Write a new line that corrects them."

_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS movement_not_changed BEFORE UPDATE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS movement_not_deleted BEFORE DELETE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE takes the old line away without asking the trigger of DELETE.
    f"""CREATE TRIGGER IF NOT EXISTS movement_not_replaced BEFORE INSERT ON {TABLE}
    WHEN NEW.id IN (SELECT id FROM {TABLE})
      OR EXISTS (SELECT 1 FROM {TABLE} WHERE transfer = NEW.transfer AND store_id = NEW.store_id)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # noqa: S608  # no word of it comes from anybody
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION movement_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER movement_not_changed BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION movement_refused()""",
    # A ledger without a line may be emptied, as on SQLite: TRUNCATE asks whatever there is, and so flush a database just made.
    f"""CREATE OR REPLACE FUNCTION movement_emptying_refused() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF EXISTS (SELECT 1 FROM {TABLE}) THEN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$""",  # noqa: S608  # the same
    f"""CREATE OR REPLACE TRIGGER movement_not_emptied BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION movement_emptying_refused()""",
)
_NAMES = {
    "sqlite": ("movement_not_changed", "movement_not_deleted", "movement_not_replaced"),
    "postgresql": ("movement_not_changed", "movement_not_emptied"),
}


def keep_triggers(*, using: str = "default") -> None:
    """Install the triggers; nothing changes the second time, nor where the table is not there yet (an older state)."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def drop_triggers(*, using: str = "default") -> None:
    """Take the triggers away, so that a test's database can be emptied; nothing else may call this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in _NAMES[connection.vendor]:
            of_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")
