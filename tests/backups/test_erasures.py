"""Whoever was erased since a backup is erased again after its restoring, from a list that holds references alone."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from schools import models
from schools.backups import actions
from schools.backups.actions import _complete_erasures, end_ways_back, erase_again, note_restore
from schools.backups.models import BackupKind, is_overdue
from schools.core.erasures import keep_erasures, kept_erasures
from schools.erasing.actions import erase
from schools.visits.actions import end_membership
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
MADE_AT = NOW - timedelta(days=3)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "erasures.csv"


def test_an_erasure_is_listed_by_its_reference_once_it_is_committed(
    settings: Settings, listed: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.SPEAKOUT_ERASURES = listed
    by, volunteer = factories.manager(), factories.VolunteerFactory(reference="P7", name="Ann Ash")
    end_membership(volunteer, day=DAY, by=by, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        erase(volunteer, by=by, now=NOW)
        assert not listed.exists()
    at = "2026-11-24T09:00:00+00:00"
    assert listed.read_text().splitlines() == [f"{at},P7", f"{at},volunteer:{volunteer.pk}"]
    assert listed.stat().st_mode & 0o077 == 0


def test_who_still_worked_in_the_office_in_the_picture_keeps_no_sign_in(
    settings: Settings, listed: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.SPEAKOUT_ERASURES, by = listed, factories.manager()
    user = factories.coordinator_of(name="Cordelia Marsh", email="marsh@example.org")
    volunteer = factories.VolunteerFactory(reference="P7", name="Cordelia Marsh", user=user)
    picture = list(user.groups.all())
    user.groups.clear()
    end_membership(volunteer, day=DAY, by=by, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        erase(models.Volunteer.objects.get(pk=volunteer.pk), by=by, now=NOW)
    assert f"staff:{user.pk}" in listed.read_text()
    # As it stood in the picture.
    models.User.objects.filter(pk=user.pk).update(name="Cordelia Marsh", email="marsh@example.org", is_active=True)
    user.groups.set(picture)
    models.Volunteer.objects.filter(pk=volunteer.pk).update(name="Cordelia Marsh", status="active", left=None, user=user)
    models.Erasure.objects.all().delete()
    models.VolunteerStep.objects.all().delete()
    again, problems = erase_again(listed, since=MADE_AT, now=NOW)
    assert (again, problems) == ([f"volunteer:{volunteer.pk}"], [])
    user.refresh_from_db()
    assert (user.name, user.is_active) == ("Former volunteer P7", False)
    assert "marsh" not in user.email


def test_who_is_listed_since_the_backup_is_erased_again_and_nobody_else(listed: Path) -> None:
    factories.manager()
    active, left, other, older = (
        factories.VolunteerFactory(reference=reference, name=f"Person {reference}") for reference in ("P1", "P2", "P3", "P4")
    )
    end_membership(left, day=DAY, by=factories.manager(), now=NOW)
    keep_erasures(listed, ["P4"], at=MADE_AT - timedelta(hours=1))
    keep_erasures(listed, ["P2", "P1", "P9"], at=NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == (["P1", "P2"], [])
    for volunteer in (active, left, other, older):
        volunteer.refresh_from_db()
    assert (active.name, left.name) == ("Former volunteer P1", "Former volunteer P2")
    assert (other.name, older.name) == ("Person P3", "Person P4")
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([], [])


def test_somebody_at_a_school_and_a_colleague_are_erased_again_too(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    factories.manager()
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="head@example.org")
    user = factories.coordinator_of(name="Cordelia Marsh")
    keep_erasures(listed, [f"contact:{contact.pk}", f"staff:{user.pk}", "contact:999999", "staff:999999"], at=NOW)
    call_command("erase_again", since="2026-11-21T09:00:00", erasures=listed)
    assert capsys.readouterr().out.startswith("2 erased again.\n")
    assert not models.Contact.objects.exists()
    assert models.User.objects.get(pk=user.pk).name == f"Former colleague {user.pk}"
    call_command("erase_again", since="2026-11-21T09:00:00", erasures=listed)
    assert capsys.readouterr().out.startswith("0 erased again.\n")
    for since, path, words in (("yesterday", listed, "is no moment"), ("2026-11-21", listed / "none", "no list of erasures")):
        with pytest.raises(CommandError, match=words):
            call_command("erase_again", since=since, erasures=path)


def test_who_asked_for_a_visit_and_a_trustee_are_erased_again_too(listed: Path) -> None:
    by = factories.manager()
    request = models.VisitRequest.objects.create(
        school=factories.SchoolFactory(), name="Philippa Quill", role="head", email="p@oak.org", asked_at=NOW, confirmed_at=NOW,
        state="waits",
    )  # fmt: skip
    trustee = models.Trustee.objects.create(name="Trudi Trustee", email="trudi@example.org", named_by=by, named_at=NOW)
    references = [f"requester:{request.pk}", f"trustee:{trustee.pk}", "requester:999999", "trustee:999999"]
    keep_erasures(listed, references, at=NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == (references[:2], [])
    request.refresh_from_db()
    trustee.refresh_from_db()
    assert (request.name, request.email) == ("a former contact", "")
    assert (trustee.name, trustee.email, trustee.ended_at) == ("", "", NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([], [])


def test_a_requester_with_a_name_that_many_have_takes_it_out_of_no_note_of_others(listed: Path) -> None:
    factories.manager()
    facts = {"role": "head", "asked_at": NOW, "confirmed_at": NOW, "state": "waits"}
    request = models.VisitRequest.objects.create(
        school=factories.SchoolFactory(), name="School Office", email="office@oak.example.org", **facts
    )
    theirs = factories.SessionFactory(outcome_note="The school office of another school rang.")
    hers = factories.SessionFactory(outcome_note="Wrote to office@oak.example.org.")
    keep_erasures(listed, [f"requester:{request.pk}"], at=NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([f"requester:{request.pk}"], [])
    theirs.refresh_from_db()
    hers.refresh_from_db()
    assert theirs.outcome_note == "The school office of another school rang."
    assert "office@oak" not in hers.outcome_note


def test_of_a_volunteer_the_number_counts_where_the_picture_has_another_reference(listed: Path) -> None:
    factories.manager()
    ann = factories.VolunteerFactory(reference="OLD", name="Ann Ash")
    other = factories.VolunteerFactory(reference="P7", name="Bob Birch")
    keep_erasures(listed, ["P7", f"volunteer:{ann.pk}", "volunteer:999999"], at=NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([f"volunteer:{ann.pk}"], [])
    for volunteer in (ann, other):
        volunteer.refresh_from_db()
    assert (ann.name, other.name) == ("Former volunteer OLD", "Bob Birch")
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([], [])


def test_who_was_let_in_again_only_almost_asks_anew_after_a_restore() -> None:
    waiting = models.Recovery.objects.create(
        user=factories.coordinator_of(name="Cordelia Marsh"), lost="second-factor", why="phone-lost", first_check="call",
        second_check="in_person", asked_by=factories.manager(), asked_at=MADE_AT,
    )  # fmt: skip
    assert "1 request to be let in again" in end_ways_back(now=NOW)
    waiting.refresh_from_db()
    assert waiting.ended_at == NOW
    assert end_ways_back(now=NOW) == ""


def test_the_next_backup_lists_who_is_in_the_register_and_not_on_the_list(listed: Path) -> None:
    models.Erasure.objects.create(kind="contact", reference="contact:7", at=MADE_AT)
    for _ in range(2):
        _complete_erasures(listed, now=NOW)
    assert [(erasure.reference, erasure.at) for erasure in kept_erasures(listed)] == [("contact:7", MADE_AT)]


def test_without_a_manager_it_says_who_is_left(listed: Path) -> None:
    factories.VolunteerFactory(reference="P1")
    keep_erasures(listed, ["P1"], at=NOW)
    again, problems = erase_again(listed, since=MADE_AT, now=NOW)
    assert again == []
    assert problems == ["P1 could not be erased again: there is no manager in whose name. Make one."]


def test_a_list_that_cannot_be_written_stops_no_erasure_and_the_next_backup_completes_it(
    tmp_path: Path, listed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keep_erasures(tmp_path / "file" / "erasures.csv", ["P1"], at=NOW)
    assert "The list of erasures cannot be written" in caplog.text
    factories.VolunteerFactory(reference="P1", name="Former volunteer P1")
    factories.VolunteerFactory(reference="P2")
    for _ in range(2):
        _complete_erasures(listed, now=NOW)
    assert [erasure.reference for erasure in kept_erasures(listed)] == ["P1"]


def test_a_line_that_was_cut_off_is_left_out(listed: Path) -> None:
    keep_erasures(listed, ["P1", 'O\'Neil, "x"'], at=NOW)
    with listed.open("a") as file:
        file.write("2026-11-24T09:0")
    assert [erasure.reference for erasure in kept_erasures(listed)] == ['O\'Neil, "x"', "P1"]
    assert kept_erasures(None) == kept_erasures(listed.with_name("nowhere")) == []


@pytest.mark.parametrize("end", range(1, 14))
def test_wherever_a_line_is_cut_off_it_names_nobody_else(listed: Path, end: int) -> None:
    """“contact:1” is the beginning of contact:123, also once more was added after it."""
    keep_erasures(listed, ["P1", "contact:123"], at=NOW)
    listed.write_bytes(listed.read_bytes()[:-end])
    assert [erasure.reference for erasure in kept_erasures(listed)] == ["P1"]
    keep_erasures(listed, ["P2", "contact:7"], at=NOW)
    assert [erasure.reference for erasure in kept_erasures(listed)] == ["P1", "P2", "contact:7"]


def test_a_reference_that_is_none_counts_nowhere(listed: Path) -> None:
    listed.parent.mkdir()
    wrong = ("contact:", "contact:x", "nobody:1", "", 'P"3', '"P4')
    lines = [*(f"{NOW.isoformat()},{reference}" for reference in wrong), "2026-11-24T09:00:00,P5", f"{NOW.isoformat()},P6"]
    listed.write_text("".join(f"{line}\n" for line in lines))
    assert [erasure.reference for erasure in kept_erasures(listed)] == ['P"3', "P6"]


def test_a_list_that_was_written_in_part_says_so(
    listed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, lines: write(file, lines[:-4]))
    keep_erasures(listed, ["P1"], at=NOW)
    assert "The list of erasures was cut off" in caplog.text


def test_one_with_whom_it_breaks_keeps_nobody_else(
    listed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    factories.manager()
    people = [factories.VolunteerFactory(reference=reference, name=f"Ann {reference}") for reference in ("P1", "P2")]

    def breaking(row: models.Volunteer, **kwargs: Any) -> models.Erasure:
        if row.pk == people[0].pk:
            raise IntegrityError(f"Failing row contains ({row.name})")
        return erase(row, **kwargs)

    monkeypatch.setattr(actions, "erase", breaking)
    keep_erasures(listed, ["P1", "P2", f"contact:{10**30}"], at=NOW)
    again, problems = erase_again(listed, since=MADE_AT, now=NOW)
    assert again == ["P2"]
    assert problems[0] == "P1 could not be erased again: it broke (IntegrityError). The log says where. Erase them in the office."
    assert "Ann P1" not in caplog.text
    assert "P1 could not be erased again (IntegrityError)" in caplog.text


def test_who_was_being_erased_while_the_picture_was_taken_is_erased_again(listed: Path) -> None:
    """The line has the moment at which the erasure began; the picture had nothing of it yet."""
    factories.manager()
    factories.VolunteerFactory(reference="P1", name="Ann Ash")
    keep_erasures(listed, ["P1"], at=MADE_AT - timedelta(minutes=20))
    assert erase_again(listed, since=MADE_AT, now=NOW) == (["P1"], [])


def test_a_restored_database_tells_from_when_it_is(listed: Path) -> None:
    models.BackupRun.objects.create(kind="backup", started_at=MADE_AT)
    assert note_restore(Path("speakout-20261121T090000Z.pgdump.age"), now=NOW) == MADE_AT
    assert not models.BackupRun.objects.filter(finished_at=None).exists()
    assert models.BackupRun.objects.filter(kind="restore").get().finished_at == NOW


@pytest.mark.parametrize("own", [True, False])
def test_a_backup_that_was_killed_while_the_machines_time_was_ahead_hides_no_erasure(own: bool) -> None:
    """It stays without an end in every picture after it."""
    name = Path("speakout-20261121T090000Z.pgdump.age")
    models.BackupRun.objects.create(kind="backup", started_at=NOW + timedelta(days=400))
    if own:
        models.BackupRun.objects.create(kind="backup", started_at=MADE_AT + timedelta(seconds=0.4))
    assert note_restore(name, now=NOW) == MADE_AT


def test_where_the_time_was_ahead_in_the_picture_itself_the_run_before_it_tells_from_when_it_is() -> None:
    models.BackupRun.objects.create(kind="backup", started_at=MADE_AT, finished_at=MADE_AT)
    models.BackupRun.objects.create(kind="backup", started_at=NOW + timedelta(days=400))
    assert note_restore(Path("speakout-20271229T090000Z.pgdump.age"), now=NOW) == MADE_AT


def test_a_backup_that_was_killed_long_ago_makes_no_picture_older() -> None:
    """References of volunteers may have been given to somebody else since."""
    models.BackupRun.objects.create(kind="backup", started_at=MADE_AT - timedelta(days=400))
    models.BackupRun.objects.create(kind="backup", started_at=MADE_AT)
    assert note_restore(Path("speakout-20261121T090000Z.pgdump.age"), now=NOW) == MADE_AT


def test_a_backup_is_overdue_without_a_good_one_for_a_day_and_two_hours() -> None:
    assert is_overdue(BackupKind.BACKUP, now=NOW)
    models.BackupRun.objects.create(kind="backup", started_at=NOW, finished_at=NOW, problem="The disk is full.")
    models.BackupRun.objects.create(kind="backup", started_at=NOW)
    models.BackupRun.objects.create(kind="drill", started_at=NOW, finished_at=NOW)
    ahead = NOW + timedelta(days=400)  # the machine's time was wrong
    models.BackupRun.objects.create(kind="backup", started_at=ahead, finished_at=ahead)
    assert is_overdue(BackupKind.BACKUP, now=NOW)
    models.BackupRun.objects.create(kind="backup", started_at=NOW - timedelta(hours=26), finished_at=NOW)
    assert not is_overdue(BackupKind.BACKUP, now=NOW)
    assert is_overdue(BackupKind.BACKUP, now=NOW + timedelta(minutes=1))


def test_what_an_entry_at_a_school_is_called_instead_of_a_name_stays_in_notes_about_others(listed: Path) -> None:
    factories.manager()
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Reception")
    note = factories.SessionFactory(outcome_note="The reception class sang.")
    keep_erasures(listed, [f"contact:{contact.pk}"], at=NOW)
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([f"contact:{contact.pk}"], [])
    note.refresh_from_db()
    assert note.outcome_note == "The reception class sang."


@pytest.mark.parametrize("state", ["ready", "reading", "applying", "failed"])
def test_an_import_of_people_that_waits_in_the_picture_is_thrown_away_and_keeps_nobody(listed: Path, state: str) -> None:
    factories.manager()
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Quill")
    run = models.ImportRun.objects.create(register="contacts", file_name="c.csv", day=DAY, asked_at=NOW, seen_at=NOW, state=state)
    run.files.create(part="register", name="c.csv", content=b"")
    assert erase_again(listed, since=MADE_AT, now=NOW) == ([], [])
    assert run.files.exists(), "nobody is to be erased"
    keep_erasures(listed, [f"contact:{contact.pk}"], at=NOW)
    again, sentences = erase_again(listed, since=MADE_AT, now=NOW)
    assert again == [f"contact:{contact.pk}"]
    assert sentences == [
        "An import of people at schools waited and was thrown away, since its file may name them. Hand it in again."
    ]
    run.refresh_from_db()
    assert (run.state, run.files.exists()) == ("abandoned", False)
