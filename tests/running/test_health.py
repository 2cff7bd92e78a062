"""The checks see each fault and its end; monitors get yes or no, managers the sentence, and nobody waits long."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Event
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from schools import models
from schools.accounts.models import Role
from schools.running import checks, health
from schools.running.actions import beat
from schools.running.health import NO_DATABASE, Check, Finding, Level, Watch, watch
from tests.factories import user_with

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WORKERS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "heavy"]}}


def levels(now: datetime = NOW) -> dict[str, Level]:
    watch.forget()
    return {check.name: finding.level for check, finding in watch.findings(now=now)}


def faults(now: datetime = NOW) -> set[str]:
    return {name for name, level in levels(now).items() if level is Level.FAULT}


def sentence(name: str, now: datetime = NOW) -> str:
    watch.forget()
    return next(finding.sentence for check, finding in watch.findings(now=now) if check.name == name)


@pytest.fixture
def _workers(settings: Settings) -> None:
    """As installed: work is done by processes, which all live."""
    settings.TASKS = WORKERS
    for process in ("mail", "heavy", "clock"):
        beat(f"{process}-1", process, now=NOW)


@pytest.mark.django_db
def test_where_work_is_done_at_once_nothing_is_wrong_on_the_first_day() -> None:
    assert not faults()
    notes = {name for name, level in levels().items() if level is Level.NOTE}
    optional = {"backup", "restore-drill", "certificate", "direct", "replica", "sms", "way-back", "server-log"}
    assert notes == {"mail", "heavy", "clock", "jobs", *optional}


@pytest.mark.django_db
@pytest.mark.usefixtures("_workers")
@pytest.mark.parametrize("process", ["mail", "heavy", "clock"])
def test_a_process_that_gives_no_sign_of_life_is_missed_within_a_minute(process: str) -> None:
    assert not faults()
    others = models.SignOfLife.objects.exclude(process=process)
    others.update(seen_at=NOW + timedelta(seconds=55))
    assert faults(NOW + timedelta(seconds=55)) == {process}
    assert f"Start speakout-{process}" in sentence(process, NOW + timedelta(seconds=55))
    beat(f"{process}-2", process, now=NOW + timedelta(seconds=55))
    assert not faults(NOW + timedelta(seconds=55))


@pytest.mark.django_db
@pytest.mark.usefixtures("_workers")
def test_a_clock_that_lives_but_does_not_get_to_its_work_is_a_fault() -> None:
    job = models.PeriodicJob.objects.create(name="offers", due_at=NOW - timedelta(minutes=4))
    assert not faults()
    assert faults(NOW + timedelta(seconds=30) + timedelta(minutes=2)) >= {"clock"}
    models.PeriodicJob.objects.filter(pk=job.pk).update(due_at=NOW - timedelta(minutes=6))
    assert "offers is due since 24 Nov, 09:54" in sentence("clock")
    models.PeriodicJob.objects.filter(pk=job.pk).update(taken_by="clock-1", started_at=NOW, seen_at=NOW)
    assert not faults()


@pytest.mark.django_db
@pytest.mark.usefixtures("_workers")
@pytest.mark.parametrize(("hours", "is_fault"), [(5.9, False), (6.1, True)])
def test_a_job_that_does_not_end_is_a_fault(hours: float, *, is_fault: bool) -> None:
    begun = NOW - timedelta(hours=hours)
    models.PeriodicJob.objects.create(name="purge", due_at=NOW, taken_by="clock-1", started_at=begun, seen_at=NOW)
    assert faults() == ({"clock"} if is_fault else set())
    assert ("purge runs since 24 Nov, 03:54 and does not end" in sentence("clock")) is is_fault


@pytest.mark.django_db
def test_a_job_that_fails_is_a_fault_and_on_home_already() -> None:
    models.PeriodicJob.objects.create(name="tidy", due_at=NOW, finished_at=NOW, failures=1)
    assert faults() == {"jobs"}
    assert not watch.faults_for_home(now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "is_fault"),
    [
        ({"created_at": NOW - timedelta(seconds=40)}, False),
        ({"created_at": NOW - timedelta(seconds=50)}, True),
        ({"created_at": NOW - timedelta(minutes=3)}, True),
        ({"created_at": NOW - timedelta(minutes=3), "sent_at": NOW}, False),
        ({"created_at": NOW - timedelta(minutes=3), "stopped_at": NOW}, False),
        ({"created_at": NOW - timedelta(minutes=3), "expires_at": NOW}, False),
        # Refused for now: it waits for its next try.
        (
            {
                "created_at": NOW - timedelta(hours=3), "attempts": 3, "last_error": "450 later",
                "next_try": NOW + timedelta(hours=1),
            },
            False,
        ),
        # The mail server is not there: seen at once.
        ({"created_at": NOW, "last_error": "ConnectionRefusedError", "next_try": NOW + timedelta(seconds=30)}, True),
        # It came back once, is tried again, and waits for the morning.
        ({"created_at": NOW, "last_error": "It came back: 550 no", "next_try": NOW + timedelta(hours=9)}, False),
    ],
)  # fmt: skip
def test_mail_that_nobody_sends_is_a_fault(fields: dict[str, Any], *, is_fault: bool) -> None:
    models.OutboxMessage.objects.create(key="hello", to="a@example.org", subject="Hello", body="Good day", **fields)
    assert faults() == ({"outbox"} if is_fault else set())


@pytest.mark.django_db
@pytest.mark.parametrize(("waits", "last_sent", "is_fault"), [(100, 30, False), (100, 60, True), (130, 30, True)])
def test_a_queue_that_moves_is_a_fault_later_than_one_that_stands_still(waits: int, last_sent: int, *, is_fault: bool) -> None:
    mail = {"to": "a@example.org", "subject": "Hello", "body": "Good day"}
    sent_at = NOW - timedelta(seconds=last_sent)
    models.OutboxMessage.objects.create(key="before", created_at=NOW - timedelta(hours=1), sent_at=sent_at, **mail)
    models.OutboxMessage.objects.create(key="now", created_at=NOW - timedelta(seconds=waits), **mail)
    assert faults() == ({"outbox"} if is_fault else set())


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "name"), [("backup", "backup"), ("drill", "restore-drill")])
def test_backups_are_missed_once_they_are_set_up(settings: Settings, tmp_path: Any, kind: str, name: str) -> None:
    settings.SPEAKOUT_BACKUP_FOLDER, settings.SPEAKOUT_BACKUP_KEY = tmp_path, "age1"
    settings.SPEAKOUT_BACKUP_IDENTITY = tmp_path / "key.txt"
    assert faults() == {"backup", "restore-drill"}
    run = models.BackupRun.objects.create(kind=kind, started_at=NOW, finished_at=NOW)
    assert name not in faults(NOW + timedelta(hours=25))
    assert name in faults(NOW + timedelta(hours=27))
    assert "The last good one began on 24 Nov, 10:00" in sentence(name)
    models.BackupRun.objects.filter(pk=run.pk).update(problem="The disk is full.")
    assert name in faults()


@pytest.mark.django_db
def test_tables_older_than_the_code_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = {("schools", "0001_baseline")}
    monkeypatch.setattr(checks, "newest_migrations", lambda: frozenset({("schools", "9999_of_tomorrow")}))
    monkeypatch.setattr(checks, "_applied", lambda: applied)
    assert faults() == {"tables"}
    assert "schools 9999_of_tomorrow is missing. Run manage.py migrate" in sentence("tables")
    applied.add(("schools", "9999_of_tomorrow"))
    assert not faults()


@pytest.mark.django_db
@pytest.mark.parametrize(("apart", "is_fault"), [(-4, False), (4, False), (6, True), (-3600, True)])
def test_two_machines_whose_times_differ_are_a_fault(monkeypatch: pytest.MonkeyPatch, apart: int, *, is_fault: bool) -> None:
    monkeypatch.setattr(checks, "database_time", lambda: timezone.now() + timedelta(seconds=apart))
    assert faults() == ({"time"} if is_fault else set())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("total", "free", "is_fault"),
    [(100 << 30, 1 << 30, False), (100 << 30, (1 << 30) - 1, True), (64 << 20, 7 << 20, False), (64 << 20, 6 << 20, True)],
)
def test_a_disk_that_gets_full_is_a_fault(monkeypatch: pytest.MonkeyPatch, total: int, free: int, *, is_fault: bool) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"total": total, "free": free})())
    assert faults() == ({"disk"} if is_fault else set())


def of(*looks: Callable[[datetime], Finding], **options: Any) -> Watch:
    """A watch of its own whose checks are called 0, 1 and so on."""
    made = Watch()
    made.register(Check(str(number), f"Number {number}", look, **options) for number, look in enumerate(looks))
    return made


def test_a_check_that_breaks_is_a_fault_and_the_others_go_on() -> None:
    def breaks(_: datetime) -> Finding:
        raise ValueError("asha@example.org")

    seen = of(breaks, lambda _: Finding.well("Fine."), needs_database=False).findings(now=NOW)
    assert [finding.level for _, finding in seen] == [Level.FAULT, Level.WELL]
    assert seen[0][1].sentence == "Looking at it failed (ValueError). The log of this process may say more."


def test_without_the_database_nobody_asks_it_again_and_the_others_look() -> None:
    def away(_: datetime) -> Finding:
        raise OperationalError

    looks = list[datetime]()

    def rows(now: datetime) -> Finding:
        looks.append(now)
        return Finding.well("")

    made = Watch()
    made.register(
        [
            Check(health.DATABASE, "The database", away),
            Check("rows", "Rows", rows),
            Check("disk", "Disk", lambda _: Finding.well("Room."), needs_database=False),
        ]
    )
    assert [finding.level for _, finding in made.findings(now=NOW)] == [Level.FAULT, Level.FAULT, Level.WELL]
    assert made.findings(now=NOW)[1][1] is NO_DATABASE
    assert not looks


def test_what_was_seen_is_kept_for_its_seconds_and_looked_at_anew_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, looks = [0.0], list[datetime]()

    def look(now: datetime) -> Finding:
        looks.append(now)
        return Finding.well("")

    monkeypatch.setattr(health, "monotonic", lambda: seconds[0])
    made = of(look, kept=10, needs_database=False)
    for moment, times in ((0.0, 1), (9.0, 1), (11.0, 2)):
        seconds[0] = moment
        made.findings(now=NOW)
        assert len(looks) == times, moment
    made.findings(now=NOW, anew=True)
    assert len(looks) == 3


def test_the_end_of_a_fault_is_seen_soon_however_long_the_check_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(health, "monotonic", lambda: seconds[0])
    answers = [Finding.fault("It has run out."), Finding.well("It was renewed."), Finding.fault("Nobody looks so soon.")]
    made = of(lambda _: answers.pop(0), kept=3600, needs_database=False)
    seen = []
    for moment in (0.0, 4.0, 6.0, 3000.0):
        seconds[0] = moment
        seen.append(made.findings(now=NOW)[0][1].sentence)
    assert seen == ["It has run out.", "It has run out.", "It was renewed.", "It was renewed."]


def test_nobody_waits_for_a_check_that_asks_another_machine() -> None:
    goes_on = Event()

    def slow(_: datetime) -> Finding:
        goes_on.wait(30)
        return Finding.fault("It has ended.")

    made = of(slow, apart=True, needs_database=False)
    assert made.findings(now=NOW)[0][1].level is Level.NOTE
    goes_on.set()
    made._apart["0"][1].join()
    assert made.findings(now=NOW)[0][1].sentence == "It has ended."


def test_a_check_of_another_machine_that_never_answers_is_a_fault_until_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, goes_on = [0.0], Event()
    monkeypatch.setattr(health, "monotonic", lambda: seconds[0])

    def hangs(_: datetime) -> Finding:
        goes_on.wait(30)
        return Finding.well("It answers.")

    made = of(hangs, apart=True, needs_database=False)
    shown = []
    for moment in (0.0, 44.0, 46.0):
        seconds[0] = moment
        shown.append(made.findings(now=NOW)[0][1])
    assert shown == [health.NOT_YET, health.NOT_YET, health.HANGS]
    goes_on.set()
    made._apart["0"][1].join()
    assert made.findings(now=NOW)[0][1].sentence == "It answers."


def test_ready_says_no_while_a_check_hangs_and_yes_once_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "WITHIN", 0.05)
    goes_on = Event()

    def hangs(_: datetime) -> Finding:
        goes_on.wait(30)
        return Finding.well("It answers.")

    made = of(hangs, needs_database=False)
    began = time.monotonic()
    assert not made.is_ready(clock=timezone.now)
    assert not made.is_ready(clock=timezone.now)
    assert time.monotonic() - began < 20, "nobody waited for the check"
    goes_on.set()
    assert made._looking is not None
    made._looking[1].join()
    assert made.is_ready(clock=timezone.now)


def test_a_look_that_hangs_for_ever_is_left_and_another_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "WITHIN", 0.05)
    hung, looks = Event(), list[int]()

    def hangs_once(_: datetime) -> Finding:
        looks.append(1)
        if len(looks) == 1:
            hung.wait(30)
        return Finding.well("It answers.")

    made = of(hangs_once, needs_database=False)
    assert not made.is_ready(clock=timezone.now)
    monkeypatch.setattr(health, "GIVEN_UP", 0.0)
    monkeypatch.setattr(health, "WITHIN", 30)
    assert made.is_ready(clock=timezone.now)
    hung.set()


def test_a_line_is_logged_when_what_is_wrong_changes_and_not_each_time(caplog: pytest.LogCaptureFixture) -> None:
    answers = [Finding.fault("Broken."), Finding.fault("Broken."), Finding.well("Mended.")]
    made = of(lambda _: answers.pop(0), kept=0, needs_database=False)
    for _ in range(3):
        made.findings(now=NOW)
    assert [record.getMessage() for record in caplog.records] == ["Not well: 0: Broken.", "All is well again"]


def test_live_answers_without_the_database_and_to_any_host(client: Client) -> None:
    """The mark of a test without a database makes each query an error."""
    for path in ("/live/", "/live"):
        answer = client.get(path, headers={"host": "10.0.0.7:8000"})
        assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"ok\n", "no-store")
    client.cookies["sessionid"] = "of-somebody"
    assert client.head("/live/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_ready_says_yes_or_no_and_nothing_more(client: Client, settings: Settings) -> None:
    answer = client.get("/ready/", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"ok\n", "no-store")
    settings.TASKS = WORKERS
    assert client.get("/ready/").status_code == 200, "kept for some seconds"
    watch.forget()
    answer = client.get("/ready/")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


def test_ready_says_no_without_an_exception_where_there_is_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: datetime) -> Finding:
        raise OperationalError("connection refused")

    made = Watch()
    made.register([Check(health.DATABASE, "The database", away)])
    monkeypatch.setattr("schools.running.middleware.watch", made)
    client.cookies["sessionid"] = "of-somebody"
    answer = client.get("/ready/")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


@pytest.mark.django_db
def test_the_doctor_says_it_in_lines_and_ends_with_one_for_a_fault(settings: Settings) -> None:
    out = StringIO()
    call_command("doctor", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("ok    The database: It answers (")
    assert lines[-1].startswith("ok    The settings: each is within its range")
    assert len(lines) == len(watch.findings(now=NOW)) + 1
    settings.TASKS = WORKERS
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", stdout=out)
    assert "FAULT The process clock (does what is due again and again): None gives a sign of life" in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "shown"), [(Role.MANAGER, True), (Role.COORDINATOR, False), (Role.ANALYST, False)])
def test_home_of_a_manager_alone_has_a_line_for_each_fault(
    client: Client, settings: Settings, role: Role, *, shown: bool
) -> None:
    settings.TASKS = WORKERS
    client.force_login(user_with(role))
    page = client.get("/admin/").content.decode()
    assert ("None gives a sign of life. Start speakout-clock" in page) is shown
    assert (page.count("None gives a sign of life") == 3) is shown


def test_every_check_has_its_own_name_and_a_test() -> None:
    names = [check.name for check, _ in Watch.findings(_as_registered(), now=NOW)]
    assert names == [
        "database", "tables", "planner", "server-log", "direct", "replica", "mail", "heavy", "clock", "jobs", "time", "disk",
        "certificate", "outbox", "sms", "texts", "imports", "way-back", "backup", "restore-drill",
    ]  # fmt: skip


def _as_registered() -> Watch:
    """The checks of the installation with looks that see nothing."""
    made = Watch()
    made.register(
        Check(check.name, check.words, lambda _: Finding.well(""), needs_database=False) for check in watch._checks.values()
    )
    return made
