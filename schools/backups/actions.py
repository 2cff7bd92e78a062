"""Making a backup, restoring one into an empty place, and trying the newest every night."""

import logging
import os
import sqlite3
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pyrage
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.actions import end_sessions, switch_sign_in
from schools.accounts.models import Role, User
from schools.backups.databases import Database, counts_of, last_return_of
from schools.backups.files import (
    AT_ONCE,
    NOT_EMPTY,
    PART,
    BackupError,
    Manifest,
    alone_in,
    backups_in,
    moment_of,
    name_of,
    prune,
    read_manifest,
    write_manifest,
)
from schools.backups.models import BackupKind, BackupRun
from schools.backups.streams import encrypt, identity, recipient
from schools.core.erasures import Erasure, keep_erasures, kept_erasures
from schools.core.errors import RuleBroken
from schools.directory.actions.runs import abandon
from schools.directory.models import Contact, ImportRun, RunState
from schools.erasing.actions import erase, where_sure
from schools.erasing.models import Erasure as ErasedPerson
from schools.erasing.models import PersonKind
from schools.erasing.people import FORMER_COLLEAGUE, PersonRow
from schools.erasing.rules import IMPORTS_OF_PEOPLE
from schools.recovery.actions import stop
from schools.recovery.models import Recovery, StepHow, Trustee
from schools.recovery.trustees import end_trustee
from schools.visits.actions import end_membership
from schools.visits.models import VisitRequest
from schools.volunteers.models import ERASED, Volunteer, VolunteerStatus

logger = logging.getLogger(__name__)

type Clock = Callable[[], datetime]

AT_THE_SAME_TIME = timedelta(minutes=30)
"""So long an erasure may take from the moment on its line until it is in the database, and in a picture of that."""


@dataclass(frozen=True)
class Plan:
    """Where backups go, to which public key, and which are kept."""

    folder: Path
    key: str
    days: int
    weeks: int
    months: int
    erasures: Path | None


@contextmanager
def _noted(kind: BackupKind, *, clock: Clock) -> Generator[BackupRun]:
    """Store the run from its start on, and how it ended; one that was killed stays without an end."""
    run = BackupRun.objects.create(kind=kind, started_at=clock())
    try:
        yield run
    except (BackupError, OSError, DatabaseError, sqlite3.Error, psycopg.Error, pyrage.EncryptError) as error:
        run.problem = _in_words(error)
        raise BackupError(run.problem) from error
    except Exception as error:
        run.problem = f"It broke: {type(error).__name__}."
        raise
    finally:
        run.finished_at = clock()
        run.save()


def _in_words(error: Exception) -> str:
    if isinstance(error, BackupError):
        return str(error)
    words = " ".join(str(error).split())
    return f"The backup cannot be read or written ({words}). Make room on the disk, or mend it, and try again."


def back_up(database: Database, plan: Plan, *, clock: Clock, patience: timedelta = AT_ONCE) -> tuple[Path, list[str]]:
    """Write a backup and delete what is not kept any more; return its path, and the names of those that went.

    It waits for at most `patience` until no other backup, restore or drill works there. It is there whole or not at all. Raises
    BackupError; the backups before are untouched then.
    """
    recipient(plan.key)
    with alone_in(plan.folder, patience=patience), _noted(BackupKind.BACKUP, clock=clock) as run:
        _complete_erasures(plan.erasures, now=run.started_at)
        path = plan.folder / name_of(run.started_at, database.vendor)
        part = path.with_name(path.name + PART)
        try:
            with database.picture() as (picture, content):
                counts, last_return = counts_of(picture), last_return_of(picture)
                written = encrypt(content, part, plan.key)
            manifest = Manifest(run.started_at.isoformat(), database.vendor, written.size, written.sha256, counts, last_return)
            write_manifest(path, manifest)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(plan.folder)
        run.file_name, run.size = path.name, written.size
        return path, prune(plan.folder, days=plan.days, weeks=plan.weeks, months=plan.months)


def _sync(folder: Path) -> None:
    """Write the folder itself to the disk, so that the new name outlives a loss of power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _complete_erasures(path: Path | None, *, now: datetime) -> None:
    """Add those who were erased while the list could not be written."""
    if path is None:
        return
    listed = {erasure.reference for erasure in kept_erasures(path)}
    for erased in ErasedPerson.objects.order_by("at", "pk").iterator():
        # One by one: a file that was cut off between two lines of somebody has the first of them alone.
        if missing := [reference for reference in erased.references if reference not in listed]:
            keep_erasures(path, missing, at=erased.at)
            listed.update(missing)
    # Who was erased by a version without a register.
    before = set(Volunteer.objects.erased().values_list("reference", flat=True))
    if unlisted := sorted(before - listed):
        keep_erasures(path, unlisted, at=now)


def restore(database: Database, backup: Path, secret: Path) -> None:
    """Load the backup into the database, which must be empty, whole or not at all. Raises BackupError."""
    key = identity(secret)
    if not backup.is_file():
        msg = f"There is no backup {backup}. Name one of the files that end in .age."
        raise BackupError(msg)
    try:
        if not database.is_empty():
            raise BackupError(NOT_EMPTY)
        database.load(backup, key)
    except (OSError, sqlite3.Error, psycopg.Error) as error:
        raise BackupError(_in_words(error)) from error


def note_restore(backup: Path, *, now: datetime) -> datetime:
    """Write into the restored database from what it was restored, and return when its picture was taken."""
    made_at = _moment_of_picture(backup, now=now)
    # In its own picture a backup is still under way.
    BackupRun.objects.filter(finished_at=None).update(finished_at=now, file_name=backup.name)
    BackupRun.objects.create(kind=BackupKind.RESTORE, started_at=now, finished_at=now, file_name=backup.name)
    return made_at


def _moment_of_picture(backup: Path, *, now: datetime) -> datetime:
    """Return when the picture was taken, by what it says of itself and by the file’s name; the earlier of both.

    What is still to come was written while the machine’s time was ahead: taken for the moment, it would have nobody erased again.
    """
    own = BackupRun.objects.filter(kind=BackupKind.BACKUP, finished_at=None).order_by("-pk").first()
    known = [moment for moment in (own and own.started_at, moment_of(backup)) if moment and moment <= now]
    before = None if known else BackupRun.objects.filter(started_at__lte=now).order_by("-pk").first()
    return before.started_at if before else min(known, default=now)


STAFF = f"{PersonKind.STAFF.value}:"
"""How the reference of a sign-in begins."""


def erase_again(erasures: Path | None, *, since: datetime, now: datetime) -> tuple[list[str], list[str]]:
    """Erase again whom the list names since the picture; return the references that were erased, and sentences about others.

    Whoever is on the list without having left, in the older picture, leaves first. Imports of people that wait are thrown
    away. One with whom it fails in a way that nobody has foreseen keeps nobody else. Raises OSError where the list is unreadable.
    """
    again, problems = list[str](), list[str]()
    by = User.objects.filter(is_active=True, groups__name=Role.MANAGER).order_by("pk").first()
    by = by or User.objects.filter(is_superuser=True).order_by("pk").first()
    listed = kept_erasures(erasures)
    by_number = {erasure.at for erasure in listed if erasure.reference.startswith("volunteer:")}
    since -= AT_THE_SAME_TIME
    _switch_off(erasure.reference for erasure in listed if erasure.at >= since)
    # A sign-in goes with its volunteer, who is erased first.
    for erasure in sorted(listed, key=lambda each: each.reference.startswith(STAFF)):
        # In the picture the charity’s own reference may be somebody else’s: where the number is listed, that alone counts.
        is_told_by_number = ":" not in erasure.reference and erasure.at in by_number
        if is_told_by_number or erasure.at < since:
            continue
        try:
            row = _still_there(erasure.reference)
            if row is None:
                continue
            if by is None:
                problems.append(f"{erasure.reference} could not be erased again: there is no manager in whose name. Make one.")
                continue
            if not again and not problems:
                problems += _throw_away_imports()
            _erase(row, erasure, by=by, now=now)
            again.append(erasure.reference)
        except Exception as error:  # noqa: BLE001  # whatever it is, the others are gone on with
            problems.append(f"{erasure.reference} could not be erased again: {_why(error, erasure)}")
    return again, problems


def _switch_off(references: Iterable[str]) -> None:
    """Switch the sign-ins off that are on the list: so each goes with its volunteer, who may have worked in the office then."""
    for reference in references:
        row = _still_there(reference) if reference.startswith(STAFF) else None
        if isinstance(row, User) and row.is_active:
            switch_sign_in(row, may_sign_in=False)


def _why(error: Exception, erasure: Erasure) -> str:
    """Return why somebody could not be erased, in sentences; what nobody has foreseen goes into the log."""
    if isinstance(error, RuleBroken):
        return " ".join(error.reasons)
    # A message of the database quotes the row: only what it is and where it happened is written down.
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s could not be erased again (%s):\n%s", erasure.reference, type(error).__name__, where)
    return f"it broke ({type(error).__name__}). The log says where. Erase them in the office."


def _throw_away_imports() -> list[str]:
    """Throw away the imports of people whose file waits in the picture, and return sentences about them.

    No one is erased while such a file waits, and nobody is there yet to decide about it; whoever handed it in has the file.
    """
    sentences = list[str]()
    waiting = ImportRun.objects.filter(register__in=IMPORTS_OF_PEOPLE, files__isnull=False).distinct()
    for run in waiting.order_by("pk"):
        if run.state == RunState.APPLIED:
            run.files.all().delete()
            continue
        abandon(run)  # one that is being read or applied as well: whoever works on it in the picture works on nothing here
        words = IMPORTS_OF_PEOPLE[run.register]
        sentences.append(f"An import of {words} waited and was thrown away, since its file may name them. Hand it in again.")
    return sentences


def _still_there(reference: str) -> PersonRow | None:
    """Return the person of the reference; None where there is nobody, or nothing but the reference."""
    kind, _, number = reference.rpartition(":")
    if kind == "contact":
        return Contact.objects.filter(pk=number).first()
    if kind == "staff":
        erased = Q(name=f"{FORMER_COLLEAGUE} {number}") | Q(name__startswith=f"{ERASED} ")
        return User.objects.filter(pk=number).exclude(erased).first()
    if kind == "requester":
        return VisitRequest.objects.select_related("contact").filter(pk=number).exclude(email="").first()
    if kind == "trustee":
        return Trustee.objects.filter(pk=number).exclude(name="", email="").first()
    volunteers = Volunteer.objects.filter(pk=number) if kind == "volunteer" else Volunteer.objects.filter(reference=reference)
    return volunteers.exclude(pk__in=volunteers.erased()).first()


NOT_KNOWN = (
    "Everybody is signed out. Before mail is sent: switch off again who was switched off since the picture, take again the roles,"
    " trustees, tokens and addresses of calendars that were taken away, end again the links that were ended, and untick mails for"
    " whoever objected. Some reminders go once more. docs/operations.md, Restore, has it all."
)
"""What happened since the picture and no backup knows."""


def end_what_may_have_ended(*, now: datetime) -> list[str]:
    """End what waits or is open in the picture and may have been ended since, and return sentences about it and the rest.

    A device that was signed out since, such as a stolen phone, would be signed in again.
    """
    ended = end_ways_back(now=now)
    end_sessions(list(User.objects.values_list("pk", flat=True)))
    return [*filter(None, [ended]), NOT_KNOWN]


def end_ways_back(*, now: datetime) -> str:
    """End every request to be let in again that waits in the picture, and return a sentence about it; "" where none waited.

    Its owner may have stopped it since, and nobody could know.
    """
    waiting = list(Recovery.objects.open().order_by("pk"))
    for recovery in waiting:
        stop(recovery, by=None, how=StepHow.COMMAND, now=now)
    number = f"{len(waiting):,} request{'' if len(waiting) == 1 else 's'} to be let in again"
    return f"Ended, since the owner may have stopped it: {number}. Who needs it asks anew." if waiting else ""


@transaction.atomic
def _erase(row: PersonRow, erasure: Erasure, *, by: User, now: datetime) -> None:
    """Erase the person once more. What was decided about each note is in no list, so the name is cut out wherever it is one."""
    if isinstance(row, Volunteer) and row.status != VolunteerStatus.LEFT:
        end_membership(row, day=timezone.localdate(erasure.at), by=by, now=now)
    if isinstance(row, Trustee):
        end_trustee(row, now=erasure.at)
        row.refresh_from_db()
    erase(row, by=by, now=now, otherwise=where_sure(row))


def drill(database: Database, folder: Path, secret: Path, *, clock: Clock, patience: timedelta = AT_ONCE) -> Path:
    """Restore the newest backup beside the database, compare it with its manifest, and throw it away; return the backup.

    It waits for at most `patience`, as a backup does. How it went is stored. Raises BackupError with what differs.
    """
    with alone_in(folder, patience=patience), _noted(BackupKind.DRILL, clock=clock) as run:
        key = identity(secret)
        # None whose name says that it is still to come: the machine's time was ahead when it was made.
        newest = next((backup for backup in backups_in(folder) if (moment_of(backup) or run.started_at) <= run.started_at), None)
        if newest is None:
            msg = f"There is no backup in {folder}. Make one with manage.py backup."
            raise BackupError(msg)
        run.file_name, run.size = newest.name, newest.stat().st_size
        with database.beside(folder) as empty:
            empty.load(newest, key)
            with empty.opened() as restored:
                counts, last_return = counts_of(restored), last_return_of(restored)
        if wrong := differences(read_manifest(newest), counts, last_return):
            msg = f"{newest.name} was restored and differs: {'; '.join(wrong)}. Keep the backups before it, and make another."
            raise BackupError(msg)
    return newest


def differences(manifest: Manifest, counts: dict[str, int], last_return: str) -> list[str]:
    """Return how a restored database differs from what stands beside the backup."""
    tables = sorted(manifest.counts.keys() | counts.keys())
    wrong = [
        f"{table} has {counts.get(table, 'no table, not')} rows, not {manifest.counts.get(table, 'none')}"
        for table in tables
        if manifest.counts.get(table) != counts.get(table)
    ]
    if last_return != manifest.last_return:
        wrong.append("the return that was closed last has another SHA-256")
    return wrong
