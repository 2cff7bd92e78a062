"""`manage.py import_rolls`: the charity's own list counts after a coordinator's word and before the register's."""

from datetime import date
from pathlib import Path

import pytest
from time_machine import TimeMachineFixture

from schools.directory.queries import expected_pupils
from schools.models import Roll, School
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written

pytestmark = pytest.mark.django_db

HEADER = "nation,register_id,academic_year,year_group,pupils"


@pytest.fixture(autouse=True)
def on_the_day(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(date(2026, 11, 24))


@pytest.fixture
def school() -> School:
    made: School = factories.SchoolFactory(register_id="100001")
    return made


def imported(folder: Path, *lines: str) -> tuple[int, ...]:
    return numbers(run("import_rolls", written(folder, HEADER, *lines)))


def test_rolls_are_stored_and_twice_changes_nothing(tmp_path: Path, school: School) -> None:
    lines = ("england,100001,2025/26,5,31", ",100001.0,2025-26,Year 6,28", "england,100001,2024,Reception,0")
    told = run("import_rolls", written(tmp_path, HEADER, *lines), "--dry-run")
    assert (numbers(told), Roll.objects.count()) == ((3, 0, 0, 0, 0, 0), 0)
    assert run("import_rolls", written(tmp_path, HEADER, *lines)) == told
    rolls = {(roll.academic_year, roll.year_group, roll.pupils, roll.source) for roll in school.rolls.all()}
    assert rolls == {(2025, 5, 31, "list"), (2025, 6, 28, "list"), (2024, 0, 0, "list")}
    assert imported(tmp_path, *lines) == (0, 0, 3, 0, 0, 0)


def test_a_coordinators_word_goes_first_then_the_list_then_the_register(tmp_path: Path, school: School) -> None:
    for group in (4, 5):
        Roll.objects.create(school=school, academic_year=2025, year_group=group, pupils=10 + group, source="register")
    Roll.objects.create(school=school, academic_year=2025, year_group=4, pupils=40, source="coordinator")
    imported(tmp_path, "england,100001,2025/26,4,24", "england,100001,2025/26,5,25")
    expected = expected_pupils(school, academic_year=2026)
    assert (expected[4], expected[5]) == (40, 25)
    assert Roll.objects.get(source="coordinator").pupils == 40
    assert imported(tmp_path, "england,100001,2025/26,5,26") == (0, 1, 0, 0, 0, 0)
    assert expected_pupils(school, academic_year=2026)[5] == 26


def test_the_newest_known_year_is_used(tmp_path: Path, school: School) -> None:
    Roll.objects.create(school=school, academic_year=2023, year_group=5, pupils=50, source="coordinator")
    imported(tmp_path, "england,100001,2024/25,5,24", "england,100001,2026/27,5,26")
    assert [expected_pupils(school, academic_year=year)[5] for year in (2023, 2024, 2025, 2026)] == [50, 24, 24, 26]


def test_classes_go_by_the_nations_own_words_and_a_lost_hyphen_is_put_back(tmp_path: Path) -> None:
    factories.SchoolFactory(nation="northern-ireland", register_id="101-0001")
    factories.SchoolFactory(nation="scotland", register_id="8100001")
    lines = ("Northern Ireland,1010001,2025/26,P1,20", "scotland,8100001,2025/26,p7,21")
    assert imported(tmp_path, *lines) == (2, 0, 0, 0, 0, 0)
    assert set(Roll.objects.values_list("school__nation", "year_group", "pupils")) == {
        ("northern-ireland", 0, 20),
        ("scotland", 6, 21),
    }


@pytest.mark.parametrize("nation", ["scotland", "northern-ireland"])
def test_bare_numbers_are_refused_where_classes_are_p1_to_p7(tmp_path: Path, nation: str) -> None:
    factories.SchoolFactory(nation=nation, register_id="8100001")
    lines = [f"{nation},8100001,2025/26,{number},2{number}" for number in ("0", "1", "6", "7", "1.0")]
    told = run(
        "import_rolls", written(tmp_path, HEADER.replace("year_group", "class"), *lines, f"{nation},8100001,2025/26,P8,20")
    )
    assert (numbers(told), Roll.objects.count()) == ((0, 0, 0, 0, 0, 6), 0)
    *bare, other = [reason for _, _, reason in reasons(told)]
    assert bare[1].startswith("year_group is “1”, which may be the class or the number of a year group.")
    assert all(reason.endswith("Write the class with its P: P1 to P7.") for reason in bare)
    assert other == "year_group is “P8”; it must be P1 to P7."


def test_an_unknown_number_erases_nothing(tmp_path: Path, school: School) -> None:
    imported(tmp_path, "england,100001,2025/26,5,31")
    told = run("import_rolls", written(tmp_path, HEADER, "england,100001,2025/26,5,", "england,100001,2025/26,5,C"))
    assert (numbers(told), told["ignored_because"]) == ((0, 0, 0, 0, 2, 0), {"no number of pupils": 2})
    assert school.rolls.get().pupils == 31


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("england,999999,2025/26,5,31", "No school of England has this number"),
        ("scotland,100001,2025/26,P6,31", "No school of Scotland has this number"),
        ("england,,2025/26,5,31", "register_id is blank"),
        ("england,100001,2025/27,5,31", "academic_year is “2025/27”; write it like 2025/26, at the latest 2027/28"),
        ("england,100001,2028/29,5,31", "at the latest 2027/28"),
        ("england,100001,2025/26,7,31", "it must be 0 to 6: Reception to Year 6"),
        ("england,100001,2025/26,5,1001", "must be a whole number from 0 to 1,000"),
        ("england,100001,2025/26,5,about 30", "must be a whole number"),
        ("england,100001,2025/26,5", "The row has 4 cells"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_and_the_rest_is_stored(
    tmp_path: Path, school: School, line: str, words: str
) -> None:
    told = run("import_rolls", written(tmp_path, HEADER, line, "england,100001,2025/26,4,31"))
    assert numbers(told) == (1, 0, 0, 0, 0, 1)
    assert (told["refused"][0]["line"], words in told["refused"][0]["reason"]) == (2, True)


def test_two_numbers_for_one_class_are_both_refused(tmp_path: Path, school: School) -> None:
    told = run(
        "import_rolls",
        written(tmp_path, HEADER, "england,100001,2025/26,5,31", "england,100001,2025/26,Year 5,30"),
    )
    assert [line for line, _, _ in reasons(told)] == [2, 3]
    assert school.rolls.count() == 0
