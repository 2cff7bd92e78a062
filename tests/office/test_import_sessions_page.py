"""Past and planned sessions by the page of imports: all of a file or nothing, and what to load first."""

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from schools import models
from schools.visits.session_files.columns import COLUMNS, OPTIONAL, PUPILS
from tests import factories
from tests.office.test_imports import do, handed_in, shown
from tests.visits.session_files import row, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def school() -> models.School:
    made: models.School = factories.SchoolFactory(register_id="100001")
    return made


def run_of(office: Client, folder: Path, *rows: dict[str, object]) -> models.ImportRun:
    path = write(folder / "sessions.csv", *rows)
    return handed_in(office, "sessions", file=SimpleUploadedFile("sessions.csv", path.read_bytes()))


def test_sessions_are_looked_at_and_applied_once(managers_office: Client, school: models.School, tmp_path: Path) -> None:
    factories.VolunteerFactory(email="ann@example.org")
    rows = (row(covers="ann@example.org:lead:attended"), row(visit="A2", day="2025-10-07"))
    run = run_of(managers_office, tmp_path, *rows)
    page = shown(managers_office, run)
    assert "2 rows new, 0 changed, 0 known and the same; 0 refused." in page
    assert "A1, 6 October 2025" in page
    assert "Pupils: 58" in page
    assert not models.Session.objects.exists()
    do(managers_office, run, "apply")
    assert set(models.Session.objects.values_list("visit__reference", "stage", "headcounts__pupils")) == {
        ("A1", "delivered", 58),
        ("A2", "delivered", 58),
    }
    assert models.Cover.objects.get().volunteer.email == "ann@example.org"
    again = run_of(managers_office, tmp_path, *rows)
    assert "0 rows new, 0 changed, 2 known and the same" in shown(managers_office, again)


def test_of_a_file_with_a_bad_line_nothing_is_stored(managers_office: Client, school: models.School, tmp_path: Path) -> None:
    run = run_of(managers_office, tmp_path, row(), row(visit="A2", session_type="juggling"))
    page = shown(managers_office, run, part="refused")
    assert "0 rows new, 0 changed, 0 known and the same; 1 refused." in page
    assert "“juggling” is unknown" in page
    do(managers_office, run, "apply")
    assert not models.Session.objects.exists()


def test_what_to_load_first_is_told_where_no_area_is_known_for_the_day(managers_office: Client, tmp_path: Path) -> None:
    factories.SchoolFactory(register_id="100001", authority=None)
    run = run_of(managers_office, tmp_path, row())
    assert "Import the authorities and areas of that time first." in shown(managers_office, run, part="left-out")


def test_what_may_be_there_already_is_told_before_it_is_applied(
    managers_office: Client, school: models.School, tmp_path: Path
) -> None:
    factories.SessionFactory(visit__school=school, visit__reference="V-OFFICE", day=date(2025, 10, 6), delivered=True)
    run = run_of(managers_office, tmp_path, row(), row(visit="A2", day="2025-10-07"))
    notes = shown(managers_office, run, part="left-out")
    assert "already, under “V-OFFICE”. If it is the same session, take it out of the file" in notes
    assert notes.count("V-OFFICE") == 1
    do(managers_office, run, "apply")
    assert models.Session.objects.count() == 3


def test_a_session_that_somebody_stored_otherwise_after_the_preview_keeps_all_of_the_file_out(
    managers_office: Client, school: models.School, tmp_path: Path
) -> None:
    run = run_of(managers_office, tmp_path, row(), row(visit="A2", day="2025-10-07"))
    factories.VisitFactory(reference="A1")  # at another school
    do(managers_office, run, "apply")
    assert not models.Session.objects.exists()
    reasons = dict(run.changes.filter(state="left").values_list("name", "why"))
    assert "is at another school" in reasons["A1, 6 October 2025"]
    assert "all is stored or nothing" in reasons["A2, 7 October 2025"]


def test_a_file_with_the_columns_alone_that_are_needed_comes_in_and_one_without_its_counts_does_not(
    managers_office: Client, school: models.School, tmp_path: Path
) -> None:
    needed = [name for name in COLUMNS if name not in OPTIONAL]
    path = write(tmp_path / "sessions.csv", row(), columns=needed)
    run = handed_in(managers_office, "sessions", file=SimpleUploadedFile("sessions.csv", path.read_bytes()))
    do(managers_office, run, "apply")
    session = models.Session.objects.get()
    assert (session.stage, session.language, session.adults) == ("delivered", "en", None)
    assert sum(count.pupils or 0 for count in session.headcounts.all()) == 58
    path = write(tmp_path / "sessions.csv", row(visit="A2"), columns=[name for name in COLUMNS if name not in PUPILS])
    run = handed_in(managers_office, "sessions", file=SimpleUploadedFile("sessions.csv", path.read_bytes()))
    assert "it has no column “pupils_0”, “pupils_1”, " in shown(managers_office, run)


def test_columns_of_a_session_file_are_matched_by_hand(managers_office: Client, school: models.School, tmp_path: Path) -> None:
    path = write(tmp_path / "sessions.csv", row())
    path.write_text(path.read_text(encoding="utf-8-sig").replace("register_id", "Schulnummer", 1), encoding="utf-8")
    run = handed_in(managers_office, "sessions", file=SimpleUploadedFile("sessions.csv", path.read_bytes()))
    assert "it has no column “register_id”" in shown(managers_office, run)
    header = [name.strip() for name in path.read_text(encoding="utf-8").splitlines()[0].split(",")]
    chosen = {f"column-{number}": name.replace("Schulnummer", "register_id") for number, name in enumerate(header)}
    do(managers_office, run, "match", **chosen)
    assert "1 row new" in shown(managers_office, run)
