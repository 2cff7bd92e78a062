"""How PostgreSQL would answer a statement at a national charity: planned on the tests' rows, as if they were many.

PostgreSQL plans by how many rows a page of a table holds, by how many pages there are, and by how many different values a column
has. All that stands in its catalogue, so a table of one page stands for a large one there, with the numbers that SQLite's
statistics have (sizes.py). Only a superuser may write it, as the tests' role is; a rollback takes it back.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.plans.sizes import GROWS_AS, Reading, Sizes, Statistics

PAGES = """
    UPDATE pg_class SET reltuples = %s, relpages = greatest(1, pg_relation_size(oid) / current_setting('block_size')::bigint)
    WHERE relname = %s AND relnamespace = current_schema()::regnamespace
"""
"""Of a table, or of an index with a condition: of the others PostgreSQL takes the rows of their table."""

VALUES = """
    INSERT INTO pg_statistic (
        starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct,
        stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5,
        stacoll1, stacoll2, stacoll3, stacoll4, stacoll5
    )
    SELECT attrelid, attnum, false, CASE WHEN attnotnull THEN 0 ELSE %s END, 8, %s, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attname = %s
        AND NOT EXISTS (SELECT 1 FROM pg_statistic WHERE starelid = attrelid AND staattnum = attnum)
"""
"""Of a column: which part of the rows is NULL, where it may be, and how many different values it has; negative: of all rows."""

FIRST_COLUMNS = """
    SELECT relname, attname
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    WHERE relnamespace = current_schema()::regnamespace
"""
INDEXES = """
    SELECT indexes.relname, tables.relname, string_agg(attname, ' ' ORDER BY place)
    FROM pg_index JOIN pg_class indexes ON indexes.oid = indexrelid JOIN pg_class tables ON tables.oid = indrelid
        CROSS JOIN unnest(indkey) WITH ORDINALITY keys (number, place)
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = number
    WHERE tables.relnamespace = current_schema()::regnamespace
    GROUP BY indexes.relname, tables.relname
"""

EQUAL = re.compile(r" = ")
LIMIT = re.compile(r" [<>]=? ")

PASSING = {"Nested Loop", "Result", "LockRows"}
"""Nodes that hand the rows of the first below them on in their order."""
JOINING = {"Inner", "Left"}
TABLES = {"Seq Scan", "Index Scan", "Index Only Scan"}
LEAVING_OUT = ("Filter", "Join Filter", "One-Time Filter")


def enlarge(connection: BaseDatabaseWrapper, statistics: Statistics) -> None:
    """Let PostgreSQL take its tables for those of the statistics, as after ANALYZE."""
    sizes = Sizes(statistics)
    names = {(table, name) for table, index, *_ in statistics for name in (table, index) if name}
    with connection.cursor() as cursor:
        cursor.executemany(PAGES, [(sizes.rows_of(table, name), name) for table, name in sorted(names)])
        cursor.executemany(VALUES, list(_different(statistics)))
        cursor.execute(FIRST_COLUMNS)
        grown = [(0, -0.25, table, column) for table, column in cursor.fetchall() if table in GROWS_AS]
        cursor.executemany(VALUES, [*grown, *_choices()])


def _different(statistics: Statistics) -> Iterator[tuple[float, float, str, str]]:
    for table, index, numbers, columns in statistics:
        rows, *each = (int(number) for number in numbers.split() if number.isdigit())
        if index and rows and each and columns and table not in GROWS_AS:
            # All alike are those without a value: the demo fills what it does not need in no row.
            is_blank = each[0] == rows
            yield 0.99 if is_blank else 0, -0.01 if is_blank else rows / each[0], table, columns.split(" ")[0]


def _choices() -> Iterator[tuple[float, float, str, str]]:
    """Columns that are chosen from a few words: each stands in many rows."""
    for model in apps.get_models():
        for column in model._meta.local_concrete_fields:
            if column.choices and len(column.flatchoices) > 0:
                yield 0, len(column.flatchoices), model._meta.db_table, str(column.column)


def without_page(connection: BaseDatabaseWrapper, sizes: Sizes, *, most: int) -> list[str]:
    """Return the tables of more than `most` rows that have no page here: PostgreSQL would plan for an empty table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            " AND pg_relation_size(oid) = 0 ORDER BY relname"
        )
        return [table for (table,) in cursor.fetchall() if sizes.rows_of(table) > most]


def plan(connection: BaseDatabaseWrapper, sql: str, values: Iterable[Any] | None) -> dict[str, Any]:
    """Return the plan as PostgreSQL tells it; without values (None) a per cent sign of the statement is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", None if values is None else tuple(values))
        (answer,) = cursor.fetchone()
    [whole] = json.loads(answer) if isinstance(answer, str) else answer
    root: dict[str, Any] = whole["Plan"]
    return root


class Catalogue:
    """What the plans of PostgreSQL read, by the sizes of the national charity."""

    def __init__(self, connection: BaseDatabaseWrapper, sizes: Sizes) -> None:
        with connection.cursor() as cursor:
            cursor.execute(INDEXES)
            indexes = cursor.fetchall()
        self._table_of: dict[str, str] = {index: table for index, table, _ in indexes}
        self._known_as = {index: sizes.name_of(table, columns or "") or index for index, table, columns in indexes}
        self._sizes = sizes

    def readings(self, root: dict[str, Any], *, most: int) -> set[Reading]:
        """Return where the plan reads more than `most` rows at once."""
        firsts = [_first_taken(node) for node in _nodes(root) if node["Node Type"] == "Limit" and node["Plan Rows"] <= most]
        every = (self._reading(node) for node in _nodes(root) if not any(node is first for first in firsts))
        return {reading for reading in every if reading and reading.rows > most}

    def _reading(self, node: dict[str, Any]) -> Reading | None:
        index, condition = node.get("Index Name", ""), node.get("Index Cond", "")
        if not index:
            table = node.get("Relation Name", "")
            return Reading(table, self._sizes.rows_of(table)) if node["Node Type"] == "Seq Scan" else None
        table = self._table_of[index]
        if not condition:
            return Reading(table, self._sizes.rows_of(table, index))
        keys, limits = len(EQUAL.findall(condition)), len(LIMIT.findall(condition))
        return Reading(table, self._sizes.rows_behind(self._known_as[index], keys, limits), index)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _first_taken(limit: dict[str, Any]) -> dict[str, Any] | None:
    """Return the table of which the first rows are taken, as they come or in the order of an index; None: there is none.

    It ends after as many as it shows: nothing between the limit and the table sorts rows or leaves some out.
    """
    node = limit["Plans"][0]
    while node["Node Type"] in PASSING and node.get("Join Type", "Inner") in JOINING and node.get("Plans"):
        if any(name in below for below in (node, *node["Plans"]) for name in LEAVING_OUT):
            return None
        node = node["Plans"][0]
    return node if node["Node Type"] in TABLES and not any(name in node for name in LEAVING_OUT) else None


def in_words(node: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield the plan line by line."""
    facts = [str(node[name]) for name in ("Relation Name", "Index Name", "Index Cond", "Filter") if name in node]
    yield f"{'  ' * depth}{node['Node Type']} {' '.join(facts)}".rstrip()
    for below in node.get("Plans", ()):
        yield from in_words(below, depth + 1)
