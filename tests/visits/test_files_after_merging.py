"""Files of other programs go on naming an entry that was made one with another: it does not come back by them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schools.models import Session, User, Volunteer
from schools.visits.actions.merging import merge_people, undo_merge
from schools.visits.session_files.importing import check_sessions
from tests import factories
from tests.visits.session_files import TODAY, row, write
from tests.visits.session_files import imported as imported_sessions
from tests.volunteers.volunteer_files import imported

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


@pytest.fixture
def manager() -> User:
    return factories.manager()


@pytest.fixture
def kept(manager: User) -> Volunteer:
    """Ann, whose two other entries were made one with hers, the one by way of the other."""
    factories.AreaFactory(name="Cumbria")
    ann, bea, cat = (
        factories.VolunteerFactory(reference=f"V{number}", name=f"Ann {number}", email=f"ann{number}@example.org")
        for number in (1, 2, 3)
    )
    merge_people(bea, cat, chosen=(), mark=None, by=manager, now=NOW)
    merge_people(ann, bea, chosen=(), mark=None, by=manager, now=NOW)
    made: Volunteer = ann
    return made


@pytest.mark.parametrize(
    "cells", [{"reference": "v2"}, {"reference": "V3", "email": "new@example.org"}, {"email": "Ann3@example.org"}]
)
def test_a_row_of_an_entry_that_was_made_one_is_refused_with_the_reference_to_give(
    kept: Volunteer, tmp_path: Path, cells: dict[str, str]
) -> None:
    report = imported(
        tmp_path, {"name": "Ann Ash", "areas": "Cumbria", **cells}, {"reference": "V1", "furthest_km": "12"}, now=NOW
    )
    known_by = (cells.get("reference") or cells["email"]).replace("Ann3", "ann3")
    reason = f"{known_by} was made one with V1. Give the reference V1, or take the row out."
    assert [(problem.line, problem.reason) for problem in report.refused] == [(2, reason)]
    assert list(Volunteer.objects.values_list("reference", "furthest_km")) == [("V1", 12)]


def test_a_reference_that_somebody_else_has_by_now_is_theirs(kept: Volunteer, tmp_path: Path) -> None:
    factories.VolunteerFactory(reference="V2", name="Dan Date")
    report = imported(tmp_path, {"reference": "V2", "name": "Dan Day"}, now=NOW)
    assert (report.updated, report.refused) == (1, [])
    assert Volunteer.objects.get(reference="V2").name == "Dan Day"


def test_a_coordinator_does_not_read_with_whom_of_another_area_an_entry_was_made_one(kept: Volunteer, tmp_path: Path) -> None:
    elsewhere = factories.AreaFactory(name="Devon")
    by = factories.coordinator_of(elsewhere)
    report = imported(tmp_path, {"reference": "V2", "name": "Ann Ash", "areas": "Devon"}, now=NOW, by=by)
    assert [problem.reason for problem in report.refused] == [
        "Somebody else looks after the person of this reference or address. Correct it, or ask a manager."
    ]


def test_an_entry_that_is_one_of_its_own_again_is_known_by_its_reference(manager: User, tmp_path: Path) -> None:
    ann, bea = (factories.VolunteerFactory(reference=f"V{number}", name=f"Ann {number}") for number in (1, 2))
    undo_merge(merge_people(ann, bea, chosen=(), mark=None, by=manager, now=NOW), by=manager, now=NOW)
    report = imported(tmp_path, {"reference": "V2", "name": "Bea Birch"}, now=NOW)
    assert (report.updated, report.refused) == (1, [])


@pytest.mark.parametrize("who", ["V2", "v3", "ann2@example.org", "V1"])
def test_a_session_file_that_names_an_entry_that_was_made_one_means_the_kept_one(
    kept: Volunteer, tmp_path: Path, who: str
) -> None:
    factories.SchoolFactory(register_id="100001")
    path = write(tmp_path / "sessions.csv", row(covers=f"{who}:lead:attended"))
    assert imported_sessions(path).created == 1
    assert Session.objects.get().covers.get().volunteer == kept
    assert imported_sessions(path).unchanged == 1


def test_a_session_file_that_names_both_entries_names_one_person_twice(kept: Volunteer, tmp_path: Path) -> None:
    factories.SchoolFactory(register_id="100001")
    path = write(tmp_path / "sessions.csv", row(covers="V1:lead:attended;V2:presenter:attended"))
    assert "the same person is there twice" in check_sessions(path, on=TODAY).refused[0].reason
