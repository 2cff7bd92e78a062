"""import_sessions: what is stored, how cells are read, and that a second time changes nothing."""

from datetime import date, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from schools.models import AreaAuthority, Cover, Headcount, School, SchoolAuthority, Session, Visit
from schools.visits.session_files.columns import COLUMNS
from tests.factories import (
    AreaFactory,
    AuthorityFactory,
    SchoolFactory,
    UserFactory,
    VisitFactory,
    VolunteerFactory,
)
from tests.visits import session_files
from tests.visits.session_files import TODAY, imported, row, to_come, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> School:
    return SchoolFactory(register_id="100001", name="St Bega’s")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


def test_the_columns_are_those_that_others_script_against() -> None:
    assert list(COLUMNS) == session_files.COLUMNS


def test_a_delivered_session_is_stored_whole_and_its_place_frozen_as_of_its_day(file: Path, school: School) -> None:
    then, now = AreaFactory(), AreaFactory()
    assert school.authority
    AreaAuthority.objects.all().delete()
    AreaAuthority.objects.create(authority=school.authority, area=then, to_day=date(2026, 3, 31))
    AreaAuthority.objects.create(authority=school.authority, area=now, from_day=date(2026, 4, 1))
    lead = VolunteerFactory(reference="W1", user=UserFactory(email="ann@example.org"))
    other = VolunteerFactory(reference="W2")
    write(
        file, row(adults=4, covers="ANN@example.org:lead:attended; w2:presenter:absent", pupils_are="again", count_basis="spread")
    )

    result = imported(file)

    session = Session.objects.get()
    assert (result.created, result.unchanged) == (1, 0)
    assert (session.visit.reference, session.visit.school, session.visit.stage) == ("A1", school, "planned")
    assert (session.type.slug, session.day, session.starts, session.ends) == (
        "ks2-assembly",
        date(2025, 10, 6),
        time(9, 15),
        time(9, 45),
    )
    assert (session.stage, session.went_ahead, session.language, session.adults) == ("delivered", "yes", "en", 4)
    assert (session.pupils_are, session.count_basis, session.academic_year) == ("again", "spread", 2025)
    assert (session.authority, session.area, session.region) == (school.authority, then, then.region)
    headcount = Headcount.objects.get()
    assert (headcount.school, headcount.year_group, headcount.expected, headcount.pupils) == (school, 5, 60, 58)
    assert (headcount.authority, headcount.area, headcount.region) == (school.authority, then, then.region)
    assert set(Cover.objects.values_list("volunteer", "role", "state")) == {
        (lead.pk, "lead", "attended"),
        (other.pk, "presenter", "absent"),
    }


def test_a_second_row_of_a_session_is_a_guest_school_with_its_own_place(file: Path, school: School) -> None:
    guest = SchoolFactory(register_id="100002")
    write(file, row(adults=2), row(register_id="100002", minutes="", stage="", language="", expected_5="", pupils_5=12))

    assert imported(file).created == 1

    session = Session.objects.get()
    assert session.visit.school == school
    assert session.area == AreaAuthority.objects.get(authority=school.authority).area
    of_guest = Headcount.objects.get(school=guest)
    assert (of_guest.session, of_guest.pupils, of_guest.authority) == (session, 12, guest.authority)
    assert imported(file).unchanged == 1


def test_a_school_that_changed_its_authority_is_frozen_in_the_old_one(file: Path, school: School) -> None:
    old = AuthorityFactory()
    SchoolAuthority.objects.filter(school=school).update(from_day=date(2026, 1, 1))
    SchoolAuthority.objects.create(school=school, authority=old, to_day=date(2025, 12, 31))
    write(file, row())

    imported(file)

    assert Session.objects.get().authority == old
    assert Session.objects.get().area is None


def test_what_is_not_delivered_has_no_frozen_place_yet(file: Path, school: School) -> None:
    write(file, to_come(), row(visit="A2", stage="cancelled", cancelled_because="weather", pupils_5=""))

    imported(file)

    assert not Session.objects.exclude(authority=None, area=None, region=None).exists()
    assert not Headcount.objects.exclude(authority=None, area=None, region=None).exists()
    assert Headcount.objects.filter(school=school).count() == 2


def test_the_last_four_columns_and_most_cells_may_be_left_out(file: Path, school: School) -> None:
    bare = row(minutes="nan", language="", expected_5="NaN", pupils_5="58.0")
    write(file, bare, row(**{**bare, "visit": "A2", "session_type": "send"}), columns=session_files.COLUMNS[:-4])

    imported(file)

    session, of_series = Session.objects.order_by("pk")
    assert (session.minutes, session.language, session.pupils_are, session.count_basis) == (30, "en", "new", "counted")
    assert (of_series.minutes, of_series.pupils_are) == (45, "again")
    assert list(Headcount.objects.filter(session=session).values_list("expected", "pupils")) == [(None, 58)]
    assert imported(file).unchanged == 2


def test_columns_are_found_by_name_whatever_stands_between_them(file: Path, school: School) -> None:
    write(file, row(note="brought cake"), columns=["note", *reversed(session_files.COLUMNS), "more"])

    assert imported(file).created == 1


def test_a_year_group_that_is_only_named_was_there_but_not_counted(file: Path, school: School) -> None:
    write(file, row(expected_5="", pupils_5="", year_groups="3 4, 6"))

    imported(file)

    assert list(Headcount.objects.order_by("year_group").values_list("year_group", "expected", "pupils")) == [
        (3, None, None),
        (4, None, None),
        (6, None, None),
    ]


@pytest.mark.parametrize(
    ("cell", "code", "note", "went_ahead"),
    [
        ("weather", "weather", "", ""),
        ("Not_Held", "not_held", "", "no"),
        ("The hall was flooded", "other", "The hall was flooded", ""),
        ("weather: the road was flooded", "weather", "the road was flooded", ""),
        ("'=2+2", "other", "=2+2", ""),
        ("", "other", "", ""),
    ],
)
def test_why_a_session_was_cancelled_is_a_code_or_free_text(
    file: Path, school: School, cell: str, code: str, note: str, went_ahead: str
) -> None:
    write(file, row(stage="cancelled", cancelled_because=cell, pupils_5=""))

    imported(file)

    session = Session.objects.get()
    assert (session.cancelled_code, session.cancelled_note, session.went_ahead) == (code, note, went_ahead)
    assert imported(file).unchanged == 1


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_three_encodings_are_recognised(file: Path, school: School, encoding: str) -> None:
    write(file, row(stage="cancelled", cancelled_because="Llanfair’s café was closed – again", pupils_5=""), encoding=encoding)

    imported(file)

    assert Session.objects.get().cancelled_note == "Llanfair’s café was closed – again"


def test_a_workbook_is_read_too_with_its_days_and_times(tmp_path: Path, school: School) -> None:
    book = Workbook()
    assert book.active
    cells = {**row(), "day": date(2025, 10, 6), "starts": time(9, 15), "expected_5": 60, "pupils_5": 58}
    book.active.append(session_files.COLUMNS)
    book.active.append([cells.get(name) for name in session_files.COLUMNS])
    book.save(tmp_path / "sessions.xlsx")

    assert imported(tmp_path / "sessions.xlsx").created == 1
    assert (Session.objects.get().starts, Headcount.objects.get().pupils) == (time(9, 15), 58)


def test_facts_of_the_past_are_taken_as_they_are(file: Path) -> None:
    SchoolFactory(register_id="100001", low_age=4, high_age=7, status="closed")
    write(
        file,
        row(minutes=7, pupils_5=900, pupils_6=1000, session_type="workshop-5-6"),
        row(visit="A2", stage="scheduled", pupils_5="", covers=""),
        row(visit="A3", starts="00:00", minutes=1439),
    )

    assert imported(file).created == 3


def test_twice_changes_nothing_the_second_time(file: Path, school: School) -> None:
    VolunteerFactory(reference="W1")
    write(file, row(covers="W1:lead:attended"), row(visit="A2", stage="cancelled", cancelled_because="too few", pupils_5=""))
    imported(file)
    before = list(Session.objects.values().order_by("pk"))

    again = imported(file)

    assert (again.created, again.unchanged) == (0, 2)
    assert list(Session.objects.values().order_by("pk")) == before
    assert list(Session.history.values_list("history_type", flat=True)) == ["+", "+"]


def test_a_blank_cell_never_contradicts_what_is_known(file: Path, school: School) -> None:
    VolunteerFactory(reference="W1")
    write(file, row(adults=3, covers="W1:lead:attended", pupils_6=20, count_basis="school"))
    imported(file)
    write(file, row(minutes="", language="", expected_5="", pupils_5=""))

    assert imported(file).unchanged == 1
    assert Session.objects.get().adults == 3


def test_a_later_file_adds_sessions_to_a_visit_that_exists(file: Path, school: School) -> None:
    VisitFactory(reference="A1", school=school, stage="confirmed", agreed_on=TODAY)
    write(file, row(), row(session_type="workshop-5-6", starts="10:00"))

    assert imported(file).created == 2
    assert Visit.objects.get().stage == "confirmed"
