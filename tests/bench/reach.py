"""Reach of a national charity of ten years: speed against one SQL statement and against the grouping alone, and memory.

Run as `python -m tests.bench.reach` on the database that SPEAKOUT_DATABASE_URL names (PostgreSQL: `.ci/with-postgres python -m
tests.bench.reach`), which is migrated and filled where it is empty. Asserts that every answer is the same, prints the ratios,
which are medians of alternating runs, and the peak of memory above idle, each in a process of its own, and exits 1 where one is
missed.

Each is told by the clock and in CPU time, that of this process and of all of PostgreSQL's together. Somebody waits by the clock,
while PostgreSQL reads ahead on another core: so the floors, which are one statement, are compared by it. What three numbers cost
more than one is compared in CPU time, which a busy machine changes little: both folds go through the same rows in the same way.
"""

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Hashable, Mapping
from heapq import merge
from operator import itemgetter
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
django.setup()

from django.core.management import call_command  # noqa: E402  # Django must be set up first
from django.db import connection  # noqa: E402  # as above

from schools.core.periods import Period  # noqa: E402  # as above
from schools.core.snapshot import snapshot  # noqa: E402  # as above
from schools.models import Headcount, Session  # noqa: E402  # as above
from schools.reach.filters import EVERYTHING  # noqa: E402  # as above
from schools.reach.fold import Figures, Folded, fold  # noqa: E402  # as above
from schools.reach.places import Scope  # noqa: E402  # as above
from schools.reach.queries import known, reach, scope_of  # noqa: E402  # as above
from schools.reach.queries.counting import headcounts, visits_without_headcounts  # noqa: E402  # as above
from schools.reach.rows import DEFINITIONS, FIRST_DEFINITIONS, Cut  # noqa: E402  # as above
from tests.bench import first_fold  # noqa: E402  # as above
from tests.bench.alone import megabytes  # noqa: E402  # as above
from tests.bench.export_reach import AS_OF, assert_same, in_sql, ours  # noqa: E402  # as above
from tests.bench.national import make_national  # noqa: E402  # as above

YEAR, TEN_YEARS = Period.parse("2025/26"), Period.parse("2016/17..2025/26")
MOST = {
    "one year ÷ statement": 1.0,
    "one year ÷ grouping": 2.0,
    "ten years ÷ statement": 1.0,
    "ten years ÷ grouping": 2.0,
    "one year ÷ first definitions": 1.25,
    "ten years ÷ first definitions": 1.25,
}
"""The table has its columns from many questions; the grouping is the floor of the figures alone. Three numbers of pupils instead
of one are told against the fold of the first definitions."""
PARENT, USER, CHILDREN = 0, 10, 12
"""Where in `fields_of` the parent is, and the ticks in user and in system mode: its own, then those of children that ended."""
MOST_MEGABYTES = 60
LEAST_SESSIONS, LEAST_HEADCOUNTS = 250_000, 800_000
"""A national charity of ten years has at least so many: on fewer the ratios say nothing."""


def question(period: Period, definitions: int = DEFINITIONS) -> Scope:
    """The figures by area."""
    return scope_of(period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=AS_OF, areas=None, definitions=definitions)


def figures(period: Period, definitions: int = DEFINITIONS) -> Folded:
    """The figures of pupils by area and of all together: at least, about, at most. In a snapshot, as every page asks for them."""
    with snapshot():
        scope = question(period, definitions)
        stretches = known.stretches(scope)
        counted = headcounts(scope, (), stretches)
        if definitions > FIRST_DEFINITIONS:
            visits = visits_without_headcounts(scope)
            counted = merge(counted, known.uncounted(scope, visits), key=itemgetter(0))
        return fold(counted, known.known(scope, stretches))


def first(period: Period) -> tuple[dict[Hashable, Figures], Figures]:
    """The figures of the first definitions, by the fold that was written for them."""
    return first_fold.figures(question(period, FIRST_DEFINITIONS))


def rows_of(places: Mapping[Hashable, Figures], total: Figures) -> list[tuple[object, ...]]:
    """The three figures by area, and of all together."""
    named = [(0, area, one) for area, one in places.items()] + [(1, None, total)]
    return [
        (level, area, one.attendances, one.pupils_reached, one.children_reached)
        for level, area, one in named
        if one.attendances or one.pupils_reached or one.schools_in_person or one.schools_online
    ]


def statement(name: str) -> Callable[[Period], list[tuple[object, ...]]]:
    """A committed statement, ready to be asked."""
    sql = Path(__file__).with_name(name).read_text(encoding="utf-8")

    def ask(period: Period) -> list[tuple[object, ...]]:
        days = {"first_day": period.first_day.isoformat(), "last_day": period.last_day.isoformat()}
        with connection.cursor() as cursor:
            cursor.execute(sql, days)
            rows: list[tuple[object, ...]] = cursor.fetchall()
            return rows

    return ask


def assert_same_figures(period: Period) -> None:
    """Both folds and the statement say the same by the first definitions."""

    def key(row: tuple[object, ...]) -> tuple[str, ...]:
        return tuple(str(value) for value in row)

    folded = figures(period, FIRST_DEFINITIONS)
    mine, as_it_was = rows_of(folded.places, folded.total), rows_of(*first(period))
    theirs = sorted(map(key, statement("reach_figures.sql")(period)))
    assert sorted(map(key, mine)) == theirs == sorted(map(key, as_it_was)), f"{period}: the three figures differ"


class Seconds(NamedTuple):
    """What something took: for whoever waits, and of all processes together."""

    clock: float
    cpu: float


def seconds(work: Callable[[Period], object], period: Period) -> Seconds:
    """What the work takes once."""
    gc.collect()
    cpu, clock = process_time() + server_and_ended_seconds(), perf_counter()
    work(period)
    clock = perf_counter() - clock
    return Seconds(clock, process_time() + server_and_ended_seconds() - cpu)


def server_and_ended_seconds() -> float:
    """The CPU time of all processes of PostgreSQL's server, also of workers that ended with their query; 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[backend]] = cursor.fetchall()
    sleep(0.05)  # until the server has counted the workers that ended just now among its own
    stats = {int(file.parent.name): fields_of(file) for file in Path("/proc").glob("[0-9]*/stat")}
    server = stats[backend][PARENT]
    of_server = (fields for pid, fields in stats.items() if pid == server or (fields and fields[PARENT] == server))
    ticks = sum(sum(fields[USER:CHILDREN]) for fields in of_server) + sum(stats[server][CHILDREN : CHILDREN + 2])
    return ticks / os.sysconf("SC_CLK_TCK")


def fields_of(file: Path) -> list[int]:
    """What /proc says of a process after its name and state, from the parent on; empty: it has ended."""
    try:
        return [int(field) for field in file.read_text().rpartition(")")[2].split()[1:]]
    except (FileNotFoundError, ProcessLookupError):
        return []


def compare(name: str, work: Callable[[Period], object], other: Callable[[Period], object], period: Period, runs: int) -> Seconds:
    """The medians of the ratios of runs one after the other, so that a busy machine slows both."""
    pairs = [(seconds(work, period), seconds(other, period)) for _ in range(runs)]
    ratios = Seconds(*(median(mine[place] / theirs[place] for mine, theirs in pairs) for place in range(2)))
    took = [Seconds(*map(median, zip(*each, strict=True))) for each in zip(*pairs, strict=True)]
    for way, ratio, mine, theirs in zip(("by the clock", "CPU"), ratios, *took, strict=True):
        print(f"{connection.vendor}, {name}, {way}: {mine:.3f} s ÷ {theirs:.3f} s, median of pairs {ratio:.2f}", flush=True)
    return ratios


ALONE: dict[str, Callable[[Period], object]] = {
    "the table": lambda period: reach(period, by=Cut.AREA, as_of=AS_OF),
    "three figures": figures,
}
"""What of ten years is made in little memory."""


def megabytes_above_idle(name: str) -> float:
    """The peak of memory while the work is done once in a process of its own, above what is held when it is ready for it."""
    command = [sys.executable, "-m", "tests.bench.reach", "--alone", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603  # our own


def _work_alone(name: str) -> None:
    ALONE[name](Period.parse("2025-10-01..2025-10-01"))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    idle = megabytes("VmRSS")
    ALONE[name](TEN_YEARS)
    print(megabytes("VmHWM") - idle)


def is_national() -> bool:
    """Print how much there is to count; return whether that is enough."""
    sessions, counts = Session.objects.count(), Headcount.objects.count()
    print(f"{sessions:,} sessions, {counts:,} headcounts")
    is_enough = sessions >= LEAST_SESSIONS and counts >= LEAST_HEADCOUNTS
    if not is_enough:
        print(f"too few: {LEAST_SESSIONS:,} and {LEAST_HEADCOUNTS:,} are a national charity of ten years; name an empty database")
    return is_enough


def ratios_of(runs: int) -> dict[str, float]:
    """Each ratio that has a limit, as it is judged: by the clock or in CPU time."""
    grouping, one_statement = statement("reach_cells.sql"), statement("reach_figures.sql")
    compared = {
        "one year ÷ statement": compare("one year, the table ÷ the statement", ours, in_sql, YEAR, runs).clock,
        "one year ÷ grouping": compare("one year, three numbers ÷ the grouping alone", figures, grouping, YEAR, runs).clock,
        "ten years ÷ statement": compare(
            "ten years, three numbers ÷ the statement", figures, one_statement, TEN_YEARS, runs
        ).clock,
        "ten years ÷ grouping": compare(
            "ten years, three numbers ÷ the grouping alone", figures, grouping, TEN_YEARS, runs
        ).clock,
        "one year ÷ first definitions": compare(
            "one year, three numbers ÷ the fold of the first definitions", figures, first, YEAR, runs
        ).cpu,
        "ten years ÷ first definitions": compare(
            "ten years, three numbers ÷ the fold of the first definitions", figures, first, TEN_YEARS, runs
        ).cpu,
    }
    compare("one year, the whole table ÷ the grouping alone (for comparison)", ours, grouping, YEAR, runs)
    return compared


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--alone", choices=ALONE, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        _work_alone(args.alone)
        return 0
    call_command("migrate", verbosity=0)
    if not Session.objects.exists():
        make_national()
    if not is_national():
        return 2
    memory = {name: megabytes_above_idle(name) for name in ALONE}
    for name, peak in memory.items():
        print(f"{connection.vendor}, ten years, {name}: {peak:.0f} MB above idle (at most {MOST_MEGABYTES})", flush=True)
    assert_same(YEAR)
    assert_same_figures(YEAR)
    assert_same_figures(TEN_YEARS)
    ratios = ratios_of(args.runs)
    missed = [name for name, ratio in ratios.items() if ratio > MOST[name]]
    missed += [name for name, peak in memory.items() if peak > MOST_MEGABYTES]
    print(f"missed: {', '.join(missed)}" if missed else "kept")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
