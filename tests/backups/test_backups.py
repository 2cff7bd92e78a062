"""A backup is restored whole into an empty place, nothing is half done, and whoever was erased since is forgotten again."""

import dataclasses
import json
import os
import resource
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from schools import models
from schools.backups import actions, databases, files, streams
from schools.backups.actions import Plan, back_up, drill, restore
from schools.backups.databases import Database, counts_of, database_of, last_return_of
from schools.backups.files import BackupError, alone_in, backups_in, manifest_path
from schools.office.running import jobs
from schools.office.running.jobs import try_backup
from schools.reach.actions import close, sign_off
from tests import factories
from tests.reach.examples import worked_example
from tests.reach.test_returns import NOW, YEAR
from tests.upgrades.dumps import server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def clock_from(start: datetime) -> Callable[[], datetime]:
    """A clock that is a minute on each time it is read."""
    moments = (start + timedelta(minutes=number) for number in range(10_000))
    return lambda: next(moments)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return clock_from(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    path.write_text(f"# created: today\n{pyrage.x25519.Identity.generate()}\n")
    return path


@pytest.fixture
def plan(tmp_path: Path, secret: Path) -> Plan:
    folder = tmp_path / "backups"
    return Plan(folder, str(streams.identity(secret).to_public()), 7, 4, 6, folder / "erasures.csv")


@pytest.fixture
def source() -> Database:
    """The database of the tests, with people and a closed return in it."""
    school = worked_example(area="Cumbria")
    area = models.Area.objects.get(name="Cumbria")
    close(sign_off(area, YEAR, by=factories.coordinator_of(area), now=NOW), by=factories.manager(), now=NOW)
    assert school.pk
    factories.VolunteerFactory(reference="P1", name="Person of Secrets")
    return database_of(connection.settings_dict)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """An empty database of the same kind."""
    if connection.vendor == "sqlite":
        yield database_of({**connection.settings_dict, "NAME": str(tmp_path / "again.sqlite3")})
        return
    place, name = server(), f"again_{connection.settings_dict['NAME']}"
    options = {"host": place["host"], "user": place["user"], "dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(**options, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        yield database_of({**connection.settings_dict, "NAME": name})
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def content_of(database: Database) -> tuple[dict[str, int], str]:
    with database.opened() as picture:
        return counts_of(picture), last_return_of(picture)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_backup_comes_back_whole_encrypted_and_without_a_name_beside_it(
    source: Database, empty: Database, plan: Plan, secret: Path, clock: Callable[[], datetime]
) -> None:
    path, gone = back_up(source, plan, clock=clock)
    assert (gone, names_in(plan.folder)) == ([], [path.name, manifest_path(path).name])
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert b"Person of Secrets" not in path.read_bytes() + manifest_path(path).read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    counts, last_return = content_of(source)
    assert counts["schools_volunteer"] == models.Volunteer.objects.count() > 0
    assert last_return == models.Return.objects.get().digest
    restore(empty, path, secret)
    assert content_of(empty) == (counts, last_return)
    with pytest.raises(BackupError, match="not empty"):
        restore(empty, path, secret)
    with pytest.raises(BackupError, match="not empty"):
        restore(source, path, secret)
    run = models.BackupRun.objects.get()
    assert (run.kind, run.problem, run.file_name, run.size) == ("backup", "", path.name, path.stat().st_size)


@pytest.mark.exhaustive
def test_the_drill_says_what_differs_and_stores_how_it_went(
    source: Database, plan: Plan, secret: Path, clock: Callable[[], datetime]
) -> None:
    with pytest.raises(BackupError, match="There is no backup"):
        drill(source, plan.folder, secret, clock=clock)
    path, _ = back_up(source, plan, clock=clock)
    # Made while the machine's time was ahead.
    ahead = plan.folder / path.name.replace("20261124", "20270224")
    ahead.write_bytes(b"no backup")
    assert drill(source, plan.folder, secret, clock=clock) == path
    ahead.unlink()
    manifest = json.loads(manifest_path(path).read_text())
    manifest["counts"]["schools_volunteer"] += 1
    manifest["last_return"] = "0" * 64
    manifest_path(path).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match=r"schools_volunteer has \d+ rows, not \d+; the return that was closed last"):
        drill(source, plan.folder, secret, clock=clock)
    problems = list(models.BackupRun.objects.filter(kind="drill").order_by("pk").values_list("problem", flat=True))
    assert [problem[:20] for problem in problems] == ["There is no backup i", "", "speakout-20261124T02"]
    assert names_in(plan.folder) == [path.name, manifest_path(path).name]


@pytest.mark.exhaustive
def test_another_key_a_cut_file_and_a_changed_byte_restore_nothing(
    source: Database, empty: Database, plan: Plan, secret: Path, clock: Callable[[], datetime], tmp_path: Path
) -> None:
    path, _ = back_up(source, plan, clock=clock)
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(BackupError, match="another key"):
        restore(empty, path, other)
    other.write_text("nonsense")
    with pytest.raises(BackupError, match="no secret key"):
        restore(empty, path, other)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], whole[:-200] + b"\0" + whole[-199:], b"", b"nonsense"):
        path.write_bytes(damaged)
        with pytest.raises(BackupError, match="cannot be decrypted"):
            restore(empty, path, secret)
        assert empty.is_empty()
    path.write_bytes(whole)
    restore(empty, path, secret)
    assert content_of(empty) == content_of(source)


@pytest.mark.exhaustive
def test_a_full_disk_leaves_the_backups_before_and_says_so(
    source: Database, plan: Plan, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(source, plan, clock=clock)
    before = names_in(plan.folder)

    def on_a_full_disk(*arguments: Any) -> streams.Measured:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            return streams.encrypt(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(actions, "encrypt", on_a_full_disk)
    with pytest.raises(BackupError, match="Make room on the disk"):
        back_up(source, plan, clock=clock)
    assert names_in(plan.folder) == before
    assert "Make room" in models.BackupRun.objects.first().problem  # type: ignore[union-attr]  # there is one


def killed_after(bytes_written: int, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> None:
    """Do the work in a process of its own that is killed once it has written so many bytes of what the place's function moves."""
    real = getattr(place, name)

    class Deadly:
        def __init__(self, target: Any) -> None:
            self._target, self._written = target, 0

        def write(self, data: bytes) -> int:
            self._target.write(data)
            self._written += len(data)
            if self._written > bytes_written:
                self._target.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            return len(data)

        def flush(self) -> None:
            self._target.flush()

    def deadly(first: Any, second: Any, third: Any) -> Any:
        return real(first, Deadly(second), third)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the pool of connections has threads, which the child needs not
        child = os.fork()
    if not child:
        setattr(place, name, deadly)
        work()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert getattr(place, name) is real


@pytest.mark.exhaustive
def test_a_backup_that_is_killed_half_way_is_no_backup_and_the_next_one_clears_up(
    source: Database, plan: Plan, secret: Path, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = back_up(source, plan, clock=clock)
    part = plan.folder / "speakout-killed.age.part"

    def work() -> None:
        with alone_in(plan.folder):
            streams.encrypt(BytesIO(os.urandom(1_000_000)), part, plan.key)

    killed_after(100_000, work, monkeypatch, pyrage, "encrypt_io")
    assert part.exists()
    assert backups_in(plan.folder) == [whole]
    later, _ = back_up(source, plan, clock=clock)
    assert not part.exists()
    assert backups_in(plan.folder) == [later]  # of one day the newest is kept
    assert drill(source, plan.folder, secret, clock=clock) == later


@pytest.mark.exhaustive
def test_a_restore_that_is_killed_half_way_leaves_the_place_empty_and_runs_again(
    source: Database, empty: Database, plan: Plan, secret: Path, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = back_up(source, plan, clock=clock)
    half = path.stat().st_size // 2
    killed_after(half, lambda: restore(empty, path, secret), monkeypatch, pyrage, "decrypt_io")
    assert empty.is_empty()
    restore(empty, path, secret)
    assert content_of(empty) == content_of(source)


def test_of_two_at_once_the_second_says_so_and_does_nothing(
    source: Database, plan: Plan, secret: Path, clock: Callable[[], datetime]
) -> None:
    with alone_in(plan.folder):
        with pytest.raises(BackupError, match="Another backup, restore or drill is working"):
            back_up(source, plan, clock=clock)
        with pytest.raises(BackupError, match="Another backup, restore or drill is working"):
            drill(source, plan.folder, secret, clock=clock)
    assert names_in(plan.folder) == []


def test_in_the_night_that_skips_an_hour_the_drill_waits_for_the_backup_and_ends_well(
    source: Database, plan: Plan, secret: Path, clock: Callable[[], datetime], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AGAIN", 0.05)
    settings.SPEAKOUT_BACKUP_FOLDER, settings.SPEAKOUT_BACKUP_IDENTITY = plan.folder, secret
    path, _ = back_up(source, plan, clock=clock)
    with ExitStack() as stack:
        stack.enter_context(alone_in(plan.folder))
        ends = Timer(0.5, stack.pop_all().close)
        ends.start()
        assert path.name in try_backup(clock)
        ends.join()
    assert [run.problem for run in models.BackupRun.objects.all()] == ["", ""]
    monkeypatch.setattr(jobs, "PATIENCE", timedelta(seconds=0.2))
    with alone_in(plan.folder), pytest.raises(CommandError, match="Another backup, restore or drill is working"):
        try_backup(clock)


@pytest.mark.exhaustive
def test_a_backup_is_one_moment_whatever_is_written_meanwhile(
    source: Database, empty: Database, plan: Plan, secret: Path, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = databases.counts_of

    def counting(picture: databases.Picture) -> dict[str, int]:
        factories.VolunteerFactory(reference="LATE")
        return real(picture)

    monkeypatch.setattr(actions, "counts_of", counting)
    path, _ = back_up(source, plan, clock=clock)
    monkeypatch.undo()
    restore(empty, path, secret)
    with empty.opened() as picture:
        assert "LATE" not in {reference for (reference,) in picture.rows("SELECT reference FROM schools_volunteer")}
        assert counts_of(picture) == json.loads(manifest_path(path).read_text())["counts"]


@pytest.mark.exhaustive
def test_older_ones_are_pruned_after_a_good_backup_alone(source: Database, plan: Plan) -> None:
    few = dataclasses.replace(plan, days=2, weeks=0, months=0)
    made = [back_up(source, few, clock=clock_from(datetime(2026, 11, day, 2, 0, tzinfo=UTC)))[0].name for day in (21, 22, 23)]
    assert [path.name for path in backups_in(plan.folder)] == [made[2], made[1]]
    assert len(names_in(plan.folder)) == 4


def test_the_commands_name_the_settings_that_they_lack(settings: Settings) -> None:
    with pytest.raises(CommandError, match="Set SPEAKOUT_BACKUP_FOLDER and SPEAKOUT_BACKUP_KEY"):
        call_command("backup")
    with pytest.raises(CommandError, match="Set SPEAKOUT_BACKUP_FOLDER and SPEAKOUT_BACKUP_IDENTITY"):
        call_command("restore_drill")
    with pytest.raises(CommandError, match="Name the secret key with --identity FILE"):
        call_command("restore", "backup.age")
