"""`manage.py import_schools --complete`: what the whole register lacks is marked and listed, never closed or deleted."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from schools.models import School
from tests.directory.gias_files import row, written
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db


def run(path: Path, *options: str) -> dict[str, object]:
    out = StringIO()
    call_command("import_schools", str(path), "--json", *options, stdout=out)
    told: dict[str, object] = json.loads(out.getvalue())
    return told


def missing() -> dict[str, date | None]:
    return dict(School.objects.exclude(missing_since=None).values_list("register_id", "missing_since"))


def listed(told: dict[str, object]) -> list[tuple[str, str]]:
    schools = told["missing"]
    assert isinstance(schools, list)
    return [(one["id"], one["since"]) for one in schools]


def test_a_school_that_the_whole_register_lacks_is_marked_and_listed_and_stays_as_it_is(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002", name="Gone School")), "--day", "2024-09-01")
    before = School.objects.values().get(register_id="100002")
    whole = written(tmp_path, row())
    assert run(whole, "--day", "2025-09-01")["missing"] is None
    told = run(whole, "--complete", "--day", "2025-09-01")
    assert told["missing"] == [{"id": "100002", "name": "Gone School", "since": "2025-09-01"}]
    assert School.objects.values().get(register_id="100002") == before | {"missing_since": date(2025, 9, 1)}
    assert School.history.filter(register_id="100002").count() == 2


def test_it_stays_missing_since_the_first_day_and_the_second_time_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(written(tmp_path, row(), row(urn="100002")), "--day", "2024-09-01")
    whole = written(tmp_path, row())
    run(whole, "--complete", "--day", "2025-09-01")
    monkeypatch.setattr("schools.directory.actions.registers.lock_register", lambda: pytest.fail("the register was locked"))
    assert listed(run(whole, "--complete", "--day", "2026-09-01")) == [("100002", "2025-09-01")]
    assert missing() == {"100002": date(2025, 9, 1)}


def test_a_school_that_comes_back_is_missing_no_longer(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002")), "--day", "2024-09-01")
    run(written(tmp_path, row()), "--complete", "--day", "2025-09-01")
    told = run(written(tmp_path, row(urn="100002")), "--day", "2026-09-01")
    assert (told["updated"], missing()) == (1, {})


def test_only_schools_of_this_register_that_could_stand_in_it_are_missing(tmp_path: Path) -> None:
    SchoolFactory(register_id="900001", source="manual")
    SchoolFactory(register_id="900002", nation="wales")
    SchoolFactory(register_id="900003", opened=date(2026, 1, 1))
    SchoolFactory(register_id="900004", opened=date(2025, 9, 1))
    assert listed(run(written(tmp_path, row(gss="E06000001")), "--complete", "--day", "2025-09-01")) == [("900004", "2025-09-01")]


def test_a_school_whose_row_cannot_be_used_is_not_missing(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002"), row(urn="100003"), row(urn="100004")), "--day", "2024-09-01")
    damaged = row(urn="100002", pupils="ten"), row(urn="100003", gss="W06000001"), row(urn="100004", kind="Children's centre")
    told = run(written(tmp_path, row(), *damaged), "--complete", "--day", "2025-09-01")
    assert (told["missing"], missing()) == ([], {})


def test_a_dry_run_lists_the_missing_and_marks_none(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002")), "--day", "2024-09-01")
    whole = written(tmp_path, row())
    told = run(whole, "--complete", "--day", "2025-09-01", "--dry-run")
    assert (listed(told), missing()) == ([("100002", "2025-09-01")], {})
    assert run(whole, "--complete", "--day", "2025-09-01") == told


def test_the_report_in_words_names_the_missing(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002", name="Gone School")), "--day", "2024-09-01")
    out = StringIO()
    call_command("import_schools", str(written(tmp_path, row())), "--complete", "--day", "2025-09-01", stdout=out)
    assert out.getvalue().splitlines()[-1] == "Missing since 1 September 2025, 100002: Gone School."
