"""Triggers of both databases that note each change on which figures of reach rest, so that kept figures are never stale.

A receiver of Django's signals would not be enough: an UPDATE of a QuerySet, an import and SQL typed by hand pass it by. They are
installed after every migrate (schools/apps.py), not by a migration. On SQLite they have to be away while one rebuilds tables; as
long as any is missing nothing is kept (schools/reach/queries/kept.py).

They write into a table of their own, which is no part of the models, because nothing in it is about anybody or anything: a row
says that a transaction changed something on which figures of an academic year rest. Figures that were counted before are right as
long as the marks of their years add up to the same sum. Marks are made up at random, so no two sums are the same by chance.
"""

from collections.abc import Iterator

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from schools.charity.models import Charity
from schools.directory.models import (
    Area,
    AreaAuthority,
    Authority,
    Region,
    Roll,
    School,
    SchoolAuthority,
    SchoolLink,
    Site,
)
from schools.programme.models import SessionType
from schools.visits.models import Cover, Headcount, Session, Visit

WATCHED: dict[type[Model], tuple[str, ...]] = {
    Region: (),
    Area: (),
    Authority: (),
    AreaAuthority: (),
    School: (
        "phase", "kind", "census_day", "postcode", "phone", "website", "welsh_medium", "percent_fsm", "trust_code", "trust",
        "federation_code", "federation", "access_notes", "ask_again_on", "source", "placed_by", "search_words",
    ),
    SchoolAuthority: (),
    SchoolLink: (),
    Site: (),
    Roll: (),
    SessionType: (),
    Charity: (),
    Visit: (
        "reference", "coordinator", "stage", "preferred_month", "requested_on", "contact", "agreed_on", "agreed_with",
        "declined_on", "parents_told_on", "safeguarding_contact", "arrival_notes", "parking", "cancelled_code",
        "cancelled_note", "replaces",
    ),
    Session: (
        "room", "went_ahead", "differed", "outcome_note", "sure_of", "cancelled_code", "cancelled_note", "for_good",
        "recorded_at", "recorded_by", "school_news",
    ),
    Headcount: (),
    Cover: (
        "offered_at", "answered_at", "ended_by", "instead_of", "override_note", "gave_back", "gave_back_why", "news", "news_why",
        "told_at",
    ),
}  # fmt: skip
"""The tables that kept figures are read from, each with the columns that no figure reads and that change often."""

CHANGES = "schools_reach_change"
"""The table: `year` in which the academic year begins, `in_transaction`, `mark`."""
EVERY_YEAR = 0
"""The year of what figures of every year rest on: registers, links, rolls, areas, session types."""
NO_TRANSACTION = 0
"""SQLite does not number its transactions: there a year has one row, whose mark is replaced."""
_TABLE = {
    "sqlite": f"""CREATE TABLE IF NOT EXISTS {CHANGES} (id integer PRIMARY KEY AUTOINCREMENT, year integer NOT NULL,
        in_transaction integer NOT NULL, mark integer NOT NULL, UNIQUE (year, in_transaction))""",
    "postgresql": f"""CREATE TABLE IF NOT EXISTS {CHANGES} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        year integer NOT NULL, in_transaction bigint NOT NULL, mark bigint NOT NULL, UNIQUE (year, in_transaction))""",
}
_OF_SESSION = f"coalesce((SELECT academic_year FROM {Session._meta.db_table} WHERE id = {{row}}.session_id), {EVERY_YEAR})"  # noqa: S608  # our own names
_YEARS: dict[type[Model], str] = {Session: "{row}.academic_year", Headcount: _OF_SESSION, Cover: _OF_SESSION}
"""The academic year of a row; of the other tables each row counts in every year."""
_ROWS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}
"""The rows that there are in each event."""


def _events(model: type[Model]) -> list[str]:
    """Return which events of the table are noted; a visit comes and goes with its sessions, which are."""
    return ["update"] if model is Visit else list(_ROWS)


def _name(model: type[Model], event: str) -> str:
    return f"{model._meta.db_table}_reach_{event}"


_NAMES = [_name(model, event) for model in WATCHED for event in _events(model)]


def are_changes_noted(*, using: str) -> bool:
    """Return whether every change is noted: all triggers are installed, and none is switched off."""
    connection = connections[using]
    installed = "FROM sqlite_master WHERE type = 'trigger' AND name"
    if connection.vendor == "postgresql":
        installed = "FROM pg_trigger WHERE tgenabled = 'O' AND tgname"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {installed} IN ({', '.join(['%s'] * len(_NAMES))})", _NAMES)
        return bool(cursor.fetchone()[0] == len(_NAMES))


def changes_up_to(year: int, *, using: str) -> tuple[int, int]:
    """Return the sum of the marks of an academic year and those before, and of how many changes they are."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(mark), 0), count(*) FROM {CHANGES} WHERE year <= %s", [year])  # noqa: S608  # our own names
        marks, changes = cursor.fetchone()
        return int(marks), changes


def let_older_changes_go() -> None:
    """Delete all changes but the latest of each year, and note that as a change of everything.

    Else a sum could come back that was there before a change that goes: one with a lower number that was committed later.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic(using=DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        later = f"SELECT 1 FROM {CHANGES} AS later WHERE later.year = {CHANGES}.year AND later.id > {CHANGES}.id"  # noqa: S608  # the same
        cursor.execute(f"DELETE FROM {CHANGES} WHERE EXISTS ({later})")  # noqa: S608  # the same
        cursor.execute(_noted(connection, str(EVERY_YEAR)))


def keep_changes_noted(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Install table and triggers, and note that anything may have changed; do nothing where a table is not there yet."""
    connection = connections[using]
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if not there.issuperset(model._meta.db_table for model in WATCHED):
            return
        cursor.execute(_TABLE[connection.vendor])
        cursor.execute(_noted(connection, str(EVERY_YEAR)))
        statements = _on_sqlite if connection.vendor == "sqlite" else _on_postgresql
        for model in WATCHED:
            for statement in statements(connection, model):
                cursor.execute(statement)


def let_tables_be_rebuilt(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop the triggers of SQLite before a migrate: they name columns, and tables that are away while they are rebuilt.

    Those of PostgreSQL name what stays, so nobody who reads has to wait until they are dropped.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in _NAMES:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _on_sqlite(connection: BaseDatabaseWrapper, model: type[Model]) -> Iterator[str]:
    table, year = model._meta.db_table, _YEARS.get(model, str(EVERY_YEAR))
    with connection.cursor() as cursor:
        there = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    columns = [
        field.column for field in model._meta.concrete_fields if field.name not in WATCHED[model] and field.column in there
    ]
    is_other = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    for event in _events(model):
        rows = _ROWS[event]
        when = f"WHEN {is_other}" if event == "update" else ""
        notes = " ".join(f"{_noted(connection, year.format(row=row))};" for row in rows)
        yield f"DROP TRIGGER IF EXISTS {_name(model, event)}"
        yield f"CREATE TRIGGER {_name(model, event)} AFTER {event} ON {table} {when} BEGIN {notes} END"


def _on_postgresql(connection: BaseDatabaseWrapper, model: type[Model]) -> Iterator[str]:
    """Yield the statements for a table; a trigger that is there stays, because to replace it means to wait for who writes."""
    table, year = model._meta.db_table, _YEARS.get(model, str(EVERY_YEAR))
    left_out = ", ".join(f"'{field.column}'" for field in model._meta.concrete_fields if field.name in WATCHED[model])
    for event in _events(model):
        rows, name = _ROWS[event], _name(model, event)
        if event == "update":
            notes = " ".join(f"{_noted(connection, year.format(row=row))};" for row in rows)
            # As JSON, so that no column is named that a later migration may drop.
            watched = " IS DISTINCT FROM ".join(f"to_jsonb({row}) - ARRAY[{left_out}]::text[]" for row in rows)
            body = f"IF {watched} THEN {notes} END IF;"
            each = "FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)"
        else:
            body = f"{_noted(connection, year.format(row='changed'), 'changed')};"
            each = f"REFERENCING {rows[0]} TABLE AS changed FOR EACH STATEMENT"
        yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
        is_there = f"SELECT FROM pg_trigger WHERE tgname = '{name}' AND tgrelid = '{table}'::regclass"
        made = f"CREATE TRIGGER {name} AFTER {event} ON {table} {each} EXECUTE FUNCTION {name}()"
        yield f"DO $$ BEGIN IF NOT EXISTS ({is_there}) THEN {made}; END IF; END $$"


def _noted(connection: BaseDatabaseWrapper, year: str, rows: str = "") -> str:
    """Return the statement that notes a change of the year, or of that of each of the `rows`."""
    if connection.vendor == "sqlite":
        # One at a time writes, so one row is enough, and another mark tells that it was another change.
        return f"""INSERT INTO {CHANGES} (year, in_transaction, mark) VALUES ({year}, {NO_TRANSACTION}, random() / 1024)
            ON CONFLICT (year, in_transaction) DO UPDATE SET mark = excluded.mark"""  # noqa: S608  # the same
    # A row for each transaction: nobody waits for another's, and a snapshot sees those that were committed before it.
    years = f"SELECT DISTINCT {year} AS year FROM {rows}" if rows else f"SELECT {year} AS year"  # noqa: S608  # the same
    return f"""INSERT INTO {CHANGES} (year, in_transaction, mark)
        SELECT year, pg_current_xact_id()::text::bigint, (random() * 9007199254740991)::bigint FROM ({years}) AS years
        ON CONFLICT (year, in_transaction) DO NOTHING"""  # noqa: S608  # the same
