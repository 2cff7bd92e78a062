"""How much more of the database a page reads at ten years than at two: what is not about history must not grow with it.

Run as `.ci/with-postgres python -m tests.bench.years`, on an empty PostgreSQL; one with schools is refused, and so is SQLite,
which does not say what it reads. `manage.py demo --size national` fills it with two years, and then, in their place, with ten:
that takes minutes.

Each statement of a page is asked a second time with EXPLAIN (ANALYZE, BUFFERS). Rows are those that the plan took from tables,
also where a condition then left them out; buffers are pages of tables and indexes, from memory or disk. Both are the same on a
busy machine and on a quiet one, which time is not. An index of ten years is a level deeper, so buffers have a goal of their own.
Prints a line for each page with its goals, and below one that misses them the statement that grew most; then it exits with 1.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.bench.charity import set_up
from tests.bench.sizes import NATIONAL_DEMO, TEN_YEARS, refuse_fewer_sessions, refuse_what_is_not_empty

YEARS = {2: NATIONAL_DEMO, 10: TEN_YEARS}
"""Whole academic years before the running one, with the sessions that the demo makes of them at least."""
MOST_ROWS, MOST_BUFFERS = 1.2, 1.5
"""The goals: what is read at ten years, as a multiple of what is read at two."""
FEW = 300
"""Rows, or buffers, that a page may read anyway: among so few, the one school or visit that it shows counts more than years."""
ABOUT_HISTORY = ("an empty page", "reach", "visits", "due list, one area, by pupils to gain")
"""How the names of pages begin that this does not judge: they list or count what was, or nothing."""


@dataclass
class Reads:
    """What a page read, in all and by statement."""

    rows: int = 0
    buffers: int = 0
    by_statement: dict[str, int] = field(default_factory=dict)
    """Rows by the words of the statement."""


def read_by(page: Any) -> Reads:
    """Open the page with an empty cache, and return what its statements read."""
    from django.core.cache import cache
    from django.db import connection

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
        if str(sql).lstrip().startswith(("SELECT", "WITH")):
            sent.append((str(sql), values))
        return execute(sql, values, many, context)

    page.ask()  # what a process keeps is known from now on
    cache.clear()
    with connection.execute_wrapper(note):
        page.ask()
    reads = Reads()
    for sql, values in sent:
        plan = _plan(sql, values)
        rows = sum(map(_rows_of, _nodes(plan)))
        reads.rows += rows
        reads.buffers += plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
        reads.by_statement[sql] = reads.by_statement.get(sql, 0) + rows
    return reads


def _plan(sql: str, values: Any) -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", values)
        (answer,) = cursor.fetchone()
    [whole] = json.loads(answer) if isinstance(answer, str) else answer
    plan: dict[str, Any] = whole["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _rows_of(node: dict[str, Any]) -> int:
    """Return the rows that a node took from its table; 0 of a node without one."""
    if "Relation Name" not in node:
        return 0
    left_out = sum(node.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
    rows: float = (node["Actual Rows"] + left_out) * node["Actual Loops"]
    return round(rows)


def read_at(years: int) -> dict[str, Reads]:
    """Fill the empty database with so many years, and return what each page reads there."""
    from django.core.management import call_command
    from django.db import connection

    from tests.bench.pages import pages

    call_command("demo", size="national", years=years)
    refuse_fewer_sessions(YEARS[years], made_by="this benchmark")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {page.name: read_by(page) for page in pages() if not page.name.startswith(ABOUT_HISTORY)}


def compare(name: str, before: Reads, after: Reads) -> bool:
    """Print the page's line, and return whether it keeps its goals."""
    rows, buffers = (new / max(old, FEW) for old, new in ((before.rows, after.rows), (before.buffers, after.buffers)))
    of_rows = f"{rows:.2f} × the rows of two years (at most {MOST_ROWS:g}), {before.rows:,} and {after.rows:,}"
    of_buffers = f"{buffers:.2f} × the buffers (at most {MOST_BUFFERS:g}), {before.buffers:,} and {after.buffers:,}"
    kept = True
    for words, is_kept in ((of_rows, rows <= MOST_ROWS), (of_buffers, buffers <= MOST_BUFFERS)):
        kept = kept and is_kept
        print(f"{name}: {words}{'' if is_kept else '  MISSED'}", flush=True)
    if not kept:
        grown = max(after.by_statement, key=lambda sql: after.by_statement[sql] - before.by_statement.get(sql, 0))
        print(f"    {before.by_statement.get(grown, 0):,} and {after.by_statement[grown]:,} rows: {grown}", flush=True)
    return kept


def main() -> None:
    """Measure at two years, then at ten, and compare."""
    set_up()
    from django.db import connection
    from django.test.utils import override_settings

    from tests.bench.alone import emptied

    if connection.vendor != "postgresql" or not os.environ.get("SPEAKOUT_DATABASE_URL"):
        sys.exit("This benchmark asks PostgreSQL what it reads: .ci/with-postgres python -m tests.bench.years")
    refuse_what_is_not_empty()
    with override_settings(ALLOWED_HOSTS=["*"], DEBUG=False):
        before = read_at(2)
        emptied()
        after = read_at(10)
    kept = [compare(name, before[name], reads) for name, reads in after.items()]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
