"""How much memory a preview of the page takes for a long file, against the preview of its tenth in the same run.

Run as `python -m tests.bench.previews`, on whatever database the settings name; it makes a scratch database beside that one and
drops it again. Of 60,000 past sessions, of 2,000 volunteers with clearances and sign-offs and of 2,000 contacts, each
preview is a process of its own from the upload on. Exits 1 where a whole file takes more than FLAT times the memory of its tenth.
"""

import csv
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from tests.bench.alone import measured, scratch_database
from tests.bench.import_volunteers import made_file as file_of_volunteers
from tests.bench.import_volunteers import with_areas

SESSIONS, VOLUNTEERS, CONTACTS = 60_000, 2_000, 2_000
SCHOOLS = 1_000
FLAT = {"sessions": 1.15, "volunteers": 1.1, "contacts": 1.1}
"""The whole file may hold so many times the memory of its tenth."""
COLUMNS = (
    "visit", "nation", "register_id", "session_type", "day", "starts", "minutes", "language", "stage", "cancelled_because",
    "adults", *(f"expected_{group}" for group in range(7)), *(f"pupils_{group}" for group in range(7)), "covers",
)  # fmt: skip


def file_of_sessions(path: Path, sessions: int) -> Path:
    """Invented past sessions, three a visit, each with a lead and a presenter; one in ten has a guest school."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number in range(sessions):
            visit = number // 3
            day = date(2019, 9, 2) + timedelta(days=visit % 2000)
            row = {
                "visit": f"P{visit:06}", "nation": "england", "register_id": str(100_000 + visit % SCHOOLS),
                "session_type": "ks2-assembly", "day": day.isoformat(), "starts": f"{9 + number % 3:02}:15", "minutes": "30",
                "stage": "delivered",
            }  # fmt: skip
            pupils = {f"pupils_{group}": str(20 + number % 11) for group in range(3, 7)}
            covers = {"covers": f"V{visit % 50:03}:lead:attended;V{visit % 50 + 50:03}:presenter:attended"}
            writer.writerow(row | pupils | covers)
            if not number % 10:
                writer.writerow(row | pupils | {"register_id": str(100_000 + (visit + 1) % SCHOOLS), "minutes": ""})
    return path


def file_of_contacts(path: Path, contacts: int) -> Path:
    """An invented list of people at schools, one a school and then a second."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("register_id", "name", "role", "email", "phone"))
        for number in range(contacts):
            school = str(100_000 + number % SCHOOLS)
            address = f"contact{number}@example.org"
            writer.writerow((school, f"Contact Number {number}", "Head teacher", address, f"020 7946 {number % 1000:04}"))
    return path


def fill() -> None:
    """Store the areas, schools and people that the files name."""
    from schools import models

    with_areas()
    area = models.Area.objects.all()[0]
    council = models.Authority.objects.create(nation="england", gss="E00000001", name="Council")
    models.AreaAuthority.objects.create(area=area, authority=council)
    models.School.objects.bulk_create(
        models.School(
            nation="england", register_id=str(100_000 + number), name=f"School {number}", authority=council, low_age=4,
            high_age=11, status="open",
        )
        for number in range(SCHOOLS)
    )  # fmt: skip
    ids = models.School.objects.values_list("pk", flat=True)
    models.SchoolAuthority.objects.bulk_create(models.SchoolAuthority(school_id=pk, authority=council) for pk in ids)
    models.Volunteer.objects.bulk_create(
        models.Volunteer(name=f"Person {number}", reference=f"V{number:03}", status="active") for number in range(100)
    )


def previewed_sessions(path: Path) -> int:
    """The preview of a file of sessions."""
    return previewed("sessions", path)


def previewed_volunteers(path: Path) -> int:
    """The preview of a file of volunteers."""
    return previewed("volunteers", path)


def previewed_contacts(path: Path) -> int:
    """The preview of a file of contacts."""
    return previewed("contacts", path)


def previewed(kind: str, path: Path) -> int:
    """How many rows a preview of the page would store."""
    from django.utils import timezone

    from schools.directory.actions import ImportOptions, Upload, ask_for_preview, work
    from schools.models import ImportRun, User
    from schools.office.registers.kinds import TABLES

    by = User.objects.create_superuser(f"{path.stem}@example.org", name="Helen Bowness", password=None)
    options = ImportOptions(register=kind, day=timezone.localdate())
    with path.open("rb") as file:
        upload = Upload(path.name, file)
        run = ask_for_preview(upload, None, options, by=by, now=timezone.now(), queue=lambda *_: None)
    work(run.pk, run.attempt, clock=timezone.now, tables=TABLES)
    run = ImportRun.objects.get(pk=run.pk)
    assert run.state == "ready", run.problem
    assert run.report
    assert not run.report["refused"], run.report["refused"][:3]
    return int(run.changes.count())


def measure(folder: Path) -> bool:
    """Print each ratio; whether all of them are kept."""
    kept = True
    for name, make, work, rows in (
        ("sessions", file_of_sessions, previewed_sessions, SESSIONS),
        ("volunteers", file_of_volunteers, previewed_volunteers, VOLUNTEERS),
        ("contacts", file_of_contacts, previewed_contacts, CONTACTS),
    ):
        tenth = measured(work, make(folder / f"{name}-tenth.csv", rows // 10))
        whole = measured(work, make(folder / f"{name}-whole.csv", rows))
        assert (tenth.rows, whole.rows) == (rows // 10, rows), f"{tenth.rows:,} and {whole.rows:,} {name} would be stored"
        flat = whole.megabytes / tenth.megabytes
        print(
            f"preview of {rows:,} {name}: {whole.seconds:.1f} s, {whole.megabytes:.0f} MB, "
            f"{flat:.2f} times that of a tenth (at most {FLAT[name]})"
        )
        kept = kept and flat <= FLAT[name]
    return kept


def main() -> int:
    """Measure on a scratch database of its own."""
    with scratch_database(), tempfile.TemporaryDirectory() as name:
        fill()
        kept = measure(Path(name))
    print("kept" if kept else "missed")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
