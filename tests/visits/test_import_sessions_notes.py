"""What an import of sessions tells although it stores it: what may be there already, and whose children count in no area."""

from datetime import date, time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from schools.models import School, Session, SessionType
from schools.visits.session_files import notes
from schools.visits.session_files.importing import check_sessions
from tests.factories import SchoolFactory, SessionFactory
from tests.visits.session_files import TODAY, imported, row, to_come, write

pytestmark = pytest.mark.django_db

DAY = date(2025, 10, 6)
SAME = (
    "Its school has a session of this type at that time already, under “V-OFFICE”. If it is the same session, take it out of the "
    "file, or its children count twice."
)


@pytest.fixture
def school() -> School:
    return SchoolFactory(register_id="100001", name="St Bega’s")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


def in_the_office(school: School, **facts: Any) -> Session:
    """The session of `row`, as it was booked and reported in the office under a reference of its own."""
    facts = {"visit__reference": "V-OFFICE", "day": DAY, "delivered": True} | facts
    made: Session = SessionFactory(visit__school=school, **facts)
    return made


def noted(file: Path) -> list[tuple[int, str, str]]:
    """The notes of a check."""
    return [(note.line, note.id, note.reason) for note in check_sessions(file, on=TODAY).notes]


def test_a_session_that_is_there_under_another_reference_is_noted_and_stored(file: Path, school: School) -> None:
    in_the_office(school)
    write(file, row(), row(visit="A2", day="2025-10-07"))
    assert noted(file) == [(2, "A1", SAME)]
    assert imported(file).created == 2
    assert Session.objects.filter(day=DAY).count() == 2
    # The second time all of it is known.
    assert imported(file).notes == []


@pytest.mark.parametrize(
    "facts",
    [
        {"day": date(2025, 10, 7)},
        {"starts": time(9, 20)},
        {"delivered": False, "cancelled": True},
        {"visit__school": "another"},
        {"type": "ks1-assembly"},
    ],
)
def test_what_differs_in_school_type_day_or_start_or_was_cancelled_is_another_session(
    facts: dict[str, Any], file: Path, school: School
) -> None:
    if "type" in facts:
        facts = {"type": SessionType.objects.get(slug=facts["type"])}
    host = SchoolFactory() if facts.pop("visit__school", "") else school
    in_the_office(host, **facts)
    write(file, row())
    assert noted(file) == []


def test_a_session_of_the_school_under_an_earlier_number_is_there_already(file: Path, school: School) -> None:
    in_the_office(SchoolFactory(register_id="90001", chain=school.pk))
    School.objects.filter(pk=school.pk).update(chain=school.pk)
    write(file, row())
    assert noted(file) == [(2, "A1", SAME)]


def test_a_session_to_come_at_a_school_that_is_closed_by_then_is_noted_and_stored(file: Path, school: School) -> None:
    School.objects.filter(pk=school.pk).update(status="closing", closed=date(2026, 12, 2))
    SchoolFactory(register_id="100002", name="Hillside", status="closed", closed=date(2026, 8, 31))
    guests = {"starts": "09:15", "day": "2026-12-02", "visit": "A3", "expected_5": 20}
    write(
        file,
        to_come(),
        to_come(visit="A2", day="2026-12-02"),
        row(visit="A4"),
        to_come(**guests, session_type="ks1-assembly"),
        to_come(**guests, session_type="ks1-assembly", register_id="100002"),
    )
    closing = (
        "St Bega’s is to close on Wed 2 December 2026, but Thu 3 December 2026 is booked there after that. "
        "Ask the school, and call it off or book it elsewhere."
    )
    guest = (
        "Hillside closed on Mon 31 August 2026, but its pupils are expected on Wed 2 December 2026. "
        "Ask the school, and call it off or book it elsewhere."
    )
    assert noted(file) == [(2, "A1", closing), (5, "A3", guest)]
    assert imported(file).created == 4


def test_a_cancelled_session_of_the_file_counts_nobody_twice(file: Path, school: School) -> None:
    in_the_office(school)
    write(file, row(stage="cancelled", pupils_5=""))
    assert noted(file) == []


def test_classes_in_parallel_that_the_file_itself_has_are_two(file: Path, school: School) -> None:
    write(file, row())
    imported(file)
    write(file, row(), row(visit="A2"))
    assert noted(file) == []


def test_the_command_tells_it_too(file: Path, school: School) -> None:
    in_the_office(school)
    in_the_office(school, visit__reference="V-TWO")
    write(file, row())
    said = StringIO()
    call_command("import_sessions", file, "--dry-run", stdout=said)
    counted, note = said.getvalue().splitlines()
    assert counted == "1 sessions would be created, 0 unchanged."
    assert note.startswith("Note, line 2 (A1): Its school has a session")
    assert "under “V-OFFICE” and “V-TWO”" in note


def test_of_very_many_the_first_are_named_and_the_others_are_a_number(
    file: Path, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 2)
    in_the_office(school)
    write(file, *(row(visit=f"A{number}") for number in range(5)))
    assert [line for line, _, _ in noted(file)] == [2, 3, 0]
    assert noted(file)[-1][2].startswith("3 sessions more are there already under other references.")


@pytest.mark.parametrize("sessions", [1, 30])
def test_the_notes_ask_the_same_queries_for_one_session_and_for_thirty(
    file: Path, school: School, sessions: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    in_the_office(school)
    write(file, *(row(visit=f"A{number}") for number in range(sessions)))
    with django_assert_num_queries(8):
        assert len(noted(file)) == sessions
