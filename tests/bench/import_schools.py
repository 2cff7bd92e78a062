"""How long and how much memory a national import takes, against a floor measured in the same run.

Run as `python -m tests.bench.import_schools [FILE] [--links FILE] [--rounds N]`, on whatever database the settings name; it makes
a scratch database beside that one and drops it again. FILE is a national register (GIAS) and --links its file of links; without
them invented files of the same shape are made. The floor is csv.DictReader over the files and `bulk_create` of the same schools,
links and columns, nothing else: no check, no comparison, no authority, no history, no chains. django-import-export gets a part of
the same rows in the same run, as it comes and (for information) in its bulk mode. Prints the ratios; exit 1
where one misses its floor.
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
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import IO, Any, NamedTuple

COLUMNS = 133
ROWS = 26_000
CHANGES = 2_000
PART = 4_000
"""Rows that django-import-export gets, and our import for comparison: all of them would take it minutes."""
MOST = {
    "first import": 2.0,
    "first import with links": 2.0,
    "unchanged import with links": 1.0,
    f"import with {CHANGES:,} changes": 1.2,
    "preview of a first import": 1.5,
    f"preview of {CHANGES:,} changes": 1.5,
}
"""Each divided by its floor."""
LEAST_FASTER, MOST_MEGABYTES = 10.0, 200


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


def made_links(folder: Path) -> Path:
    """6,000 links told of in both directions, and 6,000 of one direction to schools that are not in the register."""
    path = folder / "made_up_links.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"))
        primaries = [100_000 + number for number in range(ROWS) if number % 10 < 7]
        for one, other in zip(primaries[0:12_000:2], primaries[1:12_000:2], strict=True):
            writer.writerow((one, other, "Invented School", "Successor", "01-09-2019"))
            writer.writerow((other, one, "Invented School", "Predecessor", ""))
        for number, urn in enumerate(primaries[:6_000]):
            writer.writerow((urn, 900_000 + number, "School of elsewhere", "Predecessor - merged", "01-09-2018"))
    return path


def changed(path: Path, folder: Path, *, changes: int = CHANGES) -> Path:
    """The register with so many open primary schools renamed, a tenth of them closed, the more spread the better."""
    changed_path = folder / f"changed_{path.name}"
    with _opened(path) as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))
        header = next(rows)
        content = list(rows)
    name, status, phase, closed = (
        header.index(column)
        for column in ("EstablishmentName", "EstablishmentStatus (name)", "PhaseOfEducation (name)", "CloseDate")
    )
    eligible = [row for row in content if row[status] == "Open" and row[phase] == "Primary"]
    for number, row in enumerate(eligible[:: max(1, len(eligible) // changes)][:changes]):
        row[name] = f"{row[name]} Academy"
        if number % 10 == 0:
            row[status], row[closed] = "Closed", "31-08-2025"
    with gzip.open(changed_path, "wt", encoding="cp1252", newline="", compresslevel=1) as file:
        csv.writer(file).writerows([header, *content])
    return changed_path


def part(path: Path, folder: Path) -> Path:
    """The first rows of the register that are primary schools, without compression."""
    part_path = folder / "part.csv"
    with _opened(path) as raw, part_path.open("w", encoding="cp1252", newline="") as file:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))
        header = next(rows)
        phase = header.index("PhaseOfEducation (name)")
        csv.writer(file).writerows([header, *islice((row for row in rows if row[phase] == "Primary"), PART)])
    return part_path


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
        yield raw  # type: ignore[misc]  # GzipFile reads bytes like any other binary file


def _dictionaries(path: Path) -> Iterator[dict[str, str]]:
    with _opened(path) as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="cp1252", newline=""))


def floor(path: Path, links: Path | None = None) -> int:
    """Read every row into a dictionary and insert the schools that have our year groups, and the links between them."""
    from datetime import date

    from django.db import transaction

    from schools.core.year_groups import year_groups_of_ages
    from schools.models import School, SchoolLink

    def day(cell: str) -> date | None:
        return date(int(cell[6:]), int(cell[3:5]), int(cell[:2])) if cell else None

    def number(cell: str) -> int | None:
        return int(cell) if cell.isdigit() else None

    def has_our_year_groups(row: dict[str, str]) -> bool:
        # New schools whose ages nobody recorded yet have 0 to 0; primary schools among them are known to be ours.
        low, high = number(row["StatutoryLowAge"]), number(row["StatutoryHighAge"])
        if not high:
            return row["PhaseOfEducation (name)"] == "Primary"
        return bool(year_groups_of_ages(low, high))

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
        if ours.fullmatch(row["GSSLACode (name)"]) and has_our_year_groups(row)
    ]
    with transaction.atomic():
        School.objects.bulk_create(schools, batch_size=500)
        if links:
            ids = {school.register_id: school.pk for school in schools}
            pairs = {
                (row["URN"], row["LinkURN"]) if row["LinkType"].startswith("Succ") else (row["LinkURN"], row["URN"])
                for row in _dictionaries(links)
                if row["LinkType"].startswith(("Succ", "Pred")) and row["URN"] in ids and row["LinkURN"] in ids
            }
            SchoolLink.objects.bulk_create(
                [SchoolLink(predecessor_id=ids[one], successor_id=ids[other], kind="successor") for one, other in pairs],
                batch_size=500,
            )
    return len(schools)


def imported(path: Path, links: Path | None = None) -> int:
    """The import itself; how many schools it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import import_register

    now = datetime.now(UTC)
    report = import_register(path, links=links, day=now.date(), now=now)
    return report.created + report.updated + report.unchanged


def previewed(path: Path, links: Path | None = None) -> int:
    """What the import would do; how many schools it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import preview_register

    report = preview_register(path, links=links, day=datetime.now(UTC).date())
    return report.created + report.updated + report.unchanged


def by_import_export(path: Path, *, quickest: bool = False) -> int:
    """The same rows and columns through django-import-export as it comes, with its checks, differences and the history."""
    import tablib
    from import_export import fields, resources, widgets

    from schools.models import School

    columns = {
        "register_id": "URN", "name": "EstablishmentName", "phase": "PhaseOfEducation (name)",
        "kind": "TypeOfEstablishment (name)", "low_age": "StatutoryLowAge", "high_age": "StatutoryHighAge",
        "pupils": "NumberOfPupils", "address": "Street", "postcode": "Postcode", "easting": "Easting", "northing": "Northing",
        "phone": "TelephoneNum", "website": "SchoolWebsite", "lsoa": "LSOA (code)",
    }  # fmt: skip
    days = {"opened": "OpenDate", "closed": "CloseDate", "census_day": "CensusDate"}
    declared = {
        name: fields.Field(column_name=column, attribute=name, widget=widgets.IntegerWidget())
        if name in {"low_age", "high_age", "pupils", "easting", "northing"}
        else fields.Field(column_name=column, attribute=name)
        for name, column in columns.items()
    }
    declared |= {
        name: fields.Field(column_name=column, attribute=name, widget=widgets.DateWidget(format="%d-%m-%Y"))
        for name, column in days.items()
    }

    class SchoolResource(resources.ModelResource):
        class Meta:
            model = School
            import_id_fields = ("register_id",)
            fields = tuple(declared)
            use_transactions = True
            use_bulk = quickest
            skip_diff = quickest
            batch_size = 500

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.nation, instance.status = "england", "open"

    SchoolResource.fields.update(declared)
    with path.open(encoding="cp1252", newline="") as file:
        rows = tablib.Dataset().load(file, format="csv")
    result = SchoolResource().import_data(rows, raise_errors=True)
    return int(result.totals["new"] + result.totals["update"] + result.totals["skip"])


WORKS: dict[str, Callable[..., int]] = {
    "floor": floor,
    "imported": imported,
    "previewed": previewed,
    "by import-export": by_import_export,
    "by import-export, bulk": partial(by_import_export, quickest=True),
}


def _child(work: str, paths: tuple[Path, ...], database: str, results: Any) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    connection.ensure_connection()
    started = time.perf_counter()
    schools = WORKS[work](*paths)
    seconds = time.perf_counter() - started
    # Kilobytes on Linux.
    results.put((schools, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    connection.close()


class Measure(NamedTuple):
    """Of one piece of work."""

    schools: int
    seconds: float
    megabytes: float


def _measured(work: str, *paths: Path) -> Measure:
    """One piece of work in a process of its own."""
    from django.db import connection

    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_child, args=(work, paths, str(connection.settings_dict["NAME"]), results))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work} failed with exit code {process.exitcode}.")
    return Measure(*results.get())


def _emptied() -> None:
    from django.core.management import call_command

    from schools.materials.triggers import drop_triggers

    # The ledger's triggers refuse to be emptied; the flush brings them back.
    drop_triggers()
    call_command("flush", interactive=False, verbosity=0)


@dataclass
class Results:
    """What was measured: ratios by name, each round's."""

    ratios: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    megabytes: float = 0.0

    def add(self, name: str, work: Measure, lowest: Measure) -> None:
        """Divide by the floor of the same round."""
        if work.schools != lowest.schools:
            sys.exit(f"{name}: {work.schools:,} schools, and the floor has {lowest.schools:,}: they cannot be compared.")
        self.ratios[name].append(work.seconds / lowest.seconds)
        if name not in {FASTER, IN_BULK}:
            self.megabytes = max(self.megabytes, work.megabytes)

    def told(self) -> bool:
        """Print each; whether all of them keep their floor."""
        rows = [(f"{name} ÷ floor", median(self.ratios[name]), most, "") for name, most in MOST.items()]
        rows.append(("peak memory", self.megabytes, MOST_MEGABYTES, " MB"))
        for name, value, most, unit in rows:
            print(f"{name}: {value:.2f}{unit} (at most {most}{unit}){'' if value <= most else '  MISSED'}")
        faster = median(self.ratios[FASTER])
        print(f"{FASTER}: {faster:.1f} (at least {LEAST_FASTER}){'' if faster >= LEAST_FASTER else '  MISSED'}")
        print(f"{IN_BULK}: {median(self.ratios[IN_BULK]):.1f}")
        return all(value <= most for _, value, most, _ in rows) and faster >= LEAST_FASTER


FASTER = "django-import-export ÷ our import of the same rows"
IN_BULK = "django-import-export in bulk, without checks, differences and history ÷ our import of the same rows"


def measure(path: Path, links: Path, folder: Path, *, rounds: int) -> bool:
    """Print each ratio; whether all of them keep their floor.

    In each round floors and imports run one after the other and are compared with each other; the middle round counts, so that
    a machine that is busy for a while judges neither of them.
    """
    later, some = changed(path, folder), part(path, folder)
    results = Results()
    with_changes, of_changes = f"import with {CHANGES:,} changes", f"preview of {CHANGES:,} changes"
    for _ in range(rounds):
        _emptied()
        lowest = _measured("floor", path)
        _emptied()
        results.add("preview of a first import", _measured("previewed", path), lowest)
        results.add("first import", _measured("imported", path), lowest)
        _emptied()
        lowest_with_links = _measured("floor", path, links)
        _emptied()
        results.add("first import with links", _measured("imported", path, links), lowest_with_links)
        results.add("unchanged import with links", _measured("imported", path, links), lowest_with_links)
        results.add(of_changes, _measured("previewed", later), lowest)
        results.add(with_changes, _measured("imported", later), lowest)
        _emptied()
        ours = _measured("imported", some)
        _emptied()
        results.add(FASTER, _measured("by import-export", some), ours)
        _emptied()
        results.add(IN_BULK, _measured("by import-export, bulk", some), ours)
    print(f"{lowest.schools:,} schools, {rounds} rounds; the last floor took {lowest.seconds:.2f} s")
    return results.told()


def main() -> None:
    """Measure on a scratch database of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--links", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import django

    django.setup()
    from django.db import connection

    usual = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            kept = measure(options.file or made_file(folder), options.links or made_links(folder), folder, rounds=options.rounds)
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
