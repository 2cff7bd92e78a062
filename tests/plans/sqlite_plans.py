"""How SQLite would answer a statement at a national charity: planned on empty tables, with the statistics of a full database.

SQLite plans from the schema and its statistics alone, never from the rows. So a few kilobytes of statistics (national.csv) stand
for a database of 120 MB. `python -m tests.plans.sqlite_plans FILE` writes them anew from the SQLite file of a national demo.
"""

import csv
import re
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property
from typing import Any

from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]  # Django has no types for it

from tests.plans.sizes import NATIONAL, Reading, Sizes, Statistics

OPENED = {"OpenRead", "OpenWrite"}
LOOPS = {"Next": "Rewind", "Prev": "Last"}
"""The step of a loop, and the instruction with which a loop over everything begins."""
LIMITED = re.compile(r" LIMIT \d+$")
SCANNED = re.compile(r"SCAN \S+ USING (?:COVERING )?INDEX (\w+)")
SEARCHED = re.compile(r"SEARCH \S+ USING (?:COVERING )?INDEX (\w+) \((.*)\)")


class Planner:
    """Tables without rows, and SQLite's plans for them; without `statistics` it plans as before any were taken."""

    def __init__(self, schema: Iterable[str], statistics: Statistics) -> None:
        self._connection = sqlite3.connect(":memory:")
        register(self._connection)
        for statement in schema:
            self._connection.execute(statement)
        if statistics:
            self._connection.execute("ANALYZE")
            rows = [line[:3] for line in statistics]
            self._connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", rows)
            self._connection.execute("ANALYZE sqlite_schema")

    def close(self) -> None:
        """Forget the tables."""
        self._connection.close()

    @cached_property
    def _by_root(self) -> dict[int, tuple[str, str]]:
        """The table and the name of each table and index, by the page at which SQLite keeps it."""
        rows = self._connection.execute("SELECT rootpage, tbl_name, name FROM sqlite_schema WHERE rootpage")
        return {root: (table, name) for root, table, name in rows}

    @cached_property
    def _table_of(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index'"))

    def read_whole(self, sql: str, values: Iterable[Any]) -> set[tuple[str, str]]:
        """Return what the statement reads from one end to the other: a table, and its name or that of an index of it."""
        tables: dict[int, tuple[str, str]] = {}
        whole, stepped = set(), set()
        for _, instruction, cursor, root, *_ in self._connection.execute(f"EXPLAIN {sql}", tuple(values)):
            if instruction in OPENED and root in self._by_root:
                tables[cursor] = self._by_root[root]
            elif instruction in LOOPS.values():
                whole.add(cursor)
            elif instruction in LOOPS:
                stepped.add(cursor)
        return {tables[cursor] for cursor in whole & stepped if cursor in tables}

    def plan(self, sql: str, values: Iterable[Any]) -> list[str]:
        """Return the steps of the plan in SQLite's words."""
        return [step for *_, step in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", tuple(values))]

    def searched(self, sql: str, values: Iterable[Any]) -> set[tuple[str, str, str]]:
        """Return table, index and condition of each search by an index."""
        matches = filter(None, (SEARCHED.match(step) for step in self.plan(sql, values)))
        return {(self._table_of[match[1]], match[1], match[2]) for match in matches}


def readings(planner: Planner, sizes: Sizes, sql: str, values: Iterable[Any], *, most: int) -> set[Reading]:
    """Return where the statement reads more than `most` rows at once."""
    values = tuple(values)
    searched = planner.searched(sql, values)
    # From a limit on to the end of an index, or up to a limit, is a search, although it ends or begins where the index does.
    scanned = {match[1] for match in filter(None, map(SCANNED.match, planner.plan(sql, values)))}
    limited = {(table, index) for table, index, _ in searched if index not in scanned}
    whole = set() if _takes_the_first(planner, sql, values) else planner.read_whole(sql, values) - limited
    every = {Reading(table, sizes.rows_of(table, name)) for table, name in whole}
    by_index = {
        Reading(table, sizes.rows_behind(index, condition.count("=?"), condition.count(">?") + condition.count("<?")), index)
        for table, index, condition in searched
    }
    return {reading for reading in every | by_index if reading.rows > most}


def _takes_the_first(planner: Planner, sql: str, values: Iterable[Any]) -> bool:
    """Whether it takes the first rows of a table, as they come or in the order of an index: it ends after as many as it shows."""
    is_plain = LIMITED.search(sql) and " WHERE " not in sql and sql.count("SELECT ") == 1 and " GROUP BY " not in sql
    return bool(is_plain) and not any("TEMP B-TREE" in step for step in planner.plan(sql, values))


def main() -> None:
    """Write the statistics of the national demo whose SQLite file is named; it must hold enough, and have been analysed."""
    with closing(sqlite3.connect(sys.argv[1])) as full:
        (sessions,) = full.execute("SELECT count(*) FROM schools_session").fetchone()
        if sessions < 60_000:
            sys.exit(
                f"{sys.argv[1]} has {sessions:,} sessions. Name the file of a national demo (manage.py demo --size national)."
            )
        full.execute("ANALYZE")
        rows = full.execute(
            "SELECT tbl, idx, stat, (SELECT group_concat(coalesce(name, ''), ' ') FROM pragma_index_info(idx))"
            " FROM sqlite_stat1 ORDER BY tbl, idx"
        ).fetchall()
    with NATIONAL.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
