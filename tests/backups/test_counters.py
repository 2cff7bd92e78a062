"""After a restore no row gets a number that was given since the picture: mails of then lead by numbers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from schools.backups.counters import APART, skip_numbers
from schools.core.row_ids import row_id
from schools.reach.headcount_codec import encode
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few(db: None) -> Iterator[None]:
    """Every table has counted to a thousand, whatever tests before did: PostgreSQL takes no number back with a transaction."""
    before = counters()
    put_back(dict.fromkeys(before, 1_000))
    yield
    put_back(before)


def test_no_number_is_given_again_neither_of_a_table_with_rows_nor_of_one_that_never_had_any() -> None:
    before = factories.VolunteerFactory().pk
    skip_numbers(now=NOW)
    assert factories.VolunteerFactory().pk > before + APART
    assert factories.AreaFactory().region.pk > APART


def counters() -> dict[str, int]:
    """How far each table has counted."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = "regexp_replace(sequencename, '_id_seq$', ''), coalesce(last_value, 0)"
            cursor.execute(f"SELECT {names} FROM pg_sequences WHERE schemaname = current_schema()")  # noqa: S608  # ours
        else:
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
        return dict(cursor.fetchall())


def put_back(picture: dict[str, int]) -> None:
    """Let each table count as in the picture, which is restored once more."""
    with connection.cursor() as cursor:
        for name, number in picture.items():
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(%s, %s, %s)", [f"{name}_id_seq", max(number, 1), number > 0])
            else:
                cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [number, name])


def test_the_same_picture_restored_twice_gives_no_number_twice() -> None:
    """Between the two somebody worked for an hour on the first one, and mails went out."""
    factories.VisitFactory()
    picture = counters()
    skip_numbers(now=NOW)
    first = counters()
    put_back(picture)
    skip_numbers(now=NOW + timedelta(hours=1))
    second = counters()
    for table in ("schools_visit", "schools_school"):
        assert second[table] >= first[table] + 10 * 60 * 60, table


def test_numbers_stay_where_they_are_written_and_reckoned_with() -> None:
    skip_numbers(now=datetime(2056, 1, 1, tzinfo=UTC))
    volunteer = factories.VolunteerFactory()
    assert row_id(str(volunteer.pk)) == volunteer.pk
    # A mail that asks about fifteen schools is known by their numbers, in 200 characters.
    assert len(str(volunteer.pk)) <= 10
    # Of a table of Django's own they are smaller on PostgreSQL.
    assert Group.objects.create(name="Sorters").pk < 2**31 or connection.vendor == "sqlite"
    # Reach puts a session type and a headcount into one number of the database.
    assert encode(counters()["schools_sessiontype"] + 1, 2056, 7, 15, 1000) < 2**63


def test_a_clock_that_is_behind_lets_no_table_count_back() -> None:
    before = counters()
    skip_numbers(now=NOW - timedelta(days=5 * 365))
    assert all(number >= before.get(name, 0) + APART for name, number in counters().items())


def test_who_restored_otherwise_gets_the_same_by_the_command_that_erases_again(tmp_path: Path) -> None:
    listed = tmp_path / "erasures.csv"
    listed.write_text("reference,at\n")
    before = factories.VolunteerFactory().pk
    call_command("erase_again", since="2026-11-21T09:00:00", erasures=listed)
    assert factories.VolunteerFactory().pk > before + APART
