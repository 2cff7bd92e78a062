"""How quick a national list of postcodes is imported, and in how little memory, against a floor measured in the same run.

Run as `python -m tests.bench.import_postcodes [--rows N]`, on whatever database the settings name; it makes a scratch database
beside that one and drops it again. The floor is csv.DictReader over the file and `bulk_create` of the same postcodes in one
transaction, nothing else: no check, no comparison. Every piece of work is a process of its own. Exits 1 where a ratio is missed,
or where the whole file takes much more memory than its tenth.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator
from itertools import batched, islice, product
from pathlib import Path
from typing import Any

from tests.bench.alone import emptied, measured, scratch_database

ROWS = 2_000_000
MOST = {
    "preview of the page": 1.3, "applying by the page": 1.8, "first import": 2.0, "unchanged again": 1.0,
    "with one in a thousand moved": 1.2,
}  # fmt: skip
"""Each divided by the floor."""
FLAT = 1.15
"""The whole file may hold so many times the memory of its tenth."""
INWARD = "ABDEFGHJLNPQRSTUWXYZ"


def made_file(path: Path, rows: int, *, moved: bool = False) -> Path:
    """An invented national list, with columns that nobody reads."""
    areas = (f"{one}{other}" for one, other in product("BCDEGHLMNPRSW", "AEHLNRT"))
    outward = (f"{area}{district}" for area, district in product(areas, range(1, 30)))
    units = (f"{one} {sector}{first}{last}" for one, sector, first, last in product(outward, range(10), INWARD, INWARD))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("pcd", "pcds", "dointr", "doterm", "oseast1m", "osnrth1m", "ctry", "lsoa11"))
        for number, unit in enumerate(islice(units, rows)):
            north = number % 500_000 + 100_000 + (moved and number % 1000 == 0)
            writer.writerow(
                (unit, unit, "198001", "", number % 400_000 + 200_000, north, "E92000001", f"E0{number % 9_999_999:07}")
            )
    return path


def floor(path: Path) -> int:
    """Read every row into a dictionary and insert it."""
    from django.db import transaction

    from schools.models import Postcode

    def read() -> Iterator[Postcode]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Postcode(postcode=row["pcds"], easting=int(row["oseast1m"]), northing=int(row["osnrth1m"]))

    with transaction.atomic():
        return sum(len(Postcode.objects.bulk_create(some, batch_size=1000)) for some in batched(read(), 5_000))


def imported(path: Path) -> int:
    """The import itself."""
    from schools.directory.actions import import_postcodes

    report = import_postcodes(path)
    return report.created + report.updated + report.unchanged


def handed_in(path: Path) -> int:
    """A preview of the page, from the upload on; it stays there to be applied."""
    from django.utils import timezone

    from schools.directory.actions import POSTCODES, ImportOptions, Upload, ask_for_preview, work
    from schools.models import ImportRun, User

    by = User.objects.create_user(f"{path.stem}@example.org", name="Helen Bowness")
    now = timezone.now()
    with path.open("rb") as file:
        options = ImportOptions(register="postcodes", day=timezone.localdate())
        run = ask_for_preview(Upload(path.name, file), None, options, by=by, now=now, queue=lambda *_: None)
    work(run.pk, run.attempt, clock=timezone.now, tables={"postcodes": POSTCODES})
    run = ImportRun.objects.get(pk=run.pk)
    assert run.state == "ready", run.problem
    return counted(run)


def applied(_path: Path) -> int:
    """The applying of the latest preview."""
    from django.utils import timezone

    from schools.directory.actions import POSTCODES, ask_to_apply, work
    from schools.models import ImportRun

    run = ImportRun.objects.latest("pk")
    assert run.asked_by
    run = ask_to_apply(run, by=run.asked_by, now=timezone.now(), queue=lambda *_: None)
    work(run.pk, run.attempt, clock=timezone.now, tables={"postcodes": POSTCODES})
    return counted(ImportRun.objects.get(pk=run.pk, state="applied"))


def counted(run: Any) -> int:
    """The rows that the run's report counts."""
    return int(run.report["created"] + run.report["updated"] + run.report["unchanged"])


def measure(folder: Path, rows: int) -> bool:
    """Print each ratio; whether all of them are kept."""
    whole, tenth = made_file(folder / "whole.csv", rows), made_file(folder / "tenth.csv", rows // 10)
    moved = made_file(folder / "moved.csv", rows, moved=True)
    small = [measured(handed_in, tenth), measured(applied, tenth)]
    emptied()
    small += [measured(imported, tenth)] * 3
    emptied()
    lowest = measured(floor, whole)
    emptied()
    by_page = [measured(handed_in, whole), measured(applied, whole)]
    emptied()
    by_command = [measured(imported, path) for path in (whole, whole, moved)]
    kept = True
    for name, work, of_tenth in zip(MOST, by_page + by_command, small, strict=True):
        assert work.rows == lowest.rows, f"{name}: {work.rows:,} rows, and the floor has {lowest.rows:,}"
        ratio, flat = work.seconds / lowest.seconds, work.megabytes / of_tenth.megabytes
        print(
            f"{rows:,} rows, {name}: {rows / work.seconds:,.0f} rows/s, ÷ floor {ratio:.2f} (at most {MOST[name]}); "
            f"{work.megabytes:.0f} MB, {flat:.2f} times that of a tenth (at most {FLAT})"
        )
        kept = kept and ratio <= MOST[name] and flat <= FLAT
    return kept


def main() -> int:
    """Measure on a scratch database of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    with scratch_database(), tempfile.TemporaryDirectory() as name:
        kept = measure(Path(name), options.rows)
    print("kept" if kept else "missed")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
