"""A line of the ledger is never changed or deleted, by whatever way."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from django.test import Client

from schools import models
from schools.materials.triggers import TABLE, keep_triggers
from tests import factories
from tests.materials.stores import received, store_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def line() -> models.Movement:
    return received(store_in(factories.AreaFactory()), models.Material.objects.create(name="Sticker"), 40)


def in_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


WAYS: dict[str, Callable[[models.Movement], object]] = {
    "saving": lambda line: line.save(),
    "deleting": lambda line: line.delete(),
    "updating a QuerySet": lambda line: models.Movement.objects.update(quantity=1),
    "deleting a QuerySet": lambda line: models.Movement.objects.all().delete(),
    "SQL that changes": lambda line: in_sql(f"UPDATE {TABLE} SET quantity = 1"),  # noqa: S608  # our own words
    "SQL that deletes": lambda line: in_sql(f"DELETE FROM {TABLE}"),  # noqa: S608  # our own words
    "SQL that replaces": lambda line: in_sql(
        f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE}"  # noqa: S608  # our own words
        if connection.vendor == "sqlite"
        else f"INSERT INTO {TABLE} SELECT * FROM {TABLE} ON CONFLICT (id) DO UPDATE SET quantity = 1"  # noqa: S608  # the same
    ),
    "SQL that empties": lambda line: in_sql(
        f"DELETE FROM {TABLE}"  # noqa: S608  # our own words
        if connection.vendor == "sqlite"
        else f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {TABLE}"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_line_is_never_changed_or_deleted_by(way: str, line: models.Movement) -> None:
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        WAYS[way](line)
    assert list(models.Movement.objects.values_list("pk", "quantity")) == [(line.pk, 40)]


def test_the_office_offers_no_way_either(line: models.Movement, client: Client) -> None:
    client.force_login(factories.manager())
    address = f"/admin/schools/movement/{line.pk}/"
    assert client.post(f"{address}change/", {"quantity": 1}).status_code == 403
    assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    assert models.Movement.objects.get().quantity == 40


def test_keeping_the_triggers_twice_changes_nothing(line: models.Movement) -> None:
    keep_triggers()
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        line.delete()


def test_new_lines_may_be_written_however_many(line: models.Movement) -> None:
    second = models.Movement(
        material=line.material, store=line.store, quantity=-3, kind="lost", day=date(2026, 11, 24),
        written_at=line.written_at, by=line.by,
    )  # fmt: skip
    models.Movement.objects.bulk_create([second])
    assert sum(models.Movement.objects.values_list("quantity", flat=True)) == 37


@pytest.mark.django_db(transaction=True)
def test_after_a_flush_the_triggers_are_there_again(line: models.Movement) -> None:
    # The flush after the transactional test before this one (or before another) has run; the triggers are kept by post_migrate.
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        in_sql(f"DELETE FROM {TABLE}")  # noqa: S608  # our own words
    assert models.Movement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_migration_that_makes_the_table_anew_the_triggers_are_there_again(line: models.Movement) -> None:
    if isinstance(editor := connection.schema_editor(), DatabaseSchemaEditor):
        with editor:
            editor._remake_table(models.Movement)  # type: ignore[attr-defined]  # what a migration of the table does on SQLite
        in_sql(f"UPDATE {TABLE} SET note = 'It lets itself be changed now'")  # noqa: S608  # our own words
    call_command("migrate", verbosity=0)
    for way in ("SQL that changes", "SQL that deletes", "SQL that replaces"):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            WAYS[way](line)
    assert models.Movement.objects.get().quantity == 40


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_a_database_without_a_line_and_is_refused_where_there_is_one() -> None:
    models.Material.objects.create(name="Sticker")
    call_command("flush", interactive=False, verbosity=0)
    assert not models.Material.objects.exists()
    received(store_in(factories.AreaFactory()), models.Material.objects.create(name="Sticker"), 40)
    with pytest.raises(CommandError, match="couldn't be flushed") as refusal:
        call_command("flush", interactive=False, verbosity=0)
    assert "never changed or deleted" in str(refusal.value.__cause__)
    assert models.Movement.objects.get().quantity == 40
