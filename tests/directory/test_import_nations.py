"""`manage.py import_schools --register scotland|wales|northern-ireland` stores schools, and pupils by year group."""

import json
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from schools.directory.actions import registers
from schools.directory.queries import expected_pupils
from schools.models import Area, Authority, ImportRun, Roll, School, SchoolAuthority
from tests.directory.gias_files import written as gias_written
from tests.directory.nation_files import GOV_WALES, LAYOUTS, NORTHERN_IRELAND, row, written

pytestmark = pytest.mark.django_db


def run(path: Path, register: str, *options: str) -> dict[str, object]:
    out = StringIO()
    call_command("import_schools", str(path), "--register", register, "--json", *options, stdout=out)
    told: dict[str, object] = json.loads(out.getvalue())
    return told


def numbers(told: dict[str, object]) -> tuple[object, ...]:
    """Created, updated, unchanged, and how many were refused."""
    refused = told["refused"]
    assert isinstance(refused, list)
    return (*(told[name] for name in ("created", "updated", "unchanged")), len(refused))


def rolls(register_id: str) -> dict[tuple[int, int], int]:
    """The register's, by school year and year group."""
    stored = Roll.objects.filter(school__register_id=register_id, source="register")
    return {(roll.academic_year, roll.year_group): roll.pupils for roll in stored}


GLEN = {(2024, 0): 9, (2024, 2): 8, (2024, 3): 7, (2024, 4): 0, (2024, 5): 10}


@pytest.mark.parametrize(
    ("layout", "number"),
    [("scotland", "8100001"), ("scotland roll", "8100001"), ("wales", "6600001"), ("northern-ireland", "101-0001")],
)
def test_each_layout_imports_and_the_second_time_nothing_changes(tmp_path: Path, layout: str, number: str) -> None:
    register = layout.split(maxsplit=1)[0]
    path = written(tmp_path, layout, name="register-2024-25.csv")
    assert numbers(run(path, register)) == (1, 0, 0, 0)
    school = School.objects.get(nation=register, register_id=number)
    assert (school.source, school.is_bookable, list(school.year_groups)) == ("register", True, [0, 1, 2, 3, 4, 5, 6])
    before = (list(School.objects.values()), list(Roll.objects.values()), list(Authority.objects.values()))
    again = run(path, register)
    assert numbers(again) == (0, 0, 1, 0)
    assert (list(School.objects.values()), list(Roll.objects.values()), list(Authority.objects.values())) == before
    assert School.history.count() == 1


def test_the_second_time_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "scotland", name="statistics-2024.csv")
    run(path, "scotland")
    monkeypatch.setattr(registers, "lock_register", lambda: pytest.fail("the register was locked"))
    assert run(path, "scotland")["rolls"] == {
        "academic_year": "2024/25",
        "created": 0,
        "updated": 0,
        "unchanged": 5,
        "ignored": 0,
    }


def test_rolls_are_stored_by_year_group_and_unknown_ones_are_not(tmp_path: Path) -> None:
    told = run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    assert told["rolls"] == {"academic_year": "2024/25", "created": 5, "updated": 0, "unchanged": 0, "ignored": 0}
    assert rolls("8100001") == GLEN


def test_year_1_in_northern_ireland_is_year_group_0(tmp_path: Path) -> None:
    run(written(tmp_path, "northern-ireland", name="primary.csv"), "northern-ireland", "--day", "2024-10-04")
    assert rolls("101-0001") == {(2024, group): 20 + group for group in range(6)}
    expected = expected_pupils(School.objects.get(), academic_year=2025)
    assert (expected[0], expected[5]) == (20, 25)


def test_the_school_year_is_that_of_the_day_before_that_of_the_files_name(tmp_path: Path) -> None:
    path = written(tmp_path, "scotland", name="statistics-2024.csv")
    run(path, "scotland", "--day", "2023-09-20")
    assert {year for year, _ in rolls("8100001")} == {2023}
    run(written(tmp_path, "scotland", name="statistics-2026-03-24.csv"), "scotland")
    assert {year for year, _ in rolls("8100001")} == {2023, 2025}


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_rolls_of_no_known_school_year_are_refused_and_nothing_is_stored(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = written(tmp_path, "scotland", name="statistics.csv")
    with pytest.raises(CommandError, match="of which school year") as refused:
        run(path, "scotland", *options)
    assert refused.value.returncode == 2
    assert School.objects.count() == 0


def test_a_file_without_pupils_by_year_group_needs_no_school_year(tmp_path: Path) -> None:
    told = run(written(tmp_path, "wales", name="address-list.csv"), "wales")
    assert (told["created"], told["rolls"]) == (1, None)


def test_another_number_updates_a_suppressed_one_erases_nothing_and_a_coordinators_stays(tmp_path: Path) -> None:
    run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    Roll.objects.create(school=School.objects.get(), academic_year=2024, year_group=0, pupils=12, source="coordinator")
    later = written(tmp_path, "scotland", row("scotland", P1="11", P2="6", P3="C"), name="statistics-2024-revised.csv")
    told = run(later, "scotland")
    assert numbers(told) == (0, 0, 1, 0)
    assert told["rolls"] == {"academic_year": "2024/25", "created": 1, "updated": 1, "unchanged": 3, "ignored": 0}
    assert rolls("8100001") == GLEN | {(2024, 0): 11, (2024, 1): 6}
    assert Roll.objects.get(source="coordinator").pupils == 12


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_rolls_of_a_register_of_an_earlier_day_fill_gaps_alone_in_either_order(tmp_path: Path, order: tuple[int, int]) -> None:
    files = (
        ("2024-10-01", written(tmp_path, "scotland", row("scotland", P1="11", P2="6"), name="october.csv")),
        ("2025-01-20", written(tmp_path, "scotland", row("scotland", P1="12", P2="C"), name="january.csv")),
    )
    for at in order:
        day, path = files[at]
        run(path, "scotland", "--day", day)
    assert rolls("8100001") == GLEN | {(2024, 0): 12, (2024, 1): 6}
    assert run(files[0][1], "scotland", "--day", "2024-10-01")["rolls"] == {
        "academic_year": "2024/25", "created": 0, "updated": 0, "unchanged": 5, "ignored": 1,
    }  # fmt: skip


@pytest.mark.parametrize("between", ["the next year's", "a list of addresses"])
def test_revised_rolls_are_stored_whatever_register_of_a_later_day_came_before(tmp_path: Path, between: str) -> None:
    run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    if between == "the next year's":
        run(written(tmp_path, "scotland", row("scotland", P1="5"), name="statistics-2025.csv"), "scotland")
    else:
        School.objects.update(register_day=date(2025, 6, 1))
    told = run(written(tmp_path, "scotland", row("scotland", P1="11"), name="statistics-2024-revised.csv"), "scotland")
    assert rolls("8100001")[2024, 0] == 11
    assert told["rolls"] == {"academic_year": "2024/25", "created": 0, "updated": 1, "unchanged": 4, "ignored": 0}


def test_numbers_from_before_their_day_was_kept_are_as_new_as_the_newest_import_of_that_year(
    tmp_path: Path, now: datetime
) -> None:
    run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    facts = {"register": "scotland", "file_name": "a.csv", "asked_at": now, "seen_at": now, "state": "applied", "applied_at": now}
    for day, year in (("2025-01-20", "2024/25"), ("2025-10-01", "2025/26")):
        ImportRun.objects.create(day=day, report={"rolls": {"academic_year": year}}, **facts)
    Roll.objects.update(given_on=None)
    for day, pupils in (("2024-10-01", 9), ("2025-02-01", 11)):
        path = written(tmp_path, "scotland", row("scotland", P1="11"), name=f"of-{day}.csv")
        run(path, "scotland", "--day", day)
        assert rolls("8100001")[2024, 0] == pupils


def test_a_number_that_a_later_register_gives_again_is_of_that_day(tmp_path: Path) -> None:
    for day, pupils in (("2024-10-01", "11"), ("2025-01-20", "11"), ("2024-11-01", "12")):
        path = written(tmp_path, "scotland", row("scotland", P1=pupils), name=f"of-{day}.csv")
        told = run(path, "scotland", "--day", day)
    assert rolls("8100001")[2024, 0] == 11
    assert told["rolls"] == {"academic_year": "2024/25", "created": 0, "updated": 0, "unchanged": 4, "ignored": 1}


def test_rolls_of_another_year_leave_those_of_the_year_before(tmp_path: Path) -> None:
    run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    run(written(tmp_path, "scotland", row("scotland", P1="5"), name="statistics-2025.csv"), "scotland")
    assert (rolls("8100001")[2024, 0], rolls("8100001")[2025, 0]) == (9, 5)


def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "northern-ireland", name="primary-2024-25.csv")
    told = run(path, "northern-ireland", "--dry-run")
    assert (School.objects.count(), Roll.objects.count()) == (0, 0)
    assert run(path, "northern-ireland") == told
    assert told["rolls"] == {"academic_year": "2024/25", "created": 6, "updated": 0, "unchanged": 0, "ignored": 0}


def test_a_report_in_words_tells_of_which_year_the_rolls_are(tmp_path: Path) -> None:
    out = StringIO()
    path = written(tmp_path, "scotland", name="statistics-2024.csv")
    call_command("import_schools", str(path), "--register", "scotland", stdout=out)
    assert "Pupils by year group, of 2024/25: 5 created, 0 updated, 0 unchanged." in out.getvalue().splitlines()


@pytest.mark.django_db(transaction=True)
def test_rolls_that_cannot_be_stored_leave_no_school_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registers, "write_rolls", killed)
    with pytest.raises(KeyboardInterrupt):
        run(written(tmp_path, "scotland", name="statistics-2024.csv"), "scotland")
    assert (School.objects.count(), Authority.objects.count()) == (0, 0)


@pytest.mark.parametrize("order", [("scotland", "scotland roll"), ("scotland roll", "scotland")])
def test_scotlands_two_files_complete_each_other_in_either_order(tmp_path: Path, order: tuple[str, str]) -> None:
    for layout in order:
        run(written(tmp_path, layout, name=f"{layout}-2024.csv"), "scotland")
    school = School.objects.get()
    assert (school.postcode, school.easting, school.pupils, school.authority) == ("PA31 1AA", 186300, 61, Authority.objects.get())
    assert rolls("8100001") == GLEN
    assert SchoolAuthority.objects.count() == 1
    for layout in order:
        assert numbers(run(tmp_path / f"{layout}-2024.csv", "scotland")) == (0, 0, 1, 0)


def test_a_council_gets_an_area_of_its_name_in_its_nation(tmp_path: Path) -> None:
    run(written(tmp_path, "wales", name="address-list.csv"), "wales")
    area = Area.objects.get()
    assert (area.name, area.region.name, area.region.nation) == ("Isle of Anglesey", "Wales", "wales")
    authority = Authority.objects.get()
    assert (authority.gss, authority.code, authority.nation) == ("W06000001", "660", "wales")


def test_wales_in_the_spelling_of_gov_wales_changes_nothing_after_the_other(tmp_path: Path) -> None:
    run(written(tmp_path, "wales", name="one.csv"), "wales")
    assert numbers(run(written(tmp_path, "wales", name="other.csv", header=GOV_WALES), "wales")) == (0, 0, 1, 0)


def test_a_school_in_northern_ireland_has_no_authority_unless_a_column_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, "northern-ireland", name="primary-2024-25.csv")
    run(path, "northern-ireland")
    school = School.objects.get()
    assert (school.authority, school.place, Area.objects.count()) == (None, (146314, 529566), 0)
    told = run(path, "northern-ireland", "--authority-column", "district")
    assert (told["updated"], told["authority_changed"], told["authorities_created"], told["areas_created"]) == (1, 1, 1, 1)
    school.refresh_from_db()
    assert school.authority is not None
    assert (school.authority.gss, school.authority.name) == ("N09000003", "Belfast")
    assert numbers(run(path, "northern-ireland", "--authority-column", "District")) == (0, 0, 1, 0)
    assert numbers(run(path, "northern-ireland")) == (0, 0, 1, 0)


def test_what_is_no_district_is_told_and_the_school_is_stored(tmp_path: Path) -> None:
    path = written(tmp_path, "northern-ireland", row("northern-ireland", District="Ulster"), name="primary-2024-25.csv")
    told = run(path, "northern-ireland", "--authority-column", "District")
    reason = "The authority is “Ulster”, which is none of the eleven districts; it was left out."
    assert (told["created"], told["left_out"]) == (1, [{"line": 2, "id": "101-0001", "reason": reason}])


def test_an_authority_column_that_is_not_there_or_not_needed_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "northern-ireland", name="primary-2024-25.csv")
    with pytest.raises(CommandError, match="has no column Council to take the authority from") as refused:
        run(path, "northern-ireland", "--authority-column", "Council")
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="leave --authority-column out"):
        run(gias_written(tmp_path), "gias", "--authority-column", "LA (name)")
    assert School.objects.count() == 0


def test_another_register_is_told_from_the_one_that_was_named(tmp_path: Path) -> None:
    path = written(tmp_path, "wales", name="address-list.csv")
    for register, words in (("scotland", "SeedCode"), ("northern-ireland", "Reference"), ("gias", "URN")):
        with pytest.raises(CommandError, match=words) as refused:
            run(path, register)
        assert refused.value.returncode == 2
    assert School.objects.count() == 0


def test_a_workbook_with_its_header_in_row_5_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["School level summary statistics"], [], ["Published March 2025"], [], list(LAYOUTS["scotland"][0])):
        sheet.append(line)
    cells: list[str | int | None] = [int(cell) if cell.isdigit() else cell or None for cell in row("scotland")]
    sheet.append(cells)
    book.save(tmp_path / "statistics-2024.xlsx")
    assert numbers(run(tmp_path / "statistics-2024.xlsx", "scotland")) == (1, 0, 0, 0)
    assert rolls("8100001") == GLEN


def test_a_school_twice_with_other_rolls_is_refused_the_second_time(tmp_path: Path) -> None:
    twice = (row("scotland"), row("scotland", P1="8"), row("scotland"))
    told = run(written(tmp_path, "scotland", *twice, name="statistics-2024.csv"), "scotland")
    reason = "Line 2 has it already, with another number of pupils in a year group, and was used. Look up which is right."
    assert told["refused"] == [{"line": 3, "id": "8100001", "reason": reason}]
    assert told["ignored_because"] == {"the same row again": 1}
    assert rolls("8100001") == GLEN


def test_nothing_of_a_head_teacher_is_stored(tmp_path: Path) -> None:
    for layout in LAYOUTS:
        run(written(tmp_path, layout, name=f"{layout}-2024.csv"), layout.split(maxsplit=1)[0])
    stored = repr([*School.objects.values_list(), *School.history.values_list(), *Roll.objects.values_list()])
    assert "Heading" not in stored
    assert "@" not in stored
    assert "Principal" in NORTHERN_IRELAND
