"""What every test may use."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from schools.core import databases, table_reader, tables
from schools.running import checks
from schools.running.garbage import search_seldom
from schools.running.health import watch
from tests.emptying import empty_what_has_rows, let_rows_go
from tests.profiles import register_profiles

register_profiles()
empty_what_has_rows()


LONG = frozenset(Path(__file__).with_name("long_tests.txt").read_text(encoding="utf-8").split())
"""The tests that take longest, as measured: `.ci/longest` writes them (docs/testing.md)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what SQLite proves no better than PostgreSQL: `once` what uses no database, `slow` what races real processes.

    `long` are those of the list, for the long gate. `hypothesis`, for the soak, are the tests of a file that plays histories of a
    state machine: by themselves, or by a function. The plugin marks only what has `@given`. Tests of the house come first: among
    them are those that take longest, and the other processes would wait for whoever began one of them last.
    """
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        is_in_class = getattr(item, "cls", None) is not None  # Django's TestCase uses the database without a mark
        if not (is_in_class or item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"}):
            item.add_marker(pytest.mark.once)
        if item.nodeid.partition("[")[0] in LONG:
            item.add_marker(pytest.mark.long)
        if hasattr(getattr(item, "module", None), "together"):
            item.add_marker(pytest.mark.slow)
        if hasattr(getattr(item, "module", None), "run_state_machine_as_test"):
            item.add_marker(pytest.mark.hypothesis)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of the search for garbage, and search less often: 6 % of a run's CPU (466 tests)."""
    search_seldom()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """End the sessions that made the test database: they are older than what PostgreSQL's planner is told with our role."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL’s alone


READ_APART = ("core", "e2e", "live", "backups", "bench")
"""Tests of these folders read each file in a program of its own, as an installation does."""


@pytest.fixture(autouse=True)
def _files_are_read_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests read hundreds of small files: what the reader tells is the same without a program for each, and comes sooner."""
    place = request.path.relative_to(Path(__file__).parent)
    if place.parts[0] not in READ_APART and "hostile" not in place.name:
        monkeypatch.setattr(tables, "read_apart", _read_here)


def _read_here(path: Path, file: IO[bytes], _: ExitStack, limits: tables.Limits) -> Iterator[dict[str, Any]]:
    # The reader's time counts from its own start, and this process is older.
    budget = table_reader.Budget(path.name, {**asdict(limits), "seconds": 1_000_000})
    for message in table_reader.messages(file, budget):
        words: dict[str, Any] = json.loads(json.dumps(message))
        if "problem" in words:
            raise tables.UnreadableTable(words["problem"])
        if "end" in words:
            return
        yield words


WITH_REAL_PROCESSES = ("e2e", "live", "backups", "bench", "chaos", "machines")
"""Tests of these folders share their clock with processes or a browser that they start, or set it themselves."""


@pytest.fixture(autouse=True)
def _tests_take_place_on_one_day(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start each test, fixtures and all, early on the day of `today`: what it makes must not be younger than what it does."""
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    if folder in WITH_REAL_PROCESSES or request.node.get_closest_marker("real_clock"):
        yield
        return
    with time_machine.travel(datetime(2026, 11, 24, 6, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def today() -> date:
    """Tuesday 24 November 2026, the day on which tests take place."""
    return date(2026, 11, 24)


@pytest.fixture
def now() -> datetime:
    """08:50 on that day."""
    return datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_has_tried_before() -> None:
    """Limits count in the cache, which outlives a test's tables."""
    cache.clear()


@pytest.fixture(autouse=True)
def _everything_is_looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What checks saw outlives a test. Tests set their time, and the database does not follow."""
    watch.forget()
    monkeypatch.setattr(checks, "database_time", timezone.now)


@pytest.fixture(autouse=True)
def _no_table_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What PostgreSQL knows of tables outlives a test that emptied them, and nothing corrects it: its plans would be absurd."""
    monkeypatch.setattr(databases, "keep_statistics", lambda: None)


@pytest.fixture(autouse=True)
def _triggers_let_a_flush_through(request: pytest.FixtureRequest) -> Iterator[None]:
    """Before a transactional test's tables are emptied, triggers that refuse it go; the flush's post_migrate brings them back."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = marker is not None and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))
    if not (is_marked or {"transactional_db", "live_server"} & set(request.fixturenames)):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    let_rows_go()
