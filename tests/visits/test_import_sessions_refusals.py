"""import_sessions: what is refused, each line with what to do; nothing is stored then."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.models import AreaAuthority, Away, ClosedPeriod, Conflict, Cover, School, Session, Visit, Volunteer
from schools.visits.session_files import importing
from schools.visits.session_files.importing import SessionImport, import_sessions
from tests.factories import (
    CoverFactory,
    SchoolFactory,
    VisitFactory,
    VolunteerFactory,
    able_volunteer,
)
from tests.profiles import examples
from tests.visits import session_files
from tests.visits.session_files import NOW, imported, reasons, row, to_come, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> School:
    return SchoolFactory(register_id="100001", name="St Bega’s")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


@pytest.mark.parametrize(
    ("changed", "columns"),
    [
        ({"minutes": 45}, "minutes"),
        ({"pupils_5": 57}, "pupils_5"),
        ({"pupils_6": 1, "language": "cy"}, "language and year_groups"),
        ({"stage": "cancelled"}, "stage"),
        ({"covers": ""}, None),
        ({"covers": "W1:presenter:attended"}, "covers"),
        ({"year_groups": "4 5"}, "year_groups"),
        ({"year_groups": "5", "count_basis": "spread", "pupils_are": "again", "adults": 0}, "adults, pupils_are and count_basis"),
    ],
)
def test_a_row_that_exists_and_differs_is_refused(
    file: Path, school: School, changed: dict[str, object], columns: str | None
) -> None:
    VolunteerFactory(reference="W1")
    write(file, row(covers="W1:lead:attended"))
    imported(file)
    write(file, row(visit="B1"), row(**{"covers": "W1:lead:attended", **changed}))

    if columns is None:
        assert imported(file).unchanged == 1
    else:
        assert reasons(file) == [
            f"3: This session exists and differs in {columns}. Change it in the office, or take the line out."
        ]


def test_a_reference_of_another_schools_visit_is_refused(file: Path, school: School) -> None:
    VisitFactory(reference="A1")
    write(file, row())

    assert reasons(file) == ["2: The visit “A1” exists and is at another school. Use another reference."]


def test_nothing_to_come_is_added_to_a_visit_that_the_school_has_asked_for(file: Path, school: School) -> None:
    VisitFactory(reference="A1", school=school, stage="requested")
    write(file, to_come())

    assert reasons(file) == ["2: The school has asked for the visit “A1”, which has no day yet. Book it in the office."]


def test_nothing_to_come_is_added_to_a_visit_that_was_cancelled(file: Path, school: School) -> None:
    VisitFactory(reference="A1", school=school, stage="cancelled", cancelled_code="school")
    write(file, to_come(), row())

    assert reasons(file) == ["2: The visit “A1” was cancelled in the office. Use another reference, or book it there."]


BAD_CELLS = [
    ({"visit": ""}, "visit: the cell is empty. Every line needs it."),
    (
        {"visit": "=HYPERLINK(1)"},
        "visit: “=HYPERLINK(1)” begins like a formula. Write plain text, or put an apostrophe before it.",
    ),
    ({"visit": "x" * 41}, "visit: the text has 41 characters. Shorten it to 40."),
    ({"nation": "atlantis"}, "nation: “atlantis” is unknown. Write england, scotland, wales,"),
    ({"register_id": "999"}, "register_id: no school of england has the number “999”. Look it up in the register"),
    ({"register_id": "+441"}, "register_id: “+441” begins like a formula."),
    ({"nation": "wales"}, "register_id: no school of wales has the number “100001”."),
    ({"session_type": "ks9"}, "session_type: “ks9” is unknown. Write one of ks1-assembly, "),
    ({"day": "2025-02-30"}, "day: “2025-02-30” does not exist in the calendar. Look the day up."),
    ({"day": "06/10/2025"}, "day: “06/10/2025” is no day. Write it like 2025-10-06."),
    ({"day": "0225-10-06"}, "day: “0225-10-06” is not between 1980 and 2099. Look the year up."),
    ({"day": "2026-11-25"}, "stage: a session on 2026-11-25 cannot have been delivered yet. Write scheduled, or mend the day."),
    ({"starts": "25:00"}, "starts: “25:00” is no time of day. Write it like 09:15."),
    ({"starts": "9.15"}, "starts: “9.15” is no time of day."),
    ({"starts": ""}, "starts: the cell is empty. Every line needs it."),
    ({"minutes": 0}, "minutes: “0” is no whole number from 1 to 1,439."),
    ({"minutes": -30}, "minutes: “-30” is no whole number from 1 to 1,439."),
    ({"starts": "23:30"}, "minutes: 30 minutes from 23:30 run past midnight. Mend one of the two."),
    ({"starts": "23:50", "minutes": ""}, "minutes: 30 minutes from 23:50 run past midnight."),
    ({"language": "fr"}, "language: “fr” is unknown. Write en, cy, gd, ga or bfi."),
    ({"stage": ""}, "stage: the cell is empty. Write scheduled, delivered or cancelled."),
    ({"stage": "done"}, "stage: “done” is unknown. Write scheduled, delivered or cancelled."),
    ({"stage": "scheduled"}, "pupils: children were counted but the session is scheduled."),
    ({"cancelled_because": "weather"}, "cancelled_because: the session is delivered. Write cancelled as its stage,"),
    ({"stage": "cancelled", "cancelled_because": "@SUM(1)"}, "cancelled_because: “@SUM(1)” begins like a formula."),
    ({"stage": "cancelled", "cancelled_because": "x" * 501}, "cancelled_because: the text has 501 characters."),
    ({"adults": 1001}, "adults: “1001” is no whole number from 0 to 1,000."),
    ({"expected_5": "lots"}, "expected_5: “lots” is no whole number from 0 to 1,000."),
    ({"pupils_5": -1}, "pupils_5: “-1” is no whole number from 0 to 1,000."),
    ({"pupils_5": 100_000}, "pupils_5: “100000” is no whole number from 0 to 1,000."),
    ({"pupils_5": "58.5"}, "pupils_5: “58.5” is no whole number"),
    ({"pupils_5": "٥"}, "pupils_5: “٥” is no whole number"),
    ({"pupils_5": "=1+1"}, "pupils_5: “=1+1” is no whole number"),
    ({"covers": "W1"}, "covers: “W1” is no cover. Write reference-or-email:role:state,"),
    (
        {"covers": "W1:boss:attended"},
        "covers: “W1:boss:attended”: “boss” is no role. Write lead, presenter, trainee or observer.",
    ),
    ({"covers": "W1:lead:there"}, "covers: “W1:lead:there”: “there” is no state."),
    ({"covers": "W9:lead:attended"}, "covers: no volunteer has the reference “w9”. Add the volunteer first."),
    ({"covers": "x@y.org:lead:attended"}, "covers: no volunteer has the address “x@y.org”. Add the volunteer first."),
    ({"covers": "@x:lead:attended"}, "covers: “@x:lead:attended” begins like a formula."),
    ({"covers": "W1:lead:attended;W1:presenter:accepted"}, "covers: the same person is there twice. Leave one role for each."),
    ({"covers": "W1:lead:attended;W2:lead:attended"}, "covers: there are two leads. Make one of them a presenter."),
    ({"year_groups": "5 7"}, "year_groups: “5 7” are no year groups."),
    ({"pupils_are": "old"}, "pupils_are: “old” is unknown. Write new or again."),
    ({"count_basis": "guessed"}, "count_basis: “guessed” is unknown. Write counted, spread or school."),
]


@pytest.mark.parametrize(("cells", "reason"), BAD_CELLS, ids=[f"{cells}"[:60] for cells, _ in BAD_CELLS])
def test_a_bad_cell_is_named_with_what_to_do(file: Path, school: School, cells: dict[str, object], reason: str) -> None:
    VolunteerFactory(reference="W1")
    VolunteerFactory(reference="W2")
    write(file, row(visit="A0"), row(**cells))

    [line] = reasons(file)

    assert line.startswith(f"3: {reason}")


MEND = "Mend it, or leave it empty if nobody knows."
LOOK = "Look it up in the register (leading zeros count), or import the school first."


def test_every_bad_line_is_listed_with_everything_that_is_wrong_with_it(file: Path, school: School) -> None:
    write(
        file,
        row(minutes=0, pupils_5="nine"),
        row(visit="A2"),
        row(visit="A3", register_id="1", adults="x"),
        row(visit="A4", day=""),
    )

    assert reasons(file) == [
        f"2: minutes: “0” is no whole number from 1 to 1,439. {MEND} pupils_5: “nine” is no whole number from 0 to 1,000. {MEND}",
        f"4: adults: “x” is no whole number from 0 to 1,000. {MEND} register_id: no school of england has the number “1”. {LOOK}",
        "5: day: the cell is empty. Every line needs it.",
    ]


def test_half_a_line_and_a_line_that_is_too_long_are_refused(file: Path, school: School) -> None:
    write(file, row())
    with file.open("a", encoding="utf-8") as lines:
        lines.write("A2,england,100001\r\n")
        lines.write(f"A3,england,100001{',' * 27},too,many\r\n")

    assert reasons(file) == [
        "3: The line has 3 of 30 cells. It is cut off; complete it.",
        "4: The line has more cells than the header. Put a text that contains commas into double quotes.",
    ]


def test_the_same_session_twice_in_a_file_is_refused(file: Path, school: School) -> None:
    write(file, row(), row(visit="A2"), row())

    assert reasons(file) == ["4: This is the session and school of line 2 again. Take one of the two out."]


def test_a_guest_that_contradicts_its_host_or_brings_nobody_is_refused(file: Path, school: School) -> None:
    SchoolFactory(register_id="100002")
    SchoolFactory(register_id="100003")
    write(
        file,
        row(),
        row(register_id="100002", minutes=45, language="cy"),
        row(visit="A2"),
        row(visit="A2", register_id="100003", expected_5="", pupils_5=""),
    )

    first, second = reasons(file)

    assert first == (
        "3: minutes: it differs from line 2, where the session begins. Leave it empty for a guest, or make both the same. "
        "language: it differs from line 2, where the session begins. Leave it empty for a guest, or make both the same."
    )
    assert second.startswith("5: A guest school needs at least one year group in the session.")


def test_the_host_stands_first_in_every_session_of_a_visit(file: Path, school: School) -> None:
    SchoolFactory(register_id="100002")
    write(file, row(), row(starts="11:00", register_id="100002"))

    [line] = reasons(file)
    assert line.startswith(
        "3: visit: line 2 has “A1” at another school. Use another reference, or put the line of the host before"
    )


def test_a_guests_line_is_not_taken_for_a_hosts_when_the_hosts_is_bad(file: Path, school: School) -> None:
    SchoolFactory(register_id="100002")
    write(file, row(minutes="x"), row(register_id="100002", stage="", minutes=""))

    assert [line.split(":")[0] for line in reasons(file)] == ["2"]


def test_a_delivered_session_in_a_signed_off_period_is_refused(file: Path, school: School) -> None:
    area = AreaAuthority.objects.get(authority=school.authority).area
    ClosedPeriod.objects.create(area=area, first_day=date(2025, 8, 1), last_day=date(2025, 10, 6))
    write(file, row(), row(visit="A2", day="2025-10-07"), row(visit="A3", stage="cancelled", pupils_5=""))

    signed_off = f"The return of {area} for Fri 1 August 2025 to Mon 6 October 2025 is signed off."
    assert reasons(file) == [f"2: {signed_off} Ask a manager to restate it."]


def test_a_session_that_nobody_reported_is_refused_in_a_signed_off_period_too(file: Path, school: School) -> None:
    # The return says how many outcomes were missing.
    area = AreaAuthority.objects.get(authority=school.authority).area
    ClosedPeriod.objects.create(area=area, first_day=date(2025, 8, 1), last_day=date(2025, 10, 6))
    write(file, row(stage="scheduled", pupils_5=""))
    [line] = reasons(file)
    assert "is signed off" in line


def test_a_guest_whose_area_is_signed_off_is_refused_too(file: Path, school: School) -> None:
    guest = SchoolFactory(register_id="100002")
    area = AreaAuthority.objects.get(authority=guest.authority).area
    ClosedPeriod.objects.create(area=area, first_day=date(2025, 8, 1), last_day=date(2025, 12, 31))
    write(file, row(), row(register_id="100002"))

    [line] = reasons(file)

    assert line.startswith(f"2: The return of {area} ")


def test_who_is_to_cover_a_session_to_come_must_be_able_to(file: Path, school: School) -> None:
    able_volunteer(reference="W1")
    VolunteerFactory(reference="W2", name="Ben Hale")
    write(file, to_come(covers="W1:lead:accepted"), to_come(visit="A2", starts="13:00", covers="W2:presenter:offered"))

    [line] = reasons(file)

    assert line == (
        "3: Ben Hale has no clear DBS decision on Thu 3 December 2026. Record the new decision first. "
        "Ben Hale is not signed off for “KS2 assembly” on that day. Record the sign-off first, or choose trainee."
    )


def test_days_away_conflicts_and_distance_are_reasons_for_a_session_to_come(file: Path, school: School) -> None:
    ann = able_volunteer(reference="W1", name="Ann")
    Away.objects.create(volunteer=ann, first_day=date(2026, 12, 1), last_day=date(2026, 12, 4))
    Conflict.objects.create(volunteer=ann, school=school)
    write(file, to_come(covers="W1:lead:offered"), row(visit="A2", covers="W1:lead:attended"))

    [line] = reasons(file)

    assert line.startswith(
        "2: Ann is away on Thu 3 December 2026. Ask them, and say so in the note. A file has no note: leave them"
    )
    assert line.endswith(f"Ann has a conflict with {school}. Choose somebody else.")


def test_nobody_is_asked_whether_they_could_cover_what_is_past_or_what_they_declined(file: Path, school: School) -> None:
    VolunteerFactory(reference="W2", status="left")
    write(
        file,
        row(stage="scheduled", pupils_5="", covers="W2:lead:accepted"),
        row(visit="A2", covers="W2:lead:attended"),
        to_come(visit="A3", covers="W2:lead:declined;W2:presenter:withdrawn"),
    )

    assert imported(file).created == 3


def test_nobody_is_in_two_places_in_a_file_or_beside_it(file: Path, school: School) -> None:
    ann = able_volunteer(reference="W1", name="Ann")
    write(file, to_come(covers="W1:lead:accepted"), to_come(visit="A2", starts="09:30", covers="W1:lead:accepted"))

    assert reasons(file) == [
        "3: Ann is at St Bega’s (line 2) on Thu 3 December 2026, 9:15–9:45 am. Choose somebody who is free then."
    ]
    write(file, to_come(covers="W1:lead:accepted"), to_come(visit="A2", starts="09:30", covers="W1:lead:offered"))
    assert len(reasons(file)) == 1, "nobody is offered what they cannot take"

    elsewhere = CoverFactory(volunteer=ann, session__day=date(2026, 12, 3)).session
    write(file, to_come(starts="09:30", covers="W1:lead:accepted"))

    assert reasons(file) == [
        f"2: Ann is at {elsewhere.visit.school} on Thu 3 December 2026, 9:15–9:45 am. Choose somebody who is free then."
    ]


def test_a_way_within_the_file_that_is_too_short_is_refused_however_far_apart_its_lines_are(
    file: Path, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    able_volunteer(reference="W1", name="Ann")
    School.objects.filter(pk=school.pk).update(easting=300_000, northing=500_000)
    SchoolFactory(register_id="100002", easting=300_000, northing=560_000)
    between = [to_come(visit=f"B{number}", day="2026-12-04", starts=f"{9 + number}:00") for number in range(3)]
    covers = "W1:lead:accepted"
    for batch in (1000, 1):
        monkeypatch.setattr(importing, "BATCH", batch)
        write(file, to_come(covers=covers), *between, to_come(visit="A2", register_id="100002", starts="09:50", covers=covers))
        (reason,) = reasons(file)
        assert reason.startswith("6: ")
        assert "St Bega’s (line 2)" in reason
        assert "A file has no note" in reason
    write(file, to_come(covers=covers), *between, to_come(visit="A2", starts="09:50", covers=covers))
    assert imported(file).created == 5, "to the same school there is no way"


def test_a_session_to_come_has_no_more_presenters_than_places_and_no_attendance_yet(file: Path, school: School) -> None:
    for number in (1, 2, 3):
        able_volunteer(reference=f"W{number}")
    write(
        file,
        to_come(covers="W1:lead:accepted;W2:presenter:accepted;W3:presenter:accepted"),
        to_come(visit="A2", day="2026-12-04", covers="W1:lead:attended"),
    )

    assert reasons(file) == [
        "2: 3 people lead or present but “KS2 assembly” needs 2. Make the others trainees or observers.",
        "3: covers: nobody has attended or missed a session that is still to come. Write accepted or offered.",
    ]


anything = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
likely = st.sampled_from(
    [
        *("", "nan", "0", "1", "7", "1000", "-1", "1e3", "23:59", "24:00", "2026-11-24", "2024-02-29", "2099-12-31"),
        *("scheduled", "delivered", "cancelled", "weather:", "en", "cy", "send", "parents", "5 5 6", "again", "'=x", "=x"),
        *("W1:lead:accepted", "W1:lead:offered;W1:observer:absent", "W1:presenter:declined;W1:trainee:accepted"),
    ]
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.dictionaries(st.sampled_from(session_files.COLUMNS), likely | anything, max_size=4).map(lambda cells: row(**cells)),
        max_size=4,
    )
)
def test_whatever_stands_in_the_cells_it_is_stored_or_refused_line_by_line(
    tmp_path: Path, school: School, lines: list[dict[str, object]]
) -> None:
    Cover.objects.all().delete()
    Visit.objects.all().delete()
    Volunteer.objects.get_or_create(reference="W1", defaults={"name": "Ann", "status": "active"})
    file = write(tmp_path / "sessions.csv", *lines)

    result = import_sessions(file, now=NOW)

    assert all(refusal.reason and refusal.line >= 2 for refusal in result.refused)
    assert Session.objects.count() == result.created
    if not result.refused:
        assert import_sessions(file, now=NOW) == SessionImport(unchanged=result.created)
