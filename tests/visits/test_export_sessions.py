"""export_sessions: what is written, in which order, and that it imports unchanged."""

import csv
import threading
from collections.abc import Sequence
from datetime import date, time, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools.core.periods import Period
from schools.core.snapshot import snapshot
from schools.models import Cover, Headcount, SafeguardingNotice, School, Session, SessionType, Visit, Volunteer
from schools.visits.session_files.columns import read_because, write_because
from schools.visits.session_files.exports import session_lines
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, VolunteerFactory, manager
from tests.profiles import examples
from tests.visits.session_files import COLUMNS, imported

pytestmark = pytest.mark.django_db

EVER = Period.parse("2020-01-01..2030-12-31")


def exported(period: Period = EVER) -> str:
    return "".join(session_lines(period))


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeffvisit,")
    return list(csv.DictReader(StringIO(text[1:], newline="")))


def comes_back_unchanged(folder: Path) -> None:
    """What is exported changes nothing here, and makes the same bytes again where the sessions were not."""
    file = folder / "exported.csv"
    written = exported()
    file.write_bytes(written.encode())
    sessions = Session.objects.count()
    assert (imported(file).created, imported(file).unchanged) == (0, sessions)
    Cover.objects.all().delete()
    Visit.objects.all().delete()
    assert imported(file).created == sessions
    assert exported() == written


def test_a_session_is_one_line_with_every_column_in_order() -> None:
    school = SchoolFactory(register_id="100001")
    visit = VisitFactory(reference="A1", school=school)
    session = SessionFactory(visit=visit, delivered=True, adults=0, day=date(2025, 10, 6), went_ahead="partly")
    HeadcountFactory(session=session, school=school, year_group=5, expected=60, pupils=58)
    HeadcountFactory(session=session, school=school, year_group=3, expected=None, pupils=0)
    HeadcountFactory(session=session, school=school, year_group=4)
    CoverFactory(session=session, volunteer=VolunteerFactory(reference="W2"), role="presenter", state="attended")
    CoverFactory(session=session, volunteer=VolunteerFactory(reference="W9"), role="lead", state="attended")
    CoverFactory(session=session, volunteer=VolunteerFactory(reference="W1"), role="presenter", state="declined")

    text = exported()

    assert text.splitlines()[0] == "\ufeff" + ",".join(COLUMNS)
    assert text.split("\r\n")[1] == (
        "A1,england,100001,ks2-assembly,2025-10-06,09:15,30,en,delivered,,0,,,,,,60,,,,,0,,58,,"
        "W9:lead:attended;W1:presenter:declined;W2:presenter:attended,3 4 5,new,counted,"
    )


def test_guests_follow_their_host_without_what_would_be_counted_twice() -> None:
    host, guest, other = (SchoolFactory(register_id=number) for number in ("300000", "200000", "100000"))
    session = SessionFactory(visit__school=host, delivered=True, adults=5)
    CoverFactory(session=session, state="attended")
    for school in (guest, host, other):
        HeadcountFactory(session=session, school=school, pupils=10)

    first, second, third = rows(exported())

    assert [line["register_id"] for line in (first, second, third)] == ["300000", "100000", "200000"]
    assert [line["adults"] for line in (first, second, third)] == ["5", "", ""]
    assert first["covers"]
    assert second["covers"] == third["covers"] == ""
    assert second["stage"] == third["stage"] == "delivered"


def test_sessions_stand_in_order_of_day_and_time_and_only_those_of_the_period() -> None:
    late = SessionFactory(day=date(2025, 10, 2), starts=time(13, 0), ends=time(14, 0))
    early = SessionFactory(day=date(2025, 10, 2), starts=time(9, 0))
    first = SessionFactory(day=date(2025, 8, 1))
    SessionFactory(day=date(2025, 7, 31))
    SessionFactory(day=date(2026, 8, 1))

    assert [line["visit"] for line in rows(exported(Period.parse("2025/26")))] == [
        session.visit.reference for session in (first, early, late)
    ]


def test_text_that_a_spreadsheet_would_run_is_made_safe_and_comes_back(tmp_path: Path) -> None:
    visit = VisitFactory(reference="=1+1")
    SessionFactory(
        visit=visit, cancelled=True, day=date(2025, 10, 6), cancelled_code="other", cancelled_note='-shut\r\n“snow”, "ice"'
    )

    [line] = rows(exported())

    assert (line["visit"], line["cancelled_because"]) == ("'=1+1", '\'-shut\r\n“snow”, "ice"')
    comes_back_unchanged(tmp_path)
    assert Session.objects.get().cancelled_note == '-shut\r\n“snow”, "ice"'


def test_what_a_child_told_is_never_written() -> None:
    session = SessionFactory(delivered=True)
    before = exported()
    SafeguardingNotice.objects.create(session=session, told_at=timezone.now(), role_told="safeguarding lead", by=manager())

    assert exported() == before


def test_the_last_day_of_an_online_window_has_no_column_and_stays_as_it_is(tmp_path: Path) -> None:
    online = SessionType.objects.get(slug="online-ks2")
    SessionFactory(type=online, delivered=True, day=date(2025, 10, 6), until_day=date(2025, 10, 10))
    file = tmp_path / "exported.csv"
    file.write_bytes(exported().encode())

    assert imported(file).unchanged == 1
    assert Session.objects.get().until_day == date(2025, 10, 10)
    comes_back_unchanged(tmp_path)
    assert Session.objects.get().until_day is None


def test_somebody_who_gave_a_session_back_twice_comes_back_twice(tmp_path: Path) -> None:
    session = SessionFactory(day=date(2026, 12, 3), stage="cancelled", cancelled_code="school")
    CoverFactory(session=session, state="withdrawn")
    CoverFactory(session=session, state="withdrawn", volunteer=Cover.objects.get().volunteer)

    comes_back_unchanged(tmp_path)

    assert Cover.objects.count() == 2


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("", ""),
        ("weather", ""),
        ("weather", "snow"),
        ("other", ""),
        ("other", "snow"),
        ("other", "weather"),
        ("other", "weather: snow"),
        ("other", "nan"),
        ("other", "a: b"),
        ("not_held", ": "),
    ],
)
def test_code_and_note_share_one_cell_without_loss(code: str, note: str) -> None:
    assert write_because(code, note) != "nan"
    if code:
        assert read_because(write_because(code, note)) == (code, note.strip())


def test_the_command_writes_to_a_file_that_is_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SessionFactory(day=date(2025, 10, 6))
    file = tmp_path / "sessions.csv"
    file.write_text("yesterday’s", encoding="utf-8")

    def broken(period: Period) -> object:
        yield "\ufeffvisit"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("schools.management.commands.export_sessions.session_lines", broken)
        with pytest.raises(CommandError, match="No space left on device"):
            call_command("export_sessions", "--period", "2025/26", "-o", file)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["yesterday’s"]

    call_command("export_sessions", "--period", "2025/26", "-o", file)
    assert file.read_bytes() == exported(Period.parse("2025/26")).encode()
    said = StringIO()
    call_command("export_sessions", "--period", "2025/26", stdout=said)
    assert said.getvalue() == exported(Period.parse("2025/26"))


def test_another_way_to_write_a_period_is_said_in_one_line() -> None:
    with pytest.raises(CommandError) as stopped:
        call_command("export_sessions", "--period", "last year")

    assert stopped.value.returncode == 2
    assert str(stopped.value).startswith("“last year” is not a period. Write 2025/26,")


@pytest.mark.parametrize("sessions", [1, 30])
def test_three_queries_whatever_the_number_of_sessions(sessions: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(sessions):
        HeadcountFactory(session=CoverFactory().session)

    with django_assert_num_queries(3):
        assert len(rows(exported())) == sessions


@pytest.mark.django_db(transaction=True)
def test_what_is_read_is_of_one_moment_while_others_write() -> None:
    VisitFactory(reference="A1")
    waited = []

    def write() -> None:
        VisitFactory(reference="A2")
        waited.append(Visit.objects.count())
        connection.close()

    with snapshot():
        assert Visit.objects.count() == 1
        other = threading.Thread(target=write)
        other.start()
        other.join(30)
        assert waited == [2]
        assert Visit.objects.count() == 1
    assert Visit.objects.count() == 2


printable = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@':;,\"\r\n"), max_size=12)
references = printable.map(str.strip).filter(lambda text: text and text.lower() != "nan")
numbers = st.none() | st.integers(0, 1000)
counts = st.dictionaries(st.integers(0, 6), st.tuples(numbers, numbers), max_size=4)
stages = st.sampled_from(["scheduled", "delivered", "cancelled"])
facts = st.fixed_dictionaries(
    {
        "visit": st.integers(0, 2),
        "type": st.sampled_from(["ks1-assembly", "ks2-assembly", "online-ks2", "send", "parents"]),
        "day": st.dates(date(2025, 7, 25), date(2025, 8, 5)) | st.just(date(2026, 3, 9)),
        "starts": st.sampled_from([time(0, 0), time(9, 15), time(9, 16), time(21, 0)]),
        "minutes": st.integers(1, 179),
        "language": st.sampled_from(["en", "cy", "bfi"]),
        "stage": stages,
        "because": st.tuples(
            st.sampled_from(["school", "weather", "not_held", "other"]),
            printable | st.sampled_from(["nan", "weather", "other: x", "school:"]),
        ),
        "adults": numbers,
        "are": st.sampled_from(["new", "again"]),
        "basis": st.sampled_from(["counted", "spread", "school"]),
        "schools": st.dictionaries(st.integers(0, 2), counts, max_size=3),
        "covers": st.dictionaries(
            st.integers(0, 2),
            st.tuples(
                st.sampled_from(["lead", "presenter", "trainee", "observer"]),
                st.sampled_from(["declined", "withdrawn", "attended", "absent"]),
            ),
        ),
    }
)


def _store(facts: dict, visits: Sequence[Visit], schools: Sequence[School], volunteers: Sequence[Volunteer]) -> None:
    """One session as the office could have left it; a second one of the same key is left out."""
    key = {
        "visit": visits[facts["visit"]],
        "type": SessionType.objects.get(slug=facts["type"]),
        "day": facts["day"],
        "starts": facts["starts"],
    }
    if Session.objects.filter(**key).exists():
        return
    stage, (code, note) = facts["stage"], facts["because"]
    ends = timedelta(hours=facts["starts"].hour, minutes=facts["starts"].minute + facts["minutes"])
    session = Session.objects.create(
        **key,
        ends=time(ends.seconds // 3600, ends.seconds // 60 % 60),
        language=facts["language"],
        stage=stage,
        went_ahead="partly" if stage == "delivered" else "",
        cancelled_code=code if stage == "cancelled" else "",
        cancelled_note=note if stage == "cancelled" else "",
        adults=facts["adults"],
        pupils_are=facts["are"],
        count_basis=facts["basis"],
    )
    for school, groups in facts["schools"].items():
        for group, (expected, pupils) in groups.items():
            counted = None if stage == "scheduled" else pupils
            Headcount.objects.create(session=session, school=schools[school], year_group=group, expected=expected, pupils=counted)
    leads = 0
    for person, (role, state) in facts["covers"].items():
        leads += role == "lead"
        one_lead = "presenter" if role == "lead" and leads > 1 else role
        Cover.objects.create(session=session, volunteer=volunteers[person], role=one_lead, state=state)


@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(references, min_size=3, max_size=3, unique=True), sessions=st.lists(facts, max_size=6))
def test_whatever_is_stored_comes_back_unchanged(tmp_path: Path, names: list[str], sessions: list[dict]) -> None:
    Cover.objects.all().delete()
    Visit.objects.all().delete()
    schools = [School.objects.get_or_create(nation="wales", register_id=f"{n}", defaults={"name": f"{n}"})[0] for n in range(3)]
    volunteers = [
        Volunteer.objects.get_or_create(reference=reference, defaults={"name": reference})[0] for reference in ("W1", "w-2", "=3")
    ]
    visits = [Visit.objects.create(reference=name, school=school) for name, school in zip(names, schools, strict=True)]
    for session in sessions:
        _store(session, visits, schools, volunteers)

    comes_back_unchanged(tmp_path)
