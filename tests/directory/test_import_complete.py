"""`manage.py import_schools --complete`: what the whole register lacks is marked and listed, never closed or deleted."""

import json
from datetime import date
from functools import partial
from io import StringIO
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import call_command

from schools.models import ImportChange, School
from schools.office.registers.import_words import lines_of
from tests.directory.gias_files import row as row_of_cumbria
from tests.directory.gias_files import written
from tests.factories import SchoolFactory
from tests.profiles import turns

pytestmark = pytest.mark.django_db

row = partial(row_of_cumbria, la_code="805", la_name="Hartlepool", gss="E06000001")
"""A row of an authority that still is: a file with open schools of Cumbria speaks of 2023 at the latest."""


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
    run(whole, "--complete", "--day", "2026-09-01")
    monkeypatch.setattr("schools.directory.actions.registers.lock_register", lambda: pytest.fail("the register was locked"))
    assert listed(run(whole, "--complete", "--day", "2026-09-01")) == [("100002", "2025-09-01")]
    assert missing() == {"100002": date(2025, 9, 1)}


def test_a_school_that_comes_back_is_missing_no_longer(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002")), "--day", "2024-09-01")
    run(written(tmp_path, row()), "--complete", "--day", "2025-09-01")
    told = run(written(tmp_path, row(urn="100002")), "--day", "2026-09-01")
    assert (told["updated"], missing()) == (1, {})


def test_a_register_from_before_the_mark_leaves_it_and_changes_nothing(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002")), "--day", "2024-09-01")
    run(written(tmp_path, row()), "--complete", "--day", "2025-09-01")
    told = run(written(tmp_path, row(urn="100002")), "--day", "2019-01-17")
    assert (told["updated"], told["unchanged"], missing()) == (0, 1, {"100002": date(2025, 9, 1)})
    run(written(tmp_path, row(urn="100002", name="Renamed")), "--day", "2024-12-01")
    assert (School.objects.get(register_id="100002").name, missing()) == ("Renamed", {"100002": date(2025, 9, 1)})


FILES = (
    ("2019-01-17", (row(), row(urn="100002"), row(urn="100003")), False),
    ("2023-09-01", (row(), row(urn="100003")), True),
    ("2024-05-01", (row(urn="100002"),), False),
    ("2025-09-01", (row(),), True),
    ("2026-05-01", (row(urn="100003"),), False),
)
"""What a register says over the years: each file's day, its rows, and whether it is the whole register."""
ORDERS = [(1, 3, 0, 2), *permutations(range(4)), (4, 3, 2, 1, 0), (3, 4, 1, 0, 2), (4, 0, 3, 2, 1)]
"""In which orders the files are loaded; the last is not always among them."""


@pytest.mark.parametrize("turn", turns(ORDERS))
def test_in_any_order_the_same_files_leave_the_same_schools_missing(tmp_path: Path, turn: int) -> None:
    for at in ORDERS[turn]:
        day, rows, is_whole = FILES[at]
        run(written(tmp_path, *rows), "--day", day, *(["--complete"] if is_whole else []))
    back = {} if 4 in ORDERS[turn] else {"100003": date(2025, 9, 1)}
    assert missing() == {"100002": date(2025, 9, 1)} | back
    assert set(School.objects.values_list("register_id", "status")) == {(f"10000{last}", "open") for last in (1, 2, 3)}


def test_a_new_school_that_a_later_whole_register_lacked_is_marked_and_the_import_says_so(tmp_path: Path) -> None:
    run(written(tmp_path, row()), "--complete", "--day", "2025-09-01")
    run(written(tmp_path, row(), row(urn="100002"), row(urn="100003", opened="01-09-2026")), "--day", "2019-01-17")
    assert missing() == {"100002": date(2025, 9, 1)}
    created = {change.register_id: lines_of(change) for change in ImportChange.objects.filter(run__day=date(2019, 1, 17))}
    since = "Missing in the register since 1 September 2025."
    assert created == {"100002": ["New in the register.", since], "100003": ["New in the register."]}
    assert set(School.history.values_list("register_id", "missing_since")) == {
        ("100001", None), ("100002", date(2025, 9, 1)), ("100003", None),
    }  # fmt: skip


def test_a_file_that_gives_away_that_it_is_older_leaves_the_mark_whatever_day_somebody_gives(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row_of_cumbria(urn="100002")), "--day", "2019-01-17")
    run(written(tmp_path, row()), "--complete", "--day", "2025-09-01")
    told = run(written(tmp_path, row_of_cumbria(urn="100002")), "--day", "2026-11-01")
    assert (told["day"], missing()) == ("2023-03-31", {"100002": date(2025, 9, 1)})


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


def test_a_school_whose_row_a_later_whole_register_refused_is_not_missing_once_an_older_one_brings_it(tmp_path: Path) -> None:
    run(written(tmp_path, row(), row(urn="100002", pupils="ten")), "--day", "2024-09-01", "--complete")
    run(written(tmp_path, row(urn="100002", name="Here School")), "--day", "2024-08-01")
    assert missing() == {}


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


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_closed_school_that_is_only_proposed_to_close_again_has_no_last_day_in_either_order(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    files = (
        (row(status="Closed", closed="31-08-2024"), "2024-10-01"),
        (row(status="Open, but proposed to close", closed=""), "2025-03-01"),
    )
    SchoolFactory(register_id="100001", nation="england")  # a school that is known is kept whatever its status
    for number in order:
        facts, day = files[number]
        run(written(tmp_path, facts), "--day", day)
    assert School.objects.values_list("status", "closed").get(register_id="100001") == ("closing", None)
    run(written(tmp_path, row(status="Open, but proposed to close", closed="31-08-2025")), "--day", "2025-04-01")
    run(written(tmp_path, row(status="Open, but proposed to close", closed="")), "--day", "2025-05-01")
    assert School.objects.values_list("status", "closed").get(register_id="100001") == ("closing", date(2025, 8, 31))
