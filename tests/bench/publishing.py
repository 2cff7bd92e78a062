"""What publishing a national year costs, and what a register's preview costs more because it says which figures move.

Run as `python -m tests.bench.publishing` on the database that SPEAKOUT_DATABASE_URL names (`.ci/with-postgres python -m
tests.bench.publishing`), which is migrated and filled where it is empty. What it publishes and imports it rolls back. Prints the
seconds of this process's CPU for the publication, its bundle and verify.py, and the ratio of the preview; exits 1 where one is
missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
django.setup()

from django.core.management import call_command  # noqa: E402  # Django must be set up first
from django.db import transaction  # noqa: E402  # as above

from schools.core.periods import Period  # noqa: E402  # as above
from schools.directory.actions import ImportOptions, Upload, ask_for_preview, work  # noqa: E402  # as above
from schools.models import ImportChange, ImportRun, PublishedAtom, School, Session, User  # noqa: E402  # as above
from schools.reach.actions.publishing import bundle_of, publish  # noqa: E402  # as above
from schools.reach.bundles import write_folder, zipped  # noqa: E402  # as above
from schools.reach.queries.moving import what_import_would_move  # noqa: E402  # as above
from schools.visits.models import SessionStage  # noqa: E402  # as above
from tests.bench.national import YEARS, make_national  # noqa: E402  # as above
from tests.bench.register_files import made_file  # noqa: E402  # as above
from tests.bench.sizes import refuse_fewer_sessions  # noqa: E402  # as above

YEAR = Period.parse("2025/26")
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
MOST_SECONDS = 10.0
MOST_PREVIEW = 1.3


def published(folder: Path) -> float:
    """Publish the year, write and zip its bundle; the seconds of CPU. Then verify.py, told beside."""
    missing = Session.objects.in_period(YEAR).scheduled().for_pupils().count()
    start = process_time()
    publication = publish(YEAR, by=None, now=NOW, despite_missing=missing)
    files = bundle_of(publication)
    packed = zipped(files, "bundle")
    seconds = process_time() - start
    write_folder(files, folder / "bundle")
    begun = perf_counter()
    check = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder / "bundle", check=False, capture_output=True, text=True
    )
    print(f"{PublishedAtom.objects.count():,} atoms, {len(packed):,} bytes zipped; verify.py {perf_counter() - begun:.1f} s")
    assert check.returncode == 0, check.stdout[-500:]
    return seconds


def preview(folder: Path) -> float:
    """A preview of a register whose changes are of schools with sessions; how many times as long it takes with what moves."""
    path = made_file(folder)
    by = User.objects.create_user("bench@example.org", "", name="Bench", is_staff=True)
    first = datetime.now(UTC).date()
    with path.open("rb") as file:
        upload = Upload(path.name, file)
        run = ask_for_preview(upload, None, ImportOptions("gias", first), by=by, now=NOW, queue=lambda *_: None)
    begun = perf_counter()
    work(run.pk, run.attempt, clock=lambda: datetime.now(UTC))
    plain = perf_counter() - begun
    run = ImportRun.objects.get(pk=run.pk)
    assert run.state == "ready", run.problem
    _of_schools_with_sessions(run)
    begun = perf_counter()
    told = what_import_would_move(run)
    more = perf_counter() - begun
    print(f"{run.changes.count():,} changes: the preview {plain:.1f} s, what moves {more:.1f} s, {len(told)} sentences")
    return (plain + more) / plain


def _of_schools_with_sessions(run: ImportRun) -> None:
    """Make changes that are of made-up schools those of the charity's own: links, and facts by which schools stand."""
    held = Session.objects.filter(stage=SessionStage.DELIVERED).order_by().values("visit__school").distinct()
    schools = list(School.objects.filter(pk__in=held).values_list("pk", "register_id"))
    rows = list(run.changes.order_by("pk"))
    for number, change in enumerate(rows):
        change.school_id, register_id = schools[number % len(schools)]
        change.kind = "linked" if number % 4 == 0 else "updated"
        change.register_id, change.other_id = f"{number}", register_id if number % 4 == 0 else ""
        change.fields = {"closed": [None, str(date(2026, 1, 31))]} if number % 4 else {}
    ImportChange.objects.bulk_update(rows, ["school", "kind", "register_id", "other_id", "fields"], batch_size=500)


def main() -> int:
    """Measure both; 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=len(YEARS), help="how many years the charity gets where there is none yet")
    years = parser.parse_args().years
    call_command("migrate", verbosity=0)
    if not Session.objects.exists():
        make_national(years=YEARS[-years:])
    refuse_fewer_sessions(30_000, made_by="this benchmark")
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        seconds = published(Path(folder))
        ratio = preview(Path(folder))
        transaction.set_rollback(True)
    late = "" if seconds <= MOST_SECONDS else "  MISSED"
    print(f"publishing a national year: {seconds:.1f} s of CPU (at most {MOST_SECONDS}){late}")
    print(f"preview with what moves ÷ without: {ratio:.2f} (at most {MOST_PREVIEW}){'' if ratio <= MOST_PREVIEW else '  MISSED'}")
    return int(seconds > MOST_SECONDS or ratio > MOST_PREVIEW)


if __name__ == "__main__":
    sys.exit(main())
