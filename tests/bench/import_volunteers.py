"""How quick 2,000 volunteers are imported, with clearances and sign-offs, against a floor measured in the same run.

Run as `python -m tests.bench.import_volunteers [--people N] [--rounds N]`, on whatever database the settings name; it makes a
scratch database beside that one and drops it again. The floor is csv.DictReader over the file and `bulk_create` of the same
volunteers, areas, steps, clearances, sign-offs and half days in one transaction, nothing else: no check, no comparison, no
history, no looks, no places of homes. Every piece of work is a process of its own; the middle round counts. Exits 1 where a ratio
is missed.
"""

import argparse
import csv
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from tests.bench.alone import Measure, emptied, measured, scratch_database

PEOPLE = 2_000
MOST = {"first import": 3.0, "unchanged again": 3.0, "preview of a first import": 3.0}
"""Each divided by the floor."""
COLUMNS = (
    "reference", "name", "email", "phone", "postcode", "areas", "status", "joined", "scheme", "level", "clearance_reference",
    "issued", "decision", "decided_on", "recheck_on", "signed_off", "availability", "away", "furthest_km", "languages",
)  # fmt: skip
TYPES = ("ks1-assembly", "ks2-assembly", "workshop-5-6")


def made_file(path: Path, people: int) -> Path:
    """An invented list of active volunteers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(people):
            joined = date(2019, 1, 7) + timedelta(days=number % 2000)
            issued = joined + timedelta(days=20)
            writer.writerow(
                (
                    f"V{number:05}", f"Volunteer Number {number}", f"person{number}@example.org", f"020 7946 {number % 1000:04}",
                    f"LA{number % 22 + 1} {number % 9 + 1}QA", f"Area {number % 20}", "active", joined.isoformat(), "dbs",
                    "enhanced with barred list", f"{number:012}", issued.isoformat(), "clear", issued.isoformat(),
                    (issued + timedelta(days=4000)).isoformat(), ";".join(f"{slug}={joined.isoformat()}" for slug in TYPES),
                    "mon-morning;thu-afternoon", "", str(number % 60 + 5), "en",
                )
            )  # fmt: skip
    return path


def with_areas() -> None:
    """Make the areas that the file names."""
    from schools.models import Area, Region

    region, _ = Region.objects.get_or_create(nation="england", name="North West")
    for number in range(20):
        Area.objects.get_or_create(region=region, name=f"Area {number}")


# Longer than 40 lines: it is one program, which another process runs.
def floor(path: Path) -> int:
    """Read every row into a dictionary and insert what it says."""
    from django.db import transaction

    from schools.models import Area, Availability, Clearance, SessionType, SignOff, Volunteer, VolunteerStep

    areas = dict(Area.objects.values_list("name", "pk"))
    types = dict(SessionType.objects.values_list("slug", "pk"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    volunteers = [
        Volunteer(
            reference=row["reference"], name=row["name"], email=row["email"], phone=row["phone"],
            home_postcode=row["postcode"], status=row["status"], joined=date.fromisoformat(row["joined"]),
            furthest_km=int(row["furthest_km"]), languages=[row["languages"]],
        )
        for row in rows
    ]  # fmt: skip
    through = Volunteer.areas.through
    with transaction.atomic():
        Volunteer.objects.bulk_create(volunteers, batch_size=500)
        pairs = [(volunteer.pk, row) for volunteer, row in zip(volunteers, rows, strict=True)]
        through.objects.bulk_create([through(volunteer_id=pk, area_id=areas[row["areas"]]) for pk, row in pairs], batch_size=500)
        steps = [VolunteerStep(volunteer_id=pk, step="active", day=date.fromisoformat(row["joined"])) for pk, row in pairs]
        VolunteerStep.objects.bulk_create(steps, batch_size=500)
        clearances = [
            Clearance(
                volunteer_id=pk, scheme=row["scheme"], level=row["level"], reference=row["clearance_reference"],
                issued=date.fromisoformat(row["issued"]), decision=row["decision"],
                decided_on=date.fromisoformat(row["decided_on"]), recheck_on=date.fromisoformat(row["recheck_on"]),
            )
            for pk, row in pairs
        ]  # fmt: skip
        Clearance.objects.bulk_create(clearances, batch_size=500)
        sign_offs = [
            SignOff(volunteer_id=pk, session_type_id=types[slug], stage="signed_off", day=date.fromisoformat(day))
            for pk, row in pairs
            for slug, day in (value.split("=") for value in row["signed_off"].split(";"))
        ]
        SignOff.objects.bulk_create(sign_offs, batch_size=500)
        halves = [
            Availability(volunteer_id=pk, weekday={"mon": 0, "thu": 3}[day], part=part)
            for pk, row in pairs
            for day, part in (value.split("-") for value in row["availability"].split(";"))
        ]
        Availability.objects.bulk_create(halves, batch_size=500)
    return len(volunteers)


def imported(path: Path) -> int:
    """The import itself; how many people it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import Importer
    from schools.volunteers.actions import import_volunteers

    report = import_volunteers(path, Importer(None, datetime.now(UTC)))
    return report.created + report.updated + report.unchanged


def previewed(path: Path) -> int:
    """What the import would do; how many people it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import Importer
    from schools.volunteers.actions import preview_volunteers

    report = preview_volunteers(path, Importer(None, datetime.now(UTC)))
    return report.created + report.updated + report.unchanged


def measure(path: Path, *, rounds: int) -> bool:
    """Print each ratio; whether all of them are kept."""
    ratios: dict[str, list[float]] = {name: [] for name in MOST}
    megabytes = 0.0
    for _ in range(rounds):
        emptied()
        with_areas()
        lowest = measured(floor, path)
        emptied()
        with_areas()
        works: list[tuple[str, Measure]] = [("preview of a first import", measured(previewed, path))]
        works += [(name, measured(imported, path)) for name in ("first import", "unchanged again")]
        for name, work in works:
            if work.rows != lowest.rows:
                sys.exit(f"{name}: {work.rows:,} people, and the floor has {lowest.rows:,}: they cannot be compared.")
            ratios[name].append(work.seconds / lowest.seconds)
            megabytes = max(megabytes, work.megabytes)
    print(f"{lowest.rows:,} people, {rounds} rounds; the last floor took {lowest.seconds:.2f} s; at most {megabytes:.0f} MB")
    middle = {name: median(values) for name, values in ratios.items()}
    for name, ratio in middle.items():
        print(f"{name} ÷ floor: {ratio:.2f} (at most {MOST[name]}){'' if ratio <= MOST[name] else '  MISSED'}")
    return all(ratio <= MOST[name] for name, ratio in middle.items())


def main() -> int:
    """Measure on a scratch database of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with scratch_database(), tempfile.TemporaryDirectory() as name:
        kept = measure(made_file(Path(name) / "people.csv", options.people), rounds=options.rounds)
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
