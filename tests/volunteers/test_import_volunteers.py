"""`import_volunteers`: who comes in, who is refused and why, what is logged, and that nobody is mailed."""

from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from schools.accounts.models import Role
from schools.directory.actions import Importer
from schools.messages.models import OutboxMessage
from schools.models import Area, Clearance, ClearanceLook, SignOff, User, Volunteer, VolunteerStep
from schools.volunteers.actions import VOLUNTEERS, files, import_volunteers, preview_volunteers
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written
from tests.processes import together
from tests.volunteers.importing import imported_by_name
from tests.volunteers.volunteer_files import counted, file_of, imported, state_of

pytestmark = pytest.mark.django_db

ANN = {
    "reference": "V0042", "name": "Ann Ash", "email": "Ann@Example.org", "phone": "020 7946 0000", "postcode": "la94qa",
    "areas": "Cumbria", "status": "active", "joined": "2024-09-01", "scheme": "dbs", "level": "enhanced",
    "clearance_reference": "001234567890", "issued": "2024-08-01", "decision": "clear", "decided_on": "2024-08-02",
    "recheck_on": "2027-08-01", "signed_off": "ks1-assembly;ks2-assembly=2025-01-02", "availability": "mon-morning;thu-afternoon",
    "away": "2026-12-01..2026-12-04", "furthest_km": "30", "languages": "en;cy",
}  # fmt: skip


@pytest.fixture
def cumbria() -> Area:
    made: Area = factories.AreaFactory(name="Cumbria")
    return made


def told(folder: Path, *rows: dict[str, str], now: datetime, by: User | None = None) -> list[tuple[int, str]]:
    """The lines that are refused, with their reasons."""
    return [(problem.line, problem.reason) for problem in imported(folder, *rows, now=now, by=by).refused]


def test_a_row_brings_a_volunteer_with_all_that_belongs_to_them(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    assert counted(imported(tmp_path, ANN, now=now)) == (1, 0, 0, 0, [])
    ann = Volunteer.objects.get(reference="V0042")
    assert state_of(ann) == {
        "name": "Ann Ash",
        "email": "ann@example.org",
        "phone": "+442079460000",
        "postcode": "LA9 4QA",
        "status": "active",
        "joined": date(2024, 9, 1),
        "left": None,
        "furthest_km": 30,
        "languages": {"en", "cy"},
        "areas": {"Cumbria"},
        "clearances": {
            ("dbs", date(2024, 8, 1)): ("enhanced", "001234567890", "clear", date(2024, 8, 2), date(2027, 8, 1)),
        },
        "signed_off": {"ks1-assembly": date(2024, 9, 1), "ks2-assembly": date(2025, 1, 2)},
        "availability": {(0, "morning"), (3, "afternoon")},
        "away": {(date(2026, 12, 1), date(2026, 12, 4))},
        "steps": {("active", date(2024, 9, 1))},
    }
    assert Clearance.history.filter(volunteer=ann.pk).count() == 1


def test_blank_never_erases_and_what_is_new_is_added(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    factories.AreaFactory(name="Fylde")
    imported(tmp_path, ANN, now=now)
    before = state_of(Volunteer.objects.get())
    assert counted(imported(tmp_path, {"reference": "v0042"}, now=now)) == (0, 0, 1, 0, [])
    assert state_of(Volunteer.objects.get()) == before
    more = {"email": "ann@example.org", "areas": "north west/fylde", "availability": "fri-morning", "languages": "bfi"}
    assert counted(imported(tmp_path, more, now=now)) == (0, 1, 0, 0, [])
    assert state_of(Volunteer.objects.get()) == before | {
        "areas": {"Cumbria", "Fylde"},
        "availability": before["availability"] | {(4, "morning")},
        "languages": {"en", "cy", "bfi"},
    }


def test_somebody_without_a_reference_gets_one_and_is_known_by_address_the_next_time(tmp_path: Path, now: datetime) -> None:
    row = {"name": "Bea Birch", "email": "bea@example.org"}
    imported(tmp_path, row, now=now)
    bea = Volunteer.objects.get()
    assert (bea.reference[0], len(bea.reference), bea.status) == ("P", 7, "enquirer")
    assert counted(imported(tmp_path, row | {"name": "Bea Beech"}, now=now)) == (0, 1, 0, 0, [])
    bea.refresh_from_db()
    assert bea.name == "Bea Beech"


def test_who_signs_in_is_known_by_that_address_and_keeps_it(tmp_path: Path, now: datetime) -> None:
    ann = factories.VolunteerFactory(reference="V1", user=factories.UserFactory(email="ann@example.org"))
    assert counted(imported(tmp_path, {"email": "ANN@example.org", "name": "Ann"}, now=now)) == (0, 1, 0, 0, [])
    report = imported(tmp_path, {"reference": "V1", "email": "other@example.org", "furthest_km": "12"}, now=now)
    assert [problem.reason for problem in report.left_out] == [files.comparing.SIGNS_IN]
    ann.refresh_from_db()
    assert (ann.email, ann.mail_address, ann.furthest_km) == ("", "ann@example.org", 12)


def test_rows_that_cannot_be_used_are_told_by_line_and_the_others_are_stored(cumbria: Area, tmp_path: Path) -> None:
    wrong = {
        "areas": "Atlantis", "status": "keen", "joined": "2031-01-01", "scheme": "crb", "issued": "31/02/2025",
        "decision": "maybe", "decided_on": "soon", "recheck_on": "2020-01-01", "signed_off": "juggling",
        "availability": "mon", "away": "2026-12-04",
        "furthest_km": "far", "languages": "klingon", "email": "ann at home", "reference": "V:1",
    }  # fmt: skip
    rows = [ANN, *(ANN | {"reference": f"V{n}", "email": "", column: cell} for n, (column, cell) in enumerate(wrong.items()))]
    rows += [{"name": "No Handle"}, {"reference": "V99"}]
    result = run("import_volunteers", file_of(tmp_path, *rows))
    assert numbers(result) == (1, 0, 0, 0, 0, len(wrong) + 2)
    assert [line for line, _, _ in reasons(result)] == list(range(3, 5 + len(wrong)))
    for (column, _), (_, _, reason) in zip(wrong.items(), reasons(result), strict=False):
        assert {"areas": "area", "signed_off": "session type"}.get(column, column) in reason
    assert "neither a reference nor an e-mail address" in result["refused"][-2]["reason"]
    assert "name is blank" in result["refused"][-1]["reason"]
    assert Volunteer.objects.get().reference == "V0042"


def test_a_number_or_postcode_that_is_none_is_left_out_and_told(tmp_path: Path) -> None:
    result = run("import_volunteers", file_of(tmp_path, ANN | {"areas": "", "phone": "ask her son", "postcode": "Kendal"}))
    assert numbers(result) == (1, 0, 0, 0, 0, 0)
    assert ["phone is" in reason or "postcode is" in reason for _, _, reason in reasons(result, of="left_out")] == [True, True]
    assert (str(Volunteer.objects.get().phone), Volunteer.objects.get().home_postcode) == ("", "")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"reference": "V1", "name": "A"}, {"reference": "V1", "name": "B"}], "contradicts line"),
        ([{"reference": "V1", "name": "A", "email": "a@b.org"}, {"reference": "V2", "name": "B", "email": "a@b.org"}], "two"),
        ([ANN | {"areas": "", "recheck_on": ""}], "needs issued, decided_on and recheck_on"),
        ([ANN | {"areas": "", "joined": ""}], "gives no day for ks1-assembly"),
        ([{"name": "A", "email": "taken@example.org", "reference": "V2"}], "belongs to another volunteer"),
        ([{"name": "A", "email": "both@example.org"}], "More than one volunteer has this e-mail address"),
        ([{"reference": "KNOWN", "status": "left"}], "ending their membership"),
        ([{"reference": "KNOWN", "status": "active"}], "no clear decision"),
        ([{"reference": "KNOWN", "status": "paused"}], "Only active people pause"),
    ],
)
def test_what_cannot_be_so_is_refused_in_every_row_of_the_person(
    rows: list[dict[str, str]], reason: str, tmp_path: Path, now: datetime
) -> None:
    factories.VolunteerFactory(reference="KNOWN", email="taken@example.org", status="enquirer")
    factories.VolunteerFactory(email="both@example.org")
    factories.VolunteerFactory(user=factories.UserFactory(email="both@example.org"))
    before = Volunteer.objects.count()
    refused = told(tmp_path, *rows, now=now)
    assert [line for line, _ in refused] == list(range(2, 2 + len(rows)))
    assert all(reason.replace("two", "another person in the file") in words for _, words in refused), refused
    assert Volunteer.objects.count() == before


@pytest.mark.parametrize("row", [ANN, {"email": "ann@example.org", "phone": "020 7946 0000"}])
def test_nothing_of_somebody_who_was_erased_comes_back_by_a_file(
    row: dict[str, str], cumbria: Area, tmp_path: Path, now: datetime
) -> None:
    # Whoever works in the office as well keeps their sign-in when the volunteer is erased.
    user = factories.UserFactory(email="ann@example.org")
    erased = factories.VolunteerFactory(reference="V0042", name="Former volunteer V0042", status="left", user=user)
    before = state_of(erased)
    path = file_of(tmp_path, row, {"reference": "V2", "name": "Bo"})
    for result in (preview_volunteers(path, Importer(None, now)).as_json(), run("import_volunteers", path)):
        assert [(line, reason) for line, _, reason in reasons(result)] == [(2, files.comparing.WAS_ERASED)]
    erased.refresh_from_db()
    assert state_of(erased) == before
    assert Volunteer.objects.filter(reference="V2").exists()


@pytest.mark.parametrize(
    ("stored", "decided_on", "decision", "day", "reason"),
    [
        ("not_clear", date(2026, 3, 1), "clear", "2026-04-01", "a file never changes that"),
        ("not_clear", date(2026, 3, 1), "clear", "2024-08-02", "a file never changes that"),
        ("not_clear", date(2026, 3, 1), "pending", "2026-04-01", "a file never changes that"),
        ("not_clear", date(2026, 3, 1), "not_clear", "2026-02-28", "as of 2026-03-01, after decided_on"),
        ("not_clear", date(2026, 3, 1), "not_clear", "2026-04-01", ""),
        ("clear", date(2025, 1, 1), "not_clear", "", "decided_on is blank"),
        ("clear", date(2025, 1, 1), "not_clear", "2024-12-31", "as of 2025-01-01, after decided_on"),
        ("clear", date(2025, 1, 1), "not_clear", "2025-01-01", ""),
        ("clear", date(2025, 1, 1), "clear", "2024-08-02", "as of 2025-01-01, after decided_on"),
        ("clear", date(2025, 1, 1), "clear", "2025-01-02", ""),
        ("clear", date(2025, 1, 1), "", "", ""),
        ("pending", None, "clear", "2024-08-02", ""),
        ("pending", date(2025, 1, 1), "clear", "2024-12-31", "as of 2025-01-01, after decided_on"),
        ("pending", date(2025, 1, 1), "clear", "", "decided_on is blank"),
    ],
)
def test_an_older_file_puts_back_no_decision_and_none_makes_somebody_clear_who_is_not(
    stored: str, decided_on: date | None, decision: str, day: str, reason: str, cumbria: Area, tmp_path: Path, now: datetime
) -> None:
    imported(tmp_path, ANN, now=now)
    Clearance.objects.update(decision=stored, decided_on=decided_on)
    before = state_of(Volunteer.objects.get())
    refused = told(tmp_path, ANN | {"decision": decision, "decided_on": day, "furthest_km": "12"}, now=now)
    after = state_of(Volunteer.objects.get())
    if reason:
        assert [line for line, _ in refused] == [2]
        assert reason in refused[0][1]
        assert refused[0][1].startswith("The DBS decision")  # so that reading it is a look at the clearance (rule 13)
        assert after == before
    else:
        assert (refused, Clearance.objects.get().decision, after["furthest_km"]) == ([], decision or stored, 12)


def test_nobody_becomes_active_by_a_file_whose_sign_offs_have_all_ended(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    paused = factories.able_volunteer(reference="V1", status="paused")
    paused.sign_offs.exclude(session_type__slug="ks1-assembly").delete()
    paused.sign_offs.update(recheck_on=now.date())
    row = {"reference": "V1", "status": "active", "signed_off": "ks1-assembly"}
    assert [reason for _, reason in told(tmp_path, row, now=now)] == [
        "They have no sign-off that holds today. Record it first, or give it in the file."
    ]
    assert told(tmp_path, row | {"signed_off": "ks2-assembly=2026-11-20"}, now=now) == []
    paused.refresh_from_db()
    assert paused.status == "active"


def test_who_comes_back_may_sign_in_again_and_a_step_is_written(
    cumbria: Area, tmp_path: Path, now: datetime, today: date
) -> None:
    user = factories.user_with(Role.VOLUNTEER, is_active=False)
    gone = factories.able_volunteer(reference="V1", status="left", left=date(2026, 1, 1), user=user)
    assert told(tmp_path, {"reference": "V1", "status": "active"}, now=now) == []
    gone.refresh_from_db()
    user.refresh_from_db()
    assert (gone.status, gone.left, user.is_active) == ("active", None, True)
    assert VolunteerStep.objects.get(volunteer=gone).step == "returned"
    assert VolunteerStep.objects.get(volunteer=gone).day == today


@pytest.mark.parametrize("status", ["paused", "left"])
def test_no_file_lets_in_whom_a_manager_switched_off(cumbria: Area, tmp_path: Path, now: datetime, status: str) -> None:
    user = factories.user_with(Role.VOLUNTEER, is_active=False)
    rests = factories.able_volunteer(reference="V1", status=status, user=user)
    VolunteerStep.objects.create(volunteer=rests, step=status, day=date(2026, 1, 1), could_sign_in=False)
    assert told(tmp_path, {"reference": "V1", "status": "active"}, now=now) == []
    rests.refresh_from_db()
    user.refresh_from_db()
    assert (rests.status, user.is_active) == ("active", False)


def test_a_coordinator_brings_people_of_their_own_areas_alone(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    fylde = factories.AreaFactory(name="Fylde")
    theirs = factories.VolunteerFactory(reference="THEIRS", email="theirs@example.org")
    theirs.areas.add(fylde)
    by = factories.coordinator_of(cumbria)
    rows = [
        {"reference": "V1", "name": "Mine", "areas": "Cumbria"},
        {"reference": "V2", "name": "Hers", "areas": "Fylde"},
        {"reference": "V3", "name": "Both", "areas": "Cumbria;Fylde"},
        {"reference": "V4", "name": "Nowhere"},
        {"reference": "THEIRS", "name": "Stolen", "areas": "Cumbria"},
        {"email": "theirs@example.org", "name": "Stolen", "areas": "Cumbria"},
    ]
    refused = told(tmp_path, *rows, now=now, by=by)
    assert [line for line, _ in refused] == [3, 4, 5, 6, 7]
    assert "Fylde" not in [
        area.name for volunteer in Volunteer.objects.for_user(by, on=now.date()) for area in volunteer.areas.all()
    ]
    theirs.refresh_from_db()
    assert theirs.name != "Stolen"
    assert Volunteer.objects.get(reference="V1").areas.get() == cumbria


def test_the_import_of_clearances_is_a_look_that_is_logged_each_time(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    by = factories.manager()
    for _ in range(2):
        imported(tmp_path, ANN, {"reference": "V2", "name": "Bo"}, now=now, by=by)
    ann = Volunteer.objects.get(reference="V0042")
    assert list(ClearanceLook.objects.values_list("volunteer_number", "by", "page")) == [(ann.pk, by.pk, "import")] * 2
    run("import_volunteers", file_of(tmp_path, ANN))
    assert ClearanceLook.objects.filter(by=None).count() == 1
    assert str(ClearanceLook.objects.get(by=None)).startswith("The command looked at")
    assert set(Clearance.objects.values_list("decided_by", flat=True)) == {by.pk}
    assert set(SignOff.objects.values_list("by", flat=True)) == {by.pk}


def test_a_dry_run_tells_the_same_and_changes_and_mails_nothing(cumbria: Area, tmp_path: Path, now: datetime) -> None:
    path = file_of(tmp_path, ANN, {"reference": "V2", "areas": "Cumbria"})
    expected = preview_volunteers(path, Importer(None, now))
    assert run("import_volunteers", path, "--dry-run") == expected.as_json()
    assert (Volunteer.objects.count(), ClearanceLook.objects.count()) == (0, 0)
    assert run("import_volunteers", path) == expected.as_json()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_with_accents_come_in_from_any_spreadsheet(encoding: str, tmp_path: Path, now: datetime) -> None:
    path = written(tmp_path, "Full Name,E-Mail Address,Ref", "Zoë Ó Briain,zoe@example.org,12.0", encoding=encoding)
    import_volunteers(path, Importer(None, now))
    assert Volunteer.objects.values_list("name", "reference").get() == ("Zoë Ó Briain", "12")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name\n",
        b'name,email\nAnn,"ann@exa',
        b"\xff\xfen\x00a\x00m\x00e\x00",
        b"PK\x03\x04",
        b"a,b\n1,2\n",
        b"name\x00,email\n",
    ],
)
def test_a_file_that_is_no_such_table_changes_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        call_command("import_volunteers", str(path), stdout=StringIO())
    assert (caught.value.returncode, "\n" in str(caught.value), Volunteer.objects.count()) == (2, False, 0)


def test_an_import_that_is_killed_half_way_has_changed_nothing(
    cumbria: Area, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.writing, "_log_looks", killed)
    with pytest.raises(KeyboardInterrupt):
        imported(tmp_path, ANN, now=now)
    tables = (Volunteer, Clearance, SignOff, VolunteerStep, Clearance.history.model)
    assert [table.objects.count() for table in tables] == [0] * len(tables)


@pytest.mark.parametrize("people", [1, 30])
def test_the_number_of_statements_does_not_grow_with_the_people(
    people: int, cumbria: Area, tmp_path: Path, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [ANN | {"reference": f"V{number}", "email": f"{number}@example.org"} for number in range(people)]
    path, importer = file_of(tmp_path, *rows), Importer(None, now)
    VOLUNTEERS.lock()  # so that its content type is known already
    with django_assert_num_queries(30):
        import_volunteers(path, importer)
    with django_assert_num_queries(17):
        import_volunteers(path, importer)


@pytest.mark.django_db(transaction=True)
def test_of_several_imports_of_one_file_at_the_same_moment_one_brings_the_people(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"name": "Ann Ash", "email": "ann@example.org"}, {"reference": "V2", "name": "Bo"})
    assert sorted(together(imported_by_name, [(str(path),)] * 3)) == [(0, 2), (0, 2), (2, 0)]
    assert Volunteer.objects.count() == 2
