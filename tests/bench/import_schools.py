"""How long and how much memory a national import takes, against a floor measured in the same run.

Run as `python -m tests.bench.import_schools [FILE] [--rounds N]`, on whatever database the settings name; it makes a scratch
database beside that one and drops it again. FILE is a national register (GIAS); without one an invented file of the same shape
is made. The floor is csv.DictReader over the file and `bulk_create` of the same schools and columns, nothing else: no check, no
comparison, no authority, no history. Prints the ratios; exit 1 where one misses its floor.
"""

import argparse
import csv
import gzip
import io
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

COLUMNS = 133
ROWS = 26_000
MOST_FIRST, MOST_AGAIN, MOST_MEGABYTES = 2.0, 1.0, 200


def made_file(folder: Path) -> Path:
    """An invented national register: 26,000 rows and 133 columns, 70 % primary schools, in cp1252 and gzipped."""
    from tests.directory.gias_files import HEADER, row

    fillers = COLUMNS - len(HEADER)
    header = [*HEADER, *(f"Unread {number}" for number in range(fillers))]
    phases = [("Primary", "3", "11")] * 7 + [
        ("Secondary", "11", "18"),
        ("Not applicable", "5", "16"),
        ("Not applicable", "2", "19"),
    ]
    path = folder / "made_up_england.csv.gz"
    with gzip.open(path, "wt", encoding="cp1252", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(ROWS):
            council, (phase, low, high) = number % 150, phases[number % 10]
            cells = row(
                urn=str(100_000 + number),
                name=f"Invented School {number}",
                gss=f"E{10_000_000 + council}",
                la_code=str(200 + council),
                la_name=f"Council {council}",
                region=f"Region {council % 9}",
                phase=phase,
                low=low,
                high=high,
                pupils=str(30 + number % 600),
                street=f"{number % 99} Made-up Street",
                easting=str(300_000 + number),
                northing=str(200_000 + number),
            )
            writer.writerow([*cells, *("x" if filler % 3 == 0 else "" for filler in range(fillers))])
    return path


def _dictionaries(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))


def floor(path: Path) -> int:
    """Read every row into a dictionary and insert the schools that have our year groups."""
    from datetime import date

    from django.db import transaction

    from schools.core.year_groups import year_groups_of_ages
    from schools.models import School

    def day(cell: str) -> date | None:
        return date(int(cell[6:]), int(cell[3:5]), int(cell[:2])) if cell else None

    def number(cell: str) -> int | None:
        return int(cell) if cell.isdigit() else None

    statuses = {"Open": "open", "Closed": "closed", "Open, but proposed to close": "closing", "Proposed to open": "proposed"}
    ours = re.compile(r"E[0-9]{8}")
    schools = [
        School(
            nation="england",
            register_id=row["URN"],
            name=row["EstablishmentName"],
            sector="mainstream",
            phase=row["PhaseOfEducation (name)"],
            kind=row["TypeOfEstablishment (name)"],
            status=statuses[row["EstablishmentStatus (name)"]],
            opened=day(row["OpenDate"]),
            closed=day(row["CloseDate"]),
            low_age=number(row["StatutoryLowAge"]),
            high_age=number(row["StatutoryHighAge"]),
            pupils=number(row["NumberOfPupils"]),
            census_day=day(row["CensusDate"]),
            address=", ".join(filter(None, (row["Street"], row["Locality"], row["Address3"], row["Town"], row["County (name)"]))),
            postcode=row["Postcode"],
            easting=number(row["Easting"]),
            northing=number(row["Northing"]),
            phone=row["TelephoneNum"],
            website=row["SchoolWebsite"],
            lsoa=row["LSOA (code)"],
        )
        for row in _dictionaries(path)
        if ours.fullmatch(row["GSSLACode (name)"])
        and year_groups_of_ages(number(row["StatutoryLowAge"]), number(row["StatutoryHighAge"]))
    ]
    with transaction.atomic():
        School.objects.bulk_create(schools, batch_size=500)
    return len(schools)


def imported(path: Path) -> int:
    """The import itself; how many schools it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import import_register

    now = datetime.now(UTC)
    report = import_register(path, day=now.date(), now=now)
    return report.created + report.unchanged


def _child(work: str, path: Path, database: str, results: Any) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    connection.ensure_connection()
    started = time.perf_counter()
    schools = {"floor": floor, "imported": imported}[work](path)
    seconds = time.perf_counter() - started
    # Kilobytes on Linux.
    results.put((schools, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    connection.close()


def _measured(work: str, path: Path) -> tuple[int, float, float]:
    """Schools, seconds and megabytes of one piece of work in a process of its own."""
    from django.db import connection

    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_child, args=(work, path, str(connection.settings_dict["NAME"]), results))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work} failed with exit code {process.exitcode}.")
    answer: tuple[int, float, float] = results.get()
    return answer


def _emptied() -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def measure(path: Path, *, rounds: int) -> bool:
    """Print each ratio; whether all of them keep their floor.

    In each round floor and imports run one after the other and are compared with each other; the middle round counts, so that
    a machine that is busy for a while judges neither of them.
    """
    first: list[float] = []
    again: list[float] = []
    memory: list[float] = []
    for _ in range(rounds):
        _emptied()
        schools, lowest, _memory = _measured("floor", path)
        _emptied()
        for times in (first, again):
            seen, seconds, megabytes = _measured("imported", path)
            times.append(seconds / lowest)
            memory.append(megabytes)
            if seen != schools:
                sys.exit(f"The import stored {seen:,} schools and the floor {schools:,}: they cannot be compared.")
    print(f"{schools:,} schools, {rounds} rounds; the last floor took {lowest:.2f} s")
    kept = True
    for name, value, most, unit in (
        ("first import ÷ floor", median(first), MOST_FIRST, ""),
        ("unchanged import ÷ floor", median(again), MOST_AGAIN, ""),
        ("peak memory", max(memory), MOST_MEGABYTES, " MB"),
    ):
        kept = kept and value <= most
        print(f"{name}: {value:.2f}{unit} (at most {most}{unit}){'' if value <= most else '  MISSED'}")
    return kept


def main() -> None:
    """Measure on a scratch database of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    import django

    django.setup()
    from django.db import connection

    usual = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            kept = measure(options.file or made_file(Path(folder)), rounds=options.rounds)
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
