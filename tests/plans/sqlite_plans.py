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
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]  # Django has no types for it

NATIONAL = Path(__file__).with_name("national.csv")

type Statistics = list[tuple[str, str | None, str]]
"""A table, an index of it (None: the table has none), and the rows of the index, then those of each beginning of its key."""

LOOPS = {"Next": "Rewind", "Prev": "Last"}
"""The step of a loop, and the instruction with which a loop over everything begins."""
SEARCHED = re.compile(r"SEARCH \S+ USING (?:COVERING )?INDEX (\w+) \((.*)\)")


@dataclass(frozen=True)
class Reading:
    """Many rows of a table that a statement reads: all of them, or those to which an index leads at once."""

    table: str
    rows: int
    index: str = ""
    """The index that leads to too many; blank where every row is read."""

    def __str__(self) -> str:
        way = f"about {self.rows:,} rows each time by {self.index}" if self.index else f"all {self.rows:,} rows"
        return f"{self.table}: {way}"


def national() -> Statistics:
    """Return the statistics of the made-up national charity."""
    with NATIONAL.open(encoding="utf-8", newline="") as file:
        return [(table, index or None, numbers) for table, index, numbers in csv.reader(file)]


class Planner:
    """Tables without rows, and SQLite's plans for them; without `statistics` it plans as before any were taken."""

    def __init__(self, schema: Iterable[str], statistics: Statistics) -> None:
        self._connection = sqlite3.connect(":memory:")
        register(self._connection)
        for statement in schema:
            self._connection.execute(statement)
        if statistics:
            self._connection.execute("ANALYZE")
            self._connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", statistics)
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
            if instruction == "OpenRead" and root in self._by_root:
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


@dataclass(frozen=True)
class Sizes:
    """How many rows the tables of the national charity have, and to how many an index leads."""

    statistics: Statistics

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The rows of each table and index; a partial index has fewer than its table."""
        rows: dict[str, int] = {}
        for table, index, numbers in self.statistics:
            number = int(numbers.split()[0])
            rows[table] = max(rows.get(table, 0), number)
            if index:
                rows[index] = number
        return rows

    def rows_of(self, name: str) -> int:
        """Return how many rows the table or index has; 0 where the national charity has none."""
        return self._rows.get(name, 0)

    @cached_property
    def _indexes(self) -> dict[str, list[int]]:
        return {
            index: [int(number) for number in numbers.split() if number.isdigit()]
            for _, index, numbers in self.statistics
            if index
        }

    def rows_each_time(self, index: str, condition: str) -> int:
        """Return to how many rows a search leads on average; 0 where the index was not counted.

        Of what lies between two limits SQLite takes a 64th to be there, and of what lies beyond one of them a quarter.
        """
        numbers = self._indexes.get(index)
        if not numbers:
            return 0
        keys, limits = condition.count("=?"), condition.count(">?") + condition.count("<?")
        return numbers[min(keys, len(numbers) - 1)] // {0: 1, 1: 4}.get(limits, 64)


def readings(planner: Planner, sizes: Sizes, sql: str, values: Iterable[Any], *, most: int) -> set[Reading]:
    """Return where the statement reads more than `most` rows at once."""
    values = tuple(values)
    every = {Reading(table, sizes.rows_of(name)) for table, name in planner.read_whole(sql, values)}
    by_index = {
        Reading(table, sizes.rows_each_time(index, condition), index) for table, index, condition in planner.searched(sql, values)
    }
    return {reading for reading in every | by_index if reading.rows > most}


def main() -> None:
    """Write the statistics of the national demo whose SQLite file is named; it must hold enough, and have been analysed."""
    with closing(sqlite3.connect(sys.argv[1])) as full:
        (sessions,) = full.execute("SELECT count(*) FROM schools_session").fetchone()
        if sessions < 60_000:
            sys.exit(
                f"{sys.argv[1]} has {sessions:,} sessions. Name the file of a national demo (manage.py demo --size national)."
            )
        full.execute("ANALYZE")
        rows = full.execute("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx").fetchall()
    with NATIONAL.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
