"""The planner knows how large tables are: SQLite counts at the end of a connection, both databases after many rows at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection, transaction

from schools.core import sqlite
from schools.core.databases import keep_statistics, keep_statistics_after_commit
from speakout.settings import base


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with a table that was never counted; this process has not looked yet."""
    monkeypatch.setattr(sqlite, "_due_at", 0.0)
    path = tmp_path / "grown.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.execute("CREATE TABLE grown (place INTEGER)")
        plain.execute("CREATE INDEX by_place ON grown (place)")
        plain.execute("WITH n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 500) INSERT INTO grown SELECT x FROM n")
    return path


def counted(path: Path) -> list[str]:
    """The tables of which the planner knows how large they are."""
    with closing(sqlite3.connect(path)) as plain:
        if plain.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone() is None:
            return []
        return [name for (name,) in plain.execute("SELECT tbl FROM sqlite_stat1")]


def opened(path: Path) -> sqlite.Connection:
    """A connection as Django opens it; whoever waited for a writer would stand still."""
    return sqlite3.connect(path, timeout=3600, isolation_level=None, factory=sqlite.Connection)


def test_the_end_of_a_connection_counts_what_was_never_counted(file: Path) -> None:
    opened(file).close()
    assert counted(file) == ["grown"]


def test_a_process_looks_once_in_a_while(file: Path) -> None:
    opened(file).close()
    with closing(sqlite3.connect(file)) as plain:
        plain.execute("DROP TABLE sqlite_stat1")
    opened(file).close()
    assert counted(file) == []


def test_who_writes_is_not_waited_for(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        opened(file).close()
    assert counted(file) == []


def test_a_connection_that_breaks_off_a_transaction_writes_nothing(file: Path) -> None:
    broken_off = opened(file)
    broken_off.execute("BEGIN IMMEDIATE")
    broken_off.execute("DELETE FROM grown")
    broken_off.close()
    with closing(sqlite3.connect(file)) as plain:
        assert plain.execute("SELECT count(*) FROM grown").fetchone() == (500,)
    assert counted(file) == []


def test_closing_twice_is_no_harm(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection_to_file = opened(file)
    connection_to_file.close()
    monkeypatch.setattr(sqlite, "_due_at", 0.0)
    connection_to_file.close()


def test_a_forked_process_leaves_the_file_of_its_parent_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inherited = opened(file)
    monkeypatch.setattr("os.getpid", lambda: -1)
    inherited.close()
    assert counted(file) == []


def test_a_connection_to_no_database_closes_all_the_same(file: Path) -> None:
    file.write_bytes(b"This is no database, whatever its name says. " * 100)
    opened(file).close()


@pytest.mark.django_db
def test_django_opens_such_connections() -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        assert isinstance(connection.connection, sqlite.Connection)


@pytest.fixture
def _grown(request: pytest.FixtureRequest) -> Iterator[None]:
    """A table that was counted when it was empty, on Django's connection.

    PostgreSQL keeps what it counted even where the transaction is rolled back; what empties all tables lets it forget.
    """
    request.getfixturevalue("transactional_db" if connection.vendor == "postgresql" else "db")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE grown (place INTEGER)")
        cursor.execute("CREATE INDEX by_place ON grown (place)")
        cursor.execute("ANALYZE grown")
        cursor.execute("INSERT INTO grown SELECT 7 FROM schools_sessiontype")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE grown")


def rows_known() -> int | None:
    """What the planner takes for the number of rows; None where it was never counted with any."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples::int FROM pg_class WHERE relname = 'grown'")
        else:
            cursor.execute("SELECT CAST(substr(stat, 1, instr(stat, ' ')) AS INTEGER) FROM sqlite_stat1 WHERE tbl = 'grown'")
        row = cursor.fetchone()
    return row[0] if row and row[0] else None


@pytest.mark.usefixtures("_grown")
def test_what_has_grown_is_counted_at_once() -> None:
    assert rows_known() is None
    keep_statistics()
    assert (rows_known() or 0) > 1


@pytest.mark.usefixtures("_grown")
def test_what_has_not_grown_is_left_alone(django_assert_num_queries: pytest.FixtureDef[object]) -> None:
    keep_statistics()
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's
        keep_statistics()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_counted_before_the_rows_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr("schools.core.databases.keep_statistics", lambda: steps.append("counted"))
    with transaction.atomic():
        keep_statistics_after_commit()
        steps.append("written")
    assert steps == ["written", "counted"]


@pytest.mark.parametrize("of_tests", [False, True])
def test_what_sqlite_deletes_is_overwritten_however_it_was_built(of_tests: bool, tmp_path: Path) -> None:
    """Else free pages of the file, and with them each backup, would keep who was erased."""
    options = base.database(f"sqlite:///{tmp_path}/other.sqlite3")["OPTIONS"]
    if of_tests and connection.vendor == "sqlite":
        options = connection.settings_dict["OPTIONS"]
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as other:
        other.execute("PRAGMA secure_delete = OFF")
        other.executescript(options["init_command"])
        assert other.execute("PRAGMA secure_delete").fetchone() == (1,)
