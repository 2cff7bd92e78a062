"""An import by the page: previewed in the background, applied exactly as previewed, once; what changed meanwhile is left."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from schools.core.errors import RuleBroken
from schools.directory.actions import (
    ImportOptions,
    Upload,
    abandon,
    ask_for_preview,
    ask_to_apply,
    import_register,
    runs,
    start_again,
    work,
)
from schools.models import Authority, Contact, ImportChange, ImportFile, ImportRun, School, SchoolLink, User
from tests.directory.applying import asked_to_apply, at_once, nobody, worked_on
from tests.directory.gias_files import row, written
from tests.factories import manager
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)

type Asserts = Callable[[int], CaptureQueriesContext]
LINKS = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n"


@pytest.fixture
def by() -> User:
    return manager(name="Mo Manager")


def handed_in(path: Path, by: User, now: datetime, *, links: str = "", **wishes: Any) -> ImportRun:
    """A run whose preview is made at once."""
    upload = Upload(path.name, io.BytesIO(path.read_bytes()))
    other = Upload("links.csv", io.BytesIO(links.encode())) if links else None
    run = ask_for_preview(upload, other, ImportOptions("gias", date(2025, 4, 22), **wishes), by=by, now=now, queue=at_once)
    run.refresh_from_db()
    return run


def applied(run: ImportRun, by: User, now: datetime) -> ImportRun:
    ask_to_apply(run, by=by, now=now, queue=at_once)
    run.refresh_from_db()
    return run


def first_register(tmp_path: Path, now: datetime) -> None:
    path = written(tmp_path, row(urn="100001", name="Old Infants"), row(urn="100002", name="Fellside"), row(urn="100003"))
    import_register(path, day=date(2019, 9, 1), now=now)


def second_register(tmp_path: Path) -> Path:
    return written(
        tmp_path,
        row(urn="100001", name="Old Infants", status="Closed", closed="31-03-2024"),
        row(urn="100002", name="Fellside Academy", gss="E06000063", la_name="Cumberland", la_code="942"),
        row(urn="100003"),
        row(urn="100004", name="New Infants", opened="01-04-2024"),
        row(urn="100005", name="Broken", low="99", high="nine"),
        name="second.csv",
    )


SUCCESSION = LINKS + "100004,100001,Old Infants,Predecessor,01-04-2024\n"


def test_the_preview_changes_nothing_and_counts_what_applying_then_does(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    before = list(School.objects.order_by("pk").values())
    run = handed_in(second_register(tmp_path), by, now, links=SUCCESSION)
    assert (run.state, run.rows_expected) == ("ready", 5)
    assert list(School.objects.order_by("pk").values()) == before
    assert Authority.objects.count() == 1
    previewed = run.report
    assert previewed is not None
    assert [previewed[name] for name in ("created", "updated", "closed", "authority_changed", "unchanged")] == [1, 2, 1, 1, 1]
    assert previewed["links"]["created"] == 1
    assert [one["id"] for one in previewed["refused"]] == ["100005"]
    shown = set(run.changes.values_list("kind", "register_id", "closes", "moves", "state"))
    assert shown == {
        ("created", "100004", False, False, "planned"),
        ("updated", "100001", True, False, "planned"),
        ("updated", "100002", False, True, "planned"),
        ("linked", "100004", False, False, "planned"),
    }

    run = applied(run, by, now)
    assert (run.state, run.report, run.applied_by) == ("applied", previewed, by)
    assert set(run.changes.values_list("kind", "state", "school__register_id")) == {
        ("created", "done", "100004"), ("updated", "done", "100001"), ("updated", "done", "100002"), ("linked", "done", "100004"),
    }  # fmt: skip
    renamed = run.changes.get(register_id="100002").fields
    assert renamed["name"] == ["Fellside", "Fellside Academy"]
    assert renamed["authority"] == ["Cumbria", "Cumberland"]
    old, new = School.objects.get(register_id="100001"), School.objects.get(register_id="100004")
    assert old.chain == new.chain == old.pk
    assert not ImportFile.objects.exists()


def test_the_command_keeps_what_it_changed_too(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    import_register(second_register(tmp_path), day=date(2025, 4, 22), now=now)
    again = import_register(second_register(tmp_path), day=date(2025, 4, 22), now=now)
    newest, second, first = ImportRun.objects.order_by("-pk")
    assert [run.state for run in (newest, second, first)] == ["applied"] * 3
    assert (newest.report, newest.changes.count()) == (again.as_json(), 0)
    assert set(second.changes.values_list("kind", "register_id", "state")) == {
        ("created", "100004", "done"), ("updated", "100001", "done"), ("updated", "100002", "done"),
    }  # fmt: skip
    assert first.changes.filter(kind="created", school__isnull=False).count() == 3
    assert handed_in(second_register(tmp_path), by, now).changes.count() == 0


def test_what_somebody_changed_after_the_preview_is_left_and_listed(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    run = handed_in(second_register(tmp_path), by, now, links=SUCCESSION)
    School.objects.filter(register_id="100002").update(name="Fellside, as Cora typed it")
    School.objects.filter(register_id="100003").update(name="Somebody renamed it")
    School.objects.filter(register_id="100001").update(status="closed", closed=date(2024, 3, 31))
    run = applied(run, by, now)
    assert School.objects.get(register_id="100002").name == "Fellside, as Cora typed it"
    assert School.objects.get(register_id="100003").name == "Somebody renamed it"
    left = dict(run.changes.filter(state="left").values_list("register_id", "why"))
    assert left == {"100002": runs.CHANGED, "100003": runs.NOT_SHOWN, "100001": runs.ALREADY}
    assert set(run.changes.filter(state="done").values_list("kind", "register_id")) == {
        ("created", "100004"), ("linked", "100004"),
    }  # fmt: skip
    assert run.report is not None
    assert (run.report["created"], run.report["updated"]) == (1, 0)
    # Another preview of the same file shows what was left.
    assert handed_in(second_register(tmp_path), by, now).changes.filter(kind="updated").count() == 2


def test_a_link_to_a_school_that_is_gone_since_the_preview_is_left(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    School.objects.filter(register_id="100001").update(name="Old Infants")
    path = written(tmp_path, row(urn="100004", name="New Infants", opened="01-04-2024"), name="second.csv")
    run = handed_in(path, by, now, links=SUCCESSION)
    School.objects.get(register_id="100001").delete()
    run = applied(run, by, now)
    assert run.state == "applied"
    assert not SchoolLink.objects.exists()
    assert set(run.changes.values_list("kind", "state")) == {("created", "done"), ("linked", "left")}


def test_a_register_never_touches_what_people_typed(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    school = School.objects.get(register_id="100002")
    Contact.objects.create(school=school, name="Pat Head", email="pat@example.org")
    School.objects.filter(pk=school.pk).update(access_notes="Ring twice", ask_again_on=date(2027, 1, 11))
    run = handed_in(second_register(tmp_path), by, now, complete=True)
    # Notes that change after the preview are no conflict: the register has no word on them.
    School.objects.filter(pk=school.pk).update(access_notes="Ring three times")
    run = applied(run, by, now)
    school.refresh_from_db()
    assert (school.name, school.access_notes, school.ask_again_on) == ("Fellside Academy", "Ring three times", date(2027, 1, 11))
    assert list(school.contacts.values_list("name", "email")) == [("Pat Head", "pat@example.org")]
    assert not run.changes.filter(state="left").exists()


def test_missing_schools_are_shown_before_they_are_marked(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    run = handed_in(written(tmp_path, row(urn="100001", name="Old Infants", gss="E06000001")), by, now, complete=True)
    assert run.changes.filter(kind="missing", state="planned").count() == 2
    assert not School.objects.exclude(missing_since=None).exists()
    applied(run, by, now)
    assert School.objects.filter(missing_since=date(2025, 4, 22), status="open").count() == 2


@pytest.mark.parametrize("content", [b"", b"Name,Age\nAnna,7\n", b"\xff\xfeU\x00R\x00N\x00", b"%PDF-1.7", b"PK\x03\x04"])
def test_a_file_of_no_use_is_told_in_a_sentence_and_not_kept(content: bytes, tmp_path: Path, by: User, now: datetime) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    run = handed_in(path, by, now)
    assert run.state == "failed"
    assert "wrong.csv" in run.problem
    assert run.problem.endswith(".")
    assert "\n" not in run.problem
    assert not ImportFile.objects.exists()
    with pytest.raises(RuleBroken):
        start_again(run, now=now + timedelta(hours=1), queue=at_once, is_seen_to=nobody)
    with pytest.raises(RuleBroken):
        ask_to_apply(run, by=by, now=now, queue=at_once)


def test_a_run_whose_worker_died_can_be_set_going_again(
    tmp_path: Path, by: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runs, "plan_import", died)
        with pytest.raises(KeyboardInterrupt):
            handed_in(second_register(tmp_path), by, now)
    run = ImportRun.objects.get()
    assert run.state == "reading"
    with pytest.raises(RuleBroken):
        start_again(run, now=now + timedelta(seconds=30), queue=at_once, is_seen_to=nobody)
    start_again(run, now=now + timedelta(minutes=2), queue=at_once, is_seen_to=nobody)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.changes.filter(kind="created").count()) == ("ready", 2, 4)
    # The one that was taken for dead comes back: it has nothing to say any more.
    work(run.pk, 1, clock=lambda: now)
    run.refresh_from_db()
    assert (run.state, run.changes.filter(kind="created").count()) == ("ready", 4)


def test_an_import_that_breaks_half_way_changes_nothing_and_can_be_started_again(
    tmp_path: Path, by: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = handed_in(second_register(tmp_path), by, now)

    def broke(*_: Any, **__: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(runs, "point_to_new_schools", broke)
        run = applied(run, by, now)
    assert (run.state, run.problem) == ("failed", runs.BROKEN)
    assert not School.objects.exists()
    start_again(run, now=now, queue=at_once, is_seen_to=nobody)
    run.refresh_from_db()
    assert applied(run, by, now).state == "applied"
    assert School.objects.count() == 4


def test_what_is_thrown_away_leaves_no_file_and_no_change(tmp_path: Path, by: User, now: datetime) -> None:
    run = handed_in(second_register(tmp_path), by, now)
    abandon(run)
    run.refresh_from_db()
    assert run.state == "abandoned"
    for table in (School, ImportFile, ImportChange):
        assert not table.objects.exists()
    with pytest.raises(RuleBroken):
        ask_to_apply(run, by=by, now=now, queue=at_once)
    with pytest.raises(RuleBroken):
        start_again(run, now=now, queue=at_once, is_seen_to=nobody)


def test_two_managers_in_two_tabs_apply_an_import_once(tmp_path: Path, by: User, now: datetime) -> None:
    first_register(tmp_path, now)
    run = handed_in(second_register(tmp_path), by, now)
    other = manager()
    answers = together(asked_to_apply, [(run.pk, by.pk), (run.pk, other.pk), (run.pk, by.pk)])
    assert answers.count("applied") == 1
    run.refresh_from_db()
    assert run.state == "applied"
    assert School.objects.count() == 4
    assert School.history.filter(history_type="~").count() == 2
    with pytest.raises(RuleBroken):
        abandon(run)


def test_two_workers_with_one_task_apply_it_once(tmp_path: Path, by: User, now: datetime) -> None:
    run = handed_in(second_register(tmp_path), by, now)
    ImportRun.objects.filter(pk=run.pk).update(state="applying", applied_by=by)
    together(worked_on, [(run.pk, run.attempt)] * 3)
    run.refresh_from_db()
    assert run.state == "applied"
    assert School.objects.count() == School.history.count() == 4


def test_no_heads_name_is_kept_with_an_import(tmp_path: Path, by: User, now: datetime) -> None:
    run = applied(handed_in(written(tmp_path, row()), by, now), by, now)
    assert "Headingley" not in repr((run.report, list(run.changes.values())))
