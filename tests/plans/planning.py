"""Statements planned as at a national charity, on the database of the test run: where they read much, and what to do about it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from django.db import connection, transaction

from tests.house import assert_none
from tests.plans import postgresql_plans
from tests.plans.allowed import ALLOWED
from tests.plans.sizes import Reading, Sizes, Statistics, national
from tests.plans.sqlite_plans import Planner
from tests.plans.sqlite_plans import readings as readings_of_sqlite
from tests.plans.statements import Noted, Statement

MOST_ROWS = 5_000
"""Rows that a statement may read at once, whatever it is about; as many as the sessions of a nation that are still to come."""

TO_DO = f"""Lead each statement to its rows by an index: a condition that an index has, a list of ids in place of a condition on
each row, or another index. Where a page is about all those rows, say so in ALLOWED (tests/plans/allowed.py). A statement may
read {MOST_ROWS:,} rows at once."""

type Plan = tuple[set[Reading], list[str]]
"""Where a statement reads much, and the steps of its plan."""


def _schema() -> list[str]:
    """The statements that made the tables and indexes of this database, without what SQLite makes by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index')"
            " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '%!_search!_%' ESCAPE '!' ORDER BY type DESC, rowid"
        )
        return [sql for (sql,) in cursor.fetchall()]


@contextmanager
def _planning_on_sqlite(statistics: Statistics, *, are_known: bool) -> Iterator[Callable[[Statement], Plan]]:
    with closing(Planner(_schema(), statistics if are_known else [])) as planner:
        sizes = Sizes(statistics)

        def plan(statement: Statement) -> Plan:
            sql = statement.sql
            with_marks = sql if statement.values is None else sql.replace("%s", "?").replace("%%", "%")
            values = statement.values or ()
            return readings_of_sqlite(planner, sizes, with_marks, values, most=MOST_ROWS), planner.plan(with_marks, values)

        yield plan


@contextmanager
def _planning_on_postgresql(statistics: Statistics, *, are_known: bool) -> Iterator[Callable[[Statement], Plan]]:
    assert are_known
    with transaction.atomic():
        postgresql_plans.enlarge(connection, statistics)
        catalogue = postgresql_plans.Catalogue(connection, Sizes(statistics))

        def plan(statement: Statement) -> Plan:
            root = postgresql_plans.plan(connection, statement.sql, statement.values)
            return catalogue.readings(root, most=MOST_ROWS), list(postgresql_plans.in_words(root))

        yield plan
        transaction.set_rollback(True)


planning = _planning_on_postgresql if connection.vendor == "postgresql" else _planning_on_sqlite
"""Give the function that plans a statement; `are_known`: the database has statistics."""

STATES = (True,) if connection.vendor == "postgresql" else (False, True)
"""Whether there are statistics. PostgreSQL takes them by itself, at once after what fills tables; SQLite may have none yet."""


def wrong(statements: Noted) -> Iterator[str]:
    """Yield each reading that is not allowed, with or without which statistics it is made, the statement and its plan."""
    states: dict[tuple[Statement, Reading], list[str]] = {}
    plans: dict[tuple[Statement, Reading], list[str]] = {}
    every = list(statements.values())
    for are_known in STATES:
        with planning(national(), are_known=are_known) as plan:
            for statement in every:
                much, steps = _planned(plan, statement)
                for reading in much:
                    states.setdefault((statement, reading), []).append("with" if are_known else "without")
                    plans[statement, reading] = steps
    for (statement, reading), of_reading in sorted(states.items(), key=lambda item: (str(item[0][1]), item[0][0].sql)):
        if pages := _not_allowed(statement, reading):
            plan_in_short = "\n    ".join(_in_short(plans[statement, reading], reading))
            yield f"{pages}, {' and '.join(of_reading)} statistics, reads {reading}:\n    {statement.sql}\n    {plan_in_short}"


def _in_short(steps: list[str], reading: Reading) -> list[str]:
    """Of a long plan the steps that may be meant: those that go by the index, or over everything."""
    words = (reading.index,) if reading.index else ("SCAN", "Seq Scan", "Index Only Scan", "Index Scan")
    return steps if len(steps) < 40 else [step for step in steps if any(word in step for word in words)]


def _planned(plan: Callable[[Statement], Plan], statement: Statement) -> Plan:
    try:
        return plan(statement)
    except Exception as error:
        error.add_note(f"{', '.join(sorted(statement.senders))}: {statement.sql}")
        raise


def _not_allowed(statement: Statement, reading: Reading) -> str:
    """The senders that have no leave for it, a few by name; blank: all have."""
    without = sorted(
        sender for sender in statement.senders if not any(rule.allows(sender, reading.table, statement.sql) for rule in ALLOWED)
    )
    beside = f" and {len(without) - 3} others" if len(without) > 3 else ""
    return ", ".join(without[:3]) + beside


def assert_led_by_indexes(statements: Noted) -> None:
    """Fail where a statement reads much and may not."""
    assert statements
    if connection.vendor == "postgresql":
        assert_none(
            postgresql_plans.without_page(connection, Sizes(national()), most=MOST_ROWS),
            to_do="Add a row of each to `filled` (tests/plans/worlds.py): PostgreSQL knows which tables are empty.",
        )
    assert_none(wrong(statements), to_do=TO_DO)
