"""A school that its register, which tells of no closings, does not name any more: people say whether it has closed."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schools.core.errors import RuleBroken
from schools.directory.actions import change_school
from schools.models import School, SchoolLink
from tests.directory.nation_files import row, written
from tests.directory.test_import_complete import missing
from tests.directory.test_import_nations import run
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
LAST_DAY = date(2025, 6, 27)
MARKED = date(2025, 9, 17)


def loaded(folder: Path, day: date, *schools: str, options: tuple[str, ...] = (), **facts: str) -> dict[str, object]:
    """What the import says of a file of the day that has these schools of Scotland."""
    rows = [row("scotland", SeedCode=number, **facts) for number in schools]
    return run(written(folder, "scotland", *rows, name=f"of-{day}.csv"), "scotland", "--day", day.isoformat(), *options)


def whole(folder: Path, day: date) -> dict[str, object]:
    """What the import says of the whole register of the day, which has the first school alone."""
    return loaded(folder, day, "8100001", options=("--complete",))


@pytest.fixture
def gone(tmp_path: Path) -> School:
    """The school that the register of 2024 had and that of 2025 has not."""
    loaded(tmp_path, date(2024, 9, 18), "8100001", "8100002")
    whole(tmp_path, MARKED)
    return School.objects.get(register_id="8100002")


def closed(school: School, day: date | None = LAST_DAY, *, status: str = "closed") -> School:
    school.status, school.closed = status, day
    return change_school(school, on=TODAY)


def stands(school: School) -> tuple[str, date | None, dict[str, date | None]]:
    """Its status, its last day, and what is missing."""
    school.refresh_from_db()
    return school.status, school.closed, missing()


def test_it_was_open_until_its_last_day_and_its_history_says_so(gone: School) -> None:
    closed(gone)
    assert School.objects.open_on(LAST_DAY).filter(pk=gone.pk).exists()
    assert not School.objects.open_on(date(2025, 6, 28)).filter(pk=gone.pk).exists()
    assert list(gone.history.values_list("status", "closed")) == [("closed", LAST_DAY), ("open", None), ("open", None)]


def test_its_last_day_decides_whether_what_follows_it_is_the_same_school(gone: School) -> None:
    successor = SchoolFactory(nation="scotland", register_id="8100009", opened=date(2025, 1, 6))
    SchoolLink.objects.create(predecessor=gone, successor=successor, kind="successor")
    closed(gone, date(2024, 12, 20))
    gone.refresh_from_db()
    assert gone.chain == min(gone.pk, successor.pk)
    closed(gone)
    gone.refresh_from_db()
    assert gone.chain is None


@pytest.mark.parametrize("day", [date(2019, 9, 18), LAST_DAY, date(2025, 8, 20)])
def test_a_register_from_before_it_was_marked_leaves_it_closed_in_either_order(tmp_path: Path, gone: School, day: date) -> None:
    closed(gone)
    loaded(tmp_path, day, "8100002", School_Name="Renamed")
    assert stands(gone) == ("closed", LAST_DAY, {"8100002": MARKED})
    assert gone.name == ("Glen Primary School" if day.year == 2019 else "Renamed")
    after = School.objects.values("name", "status", "closed", "missing_since", "register_day", "older_facts").get(pk=gone.pk)
    gone.delete()
    loaded(tmp_path, date(2024, 9, 18), "8100001", "8100002")
    loaded(tmp_path, day, "8100002", School_Name="Renamed")
    again = School.objects.get(register_id="8100002")
    assert again.missing_since == MARKED
    closed(again)
    assert School.objects.values(*after).get(pk=again.pk) == after


@pytest.mark.parametrize("day", [MARKED, date(2026, 9, 16)])
def test_a_later_register_that_names_it_opens_it_again(tmp_path: Path, gone: School, day: date) -> None:
    closed(gone)
    loaded(tmp_path, day, "8100002")
    assert stands(gone) == ("open", None, {})


def test_a_school_that_closed_after_it_was_marked_is_opened_by_what_is_later_than_its_last_day(
    tmp_path: Path, gone: School
) -> None:
    closed(gone, date(2025, 12, 19))
    loaded(tmp_path, date(2025, 12, 19), "8100002")
    assert stands(gone) == ("closed", date(2025, 12, 19), {})
    loaded(tmp_path, date(2025, 12, 20), "8100002")
    assert stands(gone) == ("open", None, {})


def test_a_last_day_that_was_mistyped_is_corrected_and_dated_anew(tmp_path: Path, gone: School) -> None:
    closed(gone, date(2026, 6, 26))
    closed(gone)
    loaded(tmp_path, date(2026, 1, 14), "8100002")
    assert stands(gone) == ("open", None, {})


def test_a_closing_that_was_no_closing_is_taken_back(gone: School) -> None:
    closed(gone)
    closed(gone, None, status="open")
    assert stands(gone) == ("open", None, {"8100002": MARKED})
    assert gone.is_bookable


def test_a_closing_to_come_is_overtaken_by_the_next_register_that_names_it(tmp_path: Path, gone: School) -> None:
    closed(gone, date(2027, 6, 25), status="closing")
    assert stands(gone) == ("closing", date(2027, 6, 25), {"8100002": MARKED})
    loaded(tmp_path, date(2026, 9, 16), "8100002")
    assert stands(gone) == ("open", None, {})


def test_the_next_whole_register_lists_it_only_while_nobody_has_said_that_it_closed(tmp_path: Path, gone: School) -> None:
    listed = {"id": "8100002", "name": "Glen Primary School", "since": MARKED.isoformat()}
    assert whole(tmp_path, date(2026, 9, 16))["missing"] == [listed]
    closed(gone)
    assert whole(tmp_path, date(2026, 9, 16))["missing"] == []
    assert stands(gone) == ("closed", LAST_DAY, {"8100002": MARKED})


@pytest.mark.parametrize(
    ("facts", "day", "reason"),
    [
        ({"status": "closed"}, None, "Give the last day on which it was open."),
        ({"status": "closed"}, date(2026, 11, 25), "is still to come"),
        ({"status": "closing"}, LAST_DAY, "has passed"),
        ({"status": "open"}, LAST_DAY, "An open school has no last day."),
        ({"status": "proposed"}, None, "has been open before"),
        ({"status": "closed", "missing_since": None}, LAST_DAY, "The register says whether"),
        ({"status": "closed", "nation": "england"}, LAST_DAY, "The register says whether"),
    ],
)
def test_what_people_cannot_say_of_a_registers_school_is_refused(facts: dict[str, Any], day: date | None, reason: str) -> None:
    stored = {"nation": "wales", "missing_since": MARKED} | {name: facts[name] for name in facts if name != "status"}
    school = SchoolFactory(status="closing", **stored)
    with pytest.raises(RuleBroken, match=reason):
        closed(school, day, status=facts["status"])
    assert stands(school)[:2] == ("closing", None)
