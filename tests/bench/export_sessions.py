"""Peak memory of export_sessions at two sizes, and its speed against csv.writer over a raw cursor with the same columns
and against django-import-export's export of the same rows.

Run as `python -m tests.bench.export_sessions [SMALL LARGE]`. It makes databases of its own in a temporary folder, on SQLite; on
PostgreSQL (`.ci/with-postgres python -m tests.bench.export_sessions`) it fills the empty database that SPEAKOUT_DATABASE_URL
names, first to the small size, then to the large one; one that is not empty is refused. Every measured run is a process of its
own; runs that are compared come in turns, and the median counts.
"""

import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.charity import analyze, set_up
from tests.bench.sizes import refuse_what_is_not_empty

SIZES = (10_000, 60_000)
PERIOD = "2020-01-01..2030-12-31"
FLAT = 1.15
"""The large export may hold so many times the memory of the small one."""
SLOWEST = 2.0
"""Ours may take so many times as long as the raw cursor."""
TIMES_IMPORT_EXPORT = 5.0
"""And must be so many times as quick as django-import-export, at the small size: it holds everything in memory."""
RUNS = 3

GROUPS = range(7)
RAW = f"""
select v.reference, s.nation, s.register_id, t.slug, x.day, x.starts, x.ends, x.language, x.stage, x.cancelled_code, x.adults,
    {", ".join(f"max(case when h.year_group = {group} then h.expected end)" for group in GROUPS)},
    {", ".join(f"max(case when h.year_group = {group} then h.pupils end)" for group in GROUPS)},
    (select string_agg(p.reference || ':' || c.role || ':' || c.state, ';')
        from schools_cover c join schools_volunteer p on p.id = c.volunteer_id where c.session_id = x.id),
    x.pupils_are, x.count_basis
from schools_session x
join schools_visit v on v.id = x.visit_id
join schools_sessiontype t on t.id = x.type_id
left join schools_headcount h on h.session_id = x.id
join schools_school s on s.id = coalesce(h.school_id, v.school_id)
group by x.id, s.id, v.id, t.id
order by x.day, x.starts, x.id
"""  # noqa: S608  # built of numbers alone
"""The floor: the rows of the file made by the database itself, without apostrophes, host-first order or year_groups."""


class _Sink(io.TextIOBase):
    """Takes what is written and counts the lines, so that no disk is measured."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0

    def write(self, text: str) -> int:
        self.lines += 1
        return len(text)


def _measured(work: str) -> None:
    """In a process of its own: run once, and print lines, seconds and the peak of memory in kB."""
    from tests.bench.charity import start

    start()
    from schools.core.periods import Period
    from schools.running.garbage import search_seldom
    from schools.visits.session_files.exports import session_lines

    sink = _Sink()
    # As a worker does that writes such a file: else one search of all that is loaded falls into the time, or does not, by chance.
    search_seldom()
    began = time.perf_counter()
    if work == "ours":
        sink.writelines(session_lines(Period.parse(PERIOD)))
    elif work == "raw":
        csv.writer(sink).writerows(_raw_rows())
    elif work == "import-export":
        sink.writelines(_import_export().splitlines(keepends=True))
    print(sink.lines, time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _raw_rows() -> Iterator[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(RAW)
        while rows := cursor.fetchmany(5000):
            yield from rows


def _import_export() -> str:
    """The same lines, as somebody writes them with django-import-export: a resource whose columns ask the session."""
    from import_export import fields, resources

    from schools.visits.models import Session
    from schools.visits.session_files.columns import COLUMNS_OF_RETURNS as COLUMNS
    from schools.visits.session_files.columns import SessionCells, cells, write_because, write_covers

    def line(session: Any) -> list[Any]:
        covers = write_covers((one.volunteer.reference, one.role, one.state) for one in session.covers.all())
        counts = [(one.year_group, one.expected, one.pupils) for one in session.headcounts.all()]
        host = session.visit.school
        said = SessionCells(
            session.visit.reference, session.type.slug, session.day, session.starts, session.minutes, session.language,
            session.stage, write_because(session.cancelled_code, session.cancelled_note), session.adults, covers,
            session.pupils_are, session.count_basis,
        )  # fmt: skip
        return cells(said, host.nation, host.register_id, counts, of_host=True)

    class Column(fields.Field):
        """One cell of the line, which is made once for each session."""

        def export(self, instance: Any, **_: Any) -> Any:
            if not hasattr(instance, "line"):
                instance.line = line(instance)
            return instance.line[COLUMNS.index(self.column_name)]

    columns = {name: Column(column_name=name) for name in COLUMNS}
    meta = type("Meta", (), {"model": Session, "fields": COLUMNS, "export_order": COLUMNS})
    resource = type("SessionResource", (resources.ModelResource,), {**columns, "Meta": meta})()
    sessions = Session.objects.order_by("day", "starts", "pk").select_related("visit__school", "type")
    return str(resource.export(sessions.prefetch_related("headcounts", "covers__volunteer")).csv)


def _run(*command: str) -> str:
    return subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True).stdout  # noqa: S603  # our own


def _measure(work: str) -> tuple[int, float, int]:
    lines, seconds, kilobytes = _run("-m", "tests.bench.export_sessions", "--measure", work).split()
    return int(lines), float(seconds), int(kilobytes)


def _fill(folder: Path, sessions: int, *, seed: int) -> None:
    file = folder / f"{seed}.csv"
    _run("-m", "tests.bench.charity", "--sessions", str(sessions), "--seed", str(seed), "--to", str(file))
    _run("manage.py", "import_sessions", str(file))


def main() -> None:
    """Measure both sizes and fail where the memory grew."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    peaks, have = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.setdefault("SPEAKOUT_DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        set_up()
        refuse_what_is_not_empty()
        for seed, size in enumerate(sizes, start=1):
            _fill(folder, size - have, seed=seed)
            analyze()
            have = size
            pairs = [(_measure("ours"), _measure("raw")) for _ in range(RUNS)]
            ratio = median(mine[1] / floor[1] for mine, floor in pairs)
            (lines, seconds, peak), (_, _, raw_peak) = pairs[-1]
            peaks.append(peak)
            print(
                f"{size:,} sessions, {lines:,} lines: {lines / seconds:,.0f} lines/s, {peak / 1024:.0f} MB; "
                f"raw cursor and csv.writer {raw_peak / 1024:.0f} MB; ours ÷ raw {ratio:.2f} in time (at most {SLOWEST})"
            )
            assert ratio <= SLOWEST, "export_sessions takes more than twice the time of the raw cursor"
            if size == sizes[0]:
                quicker = median(_measure("import-export")[1] / mine[1] for mine, _ in pairs)
                print(f"django-import-export takes {quicker:.1f} times as long as ours (at least {TIMES_IMPORT_EXPORT})")
                assert quicker >= TIMES_IMPORT_EXPORT, "export_sessions is not five times as quick as django-import-export"
    grown = peaks[-1] / peaks[0]
    print(f"peak memory of {sizes[-1]:,} ÷ {sizes[0]:,} sessions: {grown:.3f} (at most {FLAT})")
    assert grown <= FLAT, "export_sessions holds more memory the more sessions there are"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measured(sys.argv[2])
    else:
        main()
