"""How quick `export_reach --by area` is against the single SQL statement that gives the same answer (reach_by_area.sql).

Run as `python -m tests.bench.export_reach`: makes a scratch database beside the one that SPEAKOUT_DATABASE_URL names, imports
60,000 sessions, asserts that both answers are the same, and prints the ratio of the medians of alternating runs for one and
for three academic years. Exits 1 where a ratio is above 1 or the number of queries grows with the sessions.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.test")
django.setup()

from django.db import connection  # noqa: E402  # Django must be set up first
from django.test.utils import CaptureQueriesContext  # noqa: E402  # as above

from schools.core.periods import AcademicYear, Period  # noqa: E402  # as above
from schools.reach.exports import csv_lines  # noqa: E402  # as above
from schools.reach.queries import reach  # noqa: E402  # as above
from schools.reach.rows import FIRST_DEFINITIONS, Cut, ReachRow, one_decimal, percent  # noqa: E402  # as above
from schools.visits.session_files.importing import import_sessions  # noqa: E402  # as above
from tests.bench.charity import Charity, analyze, make_charity, write_sessions  # noqa: E402  # as above

AS_OF = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
PERIODS = [Period.parse("2025/26"), Period.parse("2023/24..2025/26")]
MOST = 1.0
FEW = 600
MINUTES = {
    "sqlite": "60 * (substr(s.ends, 1, 2) - substr(s.starts, 1, 2)) + substr(s.ends, 4, 2) - substr(s.starts, 4, 2)",
    "postgresql": "CAST(extract(epoch FROM s.ends - s.starts) / 60 AS integer)",
}


def ours(period: Period) -> list[str]:
    """What the command does, without writing the file."""
    return list(csv_lines(reach(period, by=Cut.AREA, as_of=AS_OF)))


def in_sql(period: Period) -> list[tuple[Any, ...]]:
    """The single statement."""
    sql = Path(__file__).with_name("reach_by_area.sql").read_text(encoding="utf-8")
    days: dict[str, Any] = {
        "first_day": period.first_day.isoformat(),
        "last_day": period.last_day.isoformat(),
        "schools_day": min(period.last_day, AS_OF).isoformat(),
        "as_of": AS_OF.isoformat(),
        "last_year": period.last_academic_year.start,
        "cycle_day": AcademicYear(period.last_academic_year.start - 1).first_day.isoformat(),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.format(minutes=MINUTES[connection.vendor]), days)
        return [tuple(row) for row in cursor.fetchall()]


def assert_same(period: Period) -> None:
    """Both answers are the same by the first definitions, row by row."""
    table = reach(period, by=Cut.AREA, as_of=AS_OF, definitions=FIRST_DEFINITIONS)
    mine = [_facts(row) for row in [*table.rows, table.total]]
    one_year = "." not in period.name
    theirs = [_comparable(row, one_year=one_year) for row in in_sql(period)]
    for own, other in zip(mine, theirs, strict=True):
        assert own == other, f"{period}: {own} is not {other}"  # the bench stops where the answers differ


def _facts(row: ReachRow) -> tuple[object, ...]:
    return (
        *(row.nation, row.region, row.area, row.schools_in_area, row.school_coverage_percent, row.schools_visited),
        *(row.schools_online_only, row.sessions_delivered, row.outcomes_missing, row.counts_missing, row.attendances),
        *(row.attendances_estimated, row.pupils_reached, row.pupils_in_person, row.pupils_online, row.children_reached),
        *(row.adults, row.volunteers_active, row.schools_visited_in_cycle, row.pupils_on_roll, row.pupils_on_roll_estimated),
        *(row.coverage_percent, row.volunteer_hours),
    )


def _comparable(row: tuple[Any, ...], *, one_year: bool) -> tuple[object, ...]:
    facts = [int(value) if isinstance(value, Decimal) else value for value in row]
    nation, region, area, schools, covered, *numbers, cycle, roll, shared, children, minutes = facts
    return (
        *(nation, region, area, schools, percent(covered, schools), *numbers, cycle, roll, bool(shared)),
        *(percent(children, roll) if one_year else None, one_decimal(minutes, 60)),
    )


def seconds(work: Callable[[Period], object], period: Period) -> float:
    """How long the work takes once."""
    start = perf_counter()
    work(period)
    return perf_counter() - start


def ratio(period: Period, *, runs: int) -> float:
    """Median of ours ÷ median of the statement, in alternating runs."""
    pairs = [(seconds(ours, period), seconds(in_sql, period)) for _ in range(runs)]
    mine = median(pair[0] for pair in pairs)
    floor = median(pair[1] for pair in pairs)
    print(f"{connection.vendor}, {period}: ours {mine:.3f} s, the statement {floor:.3f} s, ratio {mine / floor:.2f}")
    return mine / floor


def queries(period: Period) -> int:
    """How many queries the table needs."""
    with CaptureQueriesContext(connection) as captured:
        ours(period)
    return len(captured)


def load(charity: Charity, sessions: int, *, seed: int) -> None:
    """Import so many made-up sessions, and let the database look at its tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.csv"
        write_sessions(charity, path, sessions, seed=seed)
        import_sessions(path, now=datetime.combine(AS_OF, time(8, 50), tzinfo=UTC))
    analyze()


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=60_000)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    real_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        charity = make_charity(schools=12_000)
        load(charity, FEW, seed=2)
        few = queries(PERIODS[-1])
        load(charity, args.sessions, seed=1)
        many = queries(PERIODS[-1])
        print(f"{connection.vendor}: {few} queries with {FEW:,} sessions, {many} with {FEW + args.sessions:,}")
        for period in PERIODS:
            assert_same(period)
        ratios = [ratio(period, runs=args.runs) for period in PERIODS]
    finally:
        connection.creation.destroy_test_db(real_name, verbosity=0)
    missed = many > few or max(ratios) > MOST
    print("missed" if missed else "kept")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
