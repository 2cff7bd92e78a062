"""The suite runs on tables made from the models (`--nomigrations`): here migrations make exactly the same database."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from schools.accounts.models import Role
from schools.management.commands import migrate
from tests.house import assert_stated

POSTGRESQL = (
    """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity, collation_name
    FROM information_schema.columns WHERE table_schema = 'public'
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    """,
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc, '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
"""What a database is made of; where columns may be null stands with the columns."""


OURS = ("schools_", "movement_")
"""How our tables and the functions of triggers are called; other apps' tables are their own business."""

MADE_NAME = re.compile(r"\b\w+_([0-9a-f]{8}(_\w+)?|pkey)\b")
"""A name that nobody chose, of an index or a constraint; the rename of a table leaves it as it was."""


def parts_on_postgresql(cursor: Any) -> Iterator[str]:
    """Each column, constraint, index and trigger of our tables, and each function."""
    for question in POSTGRESQL:
        cursor.execute(question)
        yield from (" | ".join(map(str, row)) for row in cursor.fetchall() if row[0].startswith(OURS))


def parts_on_sqlite(cursor: Any) -> Iterator[str]:
    """Each column and constraint of our tables, whatever their order, each index, trigger and virtual table."""
    cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    for kind, name, table, sql in cursor.fetchall():
        if not table.startswith(OURS):
            continue
        if kind == "table" and (body := re.fullmatch(r'CREATE TABLE "?\w+"? \((.*)\)', sql, flags=re.DOTALL)):
            yield from (f"{table} | {part}" for part in apart(body[1]))
        else:
            yield f"{table} | {kind} {name} | {sql}"


def apart(body: str) -> Iterator[str]:
    """Split what stands between the brackets of CREATE TABLE at its commas, not at those within brackets or quotes."""
    start = depth = 0
    quote = ""
    for position, letter in enumerate(f"{body},"):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "," and depth == 0:
            yield body[start:position].strip()
            start = position + 1
        else:
            depth += (letter == "(") - (letter == ")")


def migrated(url: str, *options: str) -> None:
    """Call `migrate` on the database at the URL."""
    subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", *options],
        cwd=settings.BASE_DIR, env=os.environ | {"SPEAKOUT_DATABASE_URL": url}, check=True,
    )  # fmt: skip


def migrated_parts(folder: Path) -> set[str]:
    """What a new database of the same kind is made of after all migrations, each by itself."""
    if connection.vendor == "sqlite":
        migrated(f"sqlite:///{folder}/migrated.sqlite3", "--step-by-step")
        with closing(sqlite3.connect(folder / "migrated.sqlite3")) as new:
            return set(parts_on_sqlite(new.cursor()))
    import psycopg

    to = connection.get_connection_params()
    name = f"{to['dbname']}_migrated"
    with closing(psycopg.connect(**to, autocommit=True)) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            migrated(f"postgres://{to['user']}@/{name}?host={to['host']}", "--step-by-step")
            with closing(psycopg.connect(**to | {"dbname": name})) as new:
                return set(parts_on_postgresql(new.cursor()))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def without_made_names(parts: Iterable[str]) -> set[str]:
    """Put “…” in place of each name that Django made."""
    return {MADE_NAME.sub("…", part) for part in parts}


@pytest.mark.django_db
@pytest.mark.exhaustive
def test_migrations_make_the_same_database_as_the_models(tmp_path: Path) -> None:
    parts = parts_on_sqlite if connection.vendor == "sqlite" else parts_on_postgresql
    with connection.cursor() as cursor:
        of_models = without_made_names(parts(cursor))
    assert len(of_models) > 500
    assert_stated(
        of_models,
        without_made_names(migrated_parts(tmp_path)),
        add="The models say so and no migration makes it: run `manage.py makemigrations`.",
        remove="Migrations make it and no model says so: add a migration that takes it away.",
    )


@pytest.mark.exhaustive
def test_an_empty_database_gets_its_tables_at_once_and_no_migration_is_left(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    migrated(url)
    migrated(url, "--check")  # which fails where one is left
    with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as new:
        noted = {name for (name,) in new.execute("SELECT name FROM django_migrations WHERE app = 'schools'")}
        tables = {name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        groups = new.execute("SELECT count(*) FROM auth_group").fetchone()[0]
    assert noted == {file.stem for file in (Path(settings.BASE_DIR) / "schools" / "migrations").glob("0*.py")}
    assert {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed} <= tables
    assert groups == len(Role), "what is built in is there, too"


@pytest.mark.django_db
def test_a_database_that_has_tables_is_migrated_as_django_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("tables were made that are there")

    monkeypatch.setattr(migrate, "make_tables", refuse)
    said = StringIO()
    call_command("migrate", plan=True, stdout=said)
    call_command("migrate", verbosity=0)
    assert "No planned migration operations" in said.getvalue()


def test_a_table_is_split_at_its_own_commas() -> None:
    body = '"id" integer, "name" varchar(9) DEFAULT \'a, (b\', CONSTRAINT "c" CHECK ("id" IN (1, 2))'
    assert list(apart(body)) == ['"id" integer', "\"name\" varchar(9) DEFAULT 'a, (b'", 'CONSTRAINT "c" CHECK ("id" IN (1, 2))']


@pytest.mark.exhaustive
def test_batches_of_kinds_that_an_earlier_version_does_not_know_keep_nobody_from_going_back_to_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/back.sqlite3"
    migrated(url)
    row = "INSERT INTO schools_batch (kind, words, made_at, changes, left_alone) VALUES (?, '', '2026-11-24', '[]', '[]')"
    with closing(sqlite3.connect(tmp_path / "back.sqlite3")) as new, new:
        new.executemany(
            row, [(kind,) for kind in ("move", "tell", "book", "add", "guests", "answer", "request", "invite", "change")]
        )
    migrated(url, "schools", "0054")
    with closing(sqlite3.connect(tmp_path / "back.sqlite3")) as new:
        assert new.execute("SELECT kind FROM schools_batch").fetchall() == [("move",)]
