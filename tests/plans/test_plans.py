"""A volunteer's pages, the national due list and the week board are led to their rows by indexes, with SQLite's statistics and
without.

One row of everything is enough: SQLite plans each statement again on empty tables that have the statistics of a national charity
(sqlite_plans.py). What may read much is in `ALLOWED` (allowed.py), with the reason.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from schools.office.calendar import board
from schools.office.schools import due_list
from tests.house import assert_none
from tests.plans.allowed import ALLOWED
from tests.plans.sqlite_plans import Planner, Reading, Sizes, national, readings
from tests.test_audience import World, address_of, world
from tests.test_house import named_urls

__all__ = ["world"]  # a fixture

MOST_ROWS = 3_000
"""Rows that a statement may read at once, whatever it is about."""

PORTAL = (
    *("home", "open-list", "take", "calendar", "me", "week", "away", "profile", "observe"),
    *("morning", "give-back", "swap", "told"),
)
"""The pages that a volunteer opens. To add a page, add the name of its URL."""

TO_DO = f"""Lead each statement to its rows by an index: a condition that an index has, a list of ids in place of a condition on
each row, or another index. Where a page is about all those rows, say so in ALLOWED (tests/plans/allowed.py). A statement may
read {MOST_ROWS:,} rows at once."""

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by the rows that are there.")


@dataclass(frozen=True)
class Statement:
    """What a page sent to the database."""

    page: str
    sql: str
    values: tuple[Any, ...]


@contextmanager
def _noted(page: str, statements: dict[str, Statement]) -> Iterator[None]:
    """Note what is read inside, each statement once."""

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if not many and sql.startswith(("SELECT", "WITH")):
            with_marks = sql.replace("%s", "?").replace("%%", "%")
            statements.setdefault(sql, Statement(page, with_marks, tuple(values or ())))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield


def _opened(world: World, role: str, *names: str) -> Iterable[Statement]:
    """Open the pages as somebody of the role, and return what they read."""
    statements: dict[str, Statement] = {}
    client = Client()
    client.force_login(world.people[role])  # type: ignore[arg-type]  # the stranger alone is none
    patterns = dict(named_urls())
    for name in names:
        with _noted(name, statements):
            answer = client.get(address_of(name, patterns[name], world))
        assert answer.status_code == 200, name
    return statements.values()


def _schema() -> list[str]:
    """The statements that made the tables and indexes of this database, without what SQLite makes by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index')"
            " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '%!_search!_%' ESCAPE '!' ORDER BY type DESC, rowid"
        )
        return [sql for (sql,) in cursor.fetchall()]


def _is_allowed(statement: Statement, reading: Reading) -> bool:
    return any(
        (rule.page, rule.table) == (statement.page, reading.table) and rule.words in statement.sql and not reading.index
        for rule in ALLOWED
    )


def _wrong(statements: Iterable[Statement]) -> Iterator[str]:
    schema, statistics = _schema(), national()
    sizes = Sizes(statistics)
    for state, known in (("without", []), ("with", statistics)):
        with closing(Planner(schema, known)) as planner:
            for statement in statements:
                for reading in sorted(readings(planner, sizes, statement.sql, statement.values, most=MOST_ROWS), key=str):
                    if not _is_allowed(statement, reading):
                        plan = "\n    ".join(planner.plan(statement.sql, statement.values))
                        yield f"{statement.page}, {state} statistics, reads {reading}:\n    {statement.sql}\n    {plan}"


@on_sqlite
@pytest.mark.slow
def test_a_volunteers_pages_read_no_large_table_for_a_few_rows(world: World) -> None:
    assert_none(_wrong(_opened(world, "V", *PORTAL)), to_do=TO_DO)


@on_sqlite
@pytest.mark.slow
def test_the_national_due_list_reads_no_large_table_for_each_school(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", 0)
    assert_none(_wrong(_opened(world, "M", "admin:due")), to_do=TO_DO)


@on_sqlite
@pytest.mark.slow
def test_the_week_board_reads_no_large_table_for_one_week(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [each for role in "CM" for each in _opened(world, role, "admin:week-board")]
    monkeypatch.setattr(board, "MOST_SHOWN", 0)
    statements += _opened(world, "M", "admin:week-board")
    assert len({each.sql for each in statements if "schools_session" in each.sql}) > 4, "the week has nothing in it"
    assert_none(_wrong(dict.fromkeys(statements)), to_do=TO_DO)


@on_sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("statistics", ["without", "with"])
def test_a_condition_on_every_cover_is_noticed(statistics: str) -> None:
    schema, numbers = _schema(), national()
    sql = "SELECT c.id FROM schools_cover c WHERE EXISTS (SELECT 1 FROM schools_cover o WHERE o.session_id = c.session_id + 0)"
    by_index = "SELECT id FROM schools_cover WHERE volunteer_id = ? ORDER BY id"
    with closing(Planner(schema, numbers if statistics == "with" else [])) as planner:
        assert [reading.table for reading in readings(planner, Sizes(numbers), sql, (), most=MOST_ROWS)] == ["schools_cover"]
        assert not readings(planner, Sizes(numbers), by_index, (7,), most=MOST_ROWS)
