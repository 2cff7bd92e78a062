"""An import from the page: files are kept, read in the background, previewed, and applied exactly as previewed, once.

Reading happens outside any transaction. Its progress is written at once: the number of rows read, and a sign that a worker is
still active. One short transaction applies the import. A worker whose attempt is not the latest writes nothing, so a run whose
worker was killed can be started again at any time.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial, wraps
from itertools import batched
from typing import Concatenate

from django.db import transaction

from schools.accounts.models import User
from schools.core.clocks import Clock
from schools.core.errors import RuleBroken
from schools.core.patience import DATABASE_AWAY
from schools.core.periods import AcademicYear
from schools.core.tables import TwiceInHeader, UnreadableTable
from schools.directory.actions.attempts import (
    Superseded,
    Upload,
    count_rows,
    keep_file,
    lock_for_applying,
    report_progress,
    still_ours,
    unpacked,
)
from schools.directory.actions.changes import (
    AT_ONCE,
    ROWS_A_STATEMENT,
    Key,
    PlannedChange,
    as_previewed,
    planned_changes,
    point_to_new_schools,
)
from schools.directory.actions.conflicts import again_on_conflict
from schools.directory.actions.locks import lock_register
from schools.directory.actions.plans import Incoming, Plan, plan_import, read_incoming, report_of, stored_schools
from schools.directory.actions.reading import NotThisRegister
from schools.directory.actions.registers import write_plan
from schools.directory.actions.streamed_runs import apply_streamed, preview_streamed
from schools.directory.actions.table_kinds import Matches, StreamedKind
from schools.directory.actions.table_runs import Kinds, WhatMoves, apply_run, preview_run, remember_matches, remembered_matches
from schools.directory.models import ChangeKind, ChangeState, FilePart, ImportChange, ImportRun, RunState
from schools.directory.registers import REGISTERS

NO_TABLES: Kinds = {}
"""No kind of table is known: all runs are of registers."""
logger = logging.getLogger(__name__)

ALREADY = "It was so already when the import was applied: somebody else was quicker."
CHANGED = "Somebody changed it after the preview, so it was left. The next import with this file shows it again."
NOT_SHOWN = "The preview did not show it: the school changed after that. The next import with this file shows it."
BEING_WRITTEN = "This import is being written at this moment, all of it in one piece. Wait until it is done, then look again."
BROKEN = "Something went wrong while the file was being worked on; nothing was changed. Start again, or throw it away."

type Queue = Callable[[int, int], object]
"""Queues a call of `work` with the run's id and attempt."""

type IsSeenTo = Callable[[int, int], bool]
"""Says of a run's id and attempt whether a worker that lives is at it, or will be once it is done with another."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about the files: which register or kind of table, of which day, whether it is complete."""

    register: str
    day: date
    complete: bool = False
    roll_year: int | None = None
    authority_column: str = ""
    origin: str = ""
    """From where a table of people is, as they read it; blank: nobody said."""


@transaction.atomic
def ask_for_preview(
    register: Upload, links: Upload | None, options: ImportOptions, *, by: User, now: datetime, queue: Queue
) -> ImportRun:
    """Keep the files and queue the reading of them; nothing of the register is changed."""
    run = ImportRun.objects.create(
        file_name=register.name,
        links_name=links.name if links else "",
        asked_by=by,
        asked_at=now,
        seen_at=now,
        matches=None if options.register in REGISTERS else remembered_matches(options.register),
        **asdict(options),
    )
    for part, upload in ((FilePart.REGISTER, register), (FilePart.LINKS, links)):
        if upload:
            keep_file(run, part, upload.name, upload.content)
    set_going(run, queue)
    return run


def refused_while_written[**Rest](change: Callable[Concatenate[ImportRun, Rest], ImportRun]) -> Callable[..., ImportRun]:
    """Refuse a change of an import that is being written at this moment, instead of waiting minutes for the lock."""

    @wraps(change)
    def refusing(run: ImportRun, *args: Rest.args, **kwargs: Rest.kwargs) -> ImportRun:
        if run.is_being_written():
            raise RuleBroken([BEING_WRITTEN])
        return change(run, *args, **kwargs)

    return refusing


@refused_while_written
@transaction.atomic
def start_again(
    run: ImportRun, *, now: datetime, queue: Queue, is_seen_to: IsSeenTo, matches: Matches | None = None
) -> ImportRun:
    """Read the files and make the preview again, for example after a worker was killed. Raises RuleBroken where not needed.

    `matches` are columns of a table that were matched by hand; they are remembered for the next file. None: as before.
    """
    run = _locked(run)
    if run.is_finished:
        raise RuleBroken(["This import is finished. Hand the file in again for another one."])
    if run.is_under_way and (not run.is_silent(now=now) or is_seen_to(run.pk, run.attempt)):
        raise RuleBroken(["This import is being worked on, or waits for another one. Wait a minute, then look again."])
    if not run.files.exists():
        raise RuleBroken(["The file of this import is gone, because it could not be used. Hand in another one."])
    run.state, run.attempt = RunState.READING, run.attempt + 1
    run.seen_at, run.rows_read, run.rows_expected = now, 0, None
    run.previewed_at, run.report, run.problem, run.killed = None, None, "", 0
    if matches is not None:
        run.matches = dict(matches)
        remember_matches(run.register, matches)
    run.save()
    set_going(run, queue)
    return run


@refused_while_written
@transaction.atomic
def ask_to_apply(run: ImportRun, *, by: User, now: datetime, queue: Queue) -> ImportRun:
    """Queue the applying of the preview; of two people who ask, one gets it. Raises RuleBroken when it cannot be applied."""
    run = _locked(run)
    if run.state == RunState.APPLIED:
        raise RuleBroken(["This import was applied already; nothing was applied twice."])
    if run.state != RunState.READY:
        raise RuleBroken([f"This import cannot be applied: it is “{run.get_state_display().lower()}”. Look at it again."])
    run.state, run.applied_by, run.seen_at = RunState.APPLYING, by, now
    run.save()
    set_going(run, queue)
    return run


@refused_while_written
@transaction.atomic
def abandon(run: ImportRun) -> ImportRun:
    """Throw away the import with its files and its preview. Raises RuleBroken when it was applied already."""
    run = _locked(run)
    if run.state == RunState.APPLIED:
        raise RuleBroken(["This import was applied already and cannot be thrown away."])
    run.state, run.attempt = RunState.ABANDONED, run.attempt + 1
    # Of a file without names of columns that is its first row, which may be somebody.
    run.header = run.matches = None
    run.save()
    run.files.all().delete()
    run.changes.all().delete()
    return run


def _locked(run: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)


def set_going(run: ImportRun, queue: Queue) -> None:
    """Queue the work on the run's attempt, once the caller's transaction is committed."""
    # Robust: the run is stored by then, and shows that nobody works on it where the queue is broken.
    transaction.on_commit(partial(queue, run.pk, run.attempt), robust=True)


def nothing_known(_: ImportRun) -> list[str] | None:
    """Return None: nobody says which figures the import moves."""
    return None


def work(run_id: int, attempt: int, *, clock: Clock, tables: Kinds = NO_TABLES, what_moves: WhatMoves = nothing_known) -> None:
    """Make the preview or apply it, whichever the attempt waits for; do nothing where a later attempt exists.

    A run is of a register, or of one of the `tables`. `what_moves` is asked before the preview can be applied.
    """
    run = ImportRun.objects.filter(pk=run_id, attempt=attempt, state__in=(RunState.READING, RunState.APPLYING)).first()
    if run is None:
        return
    try:
        table, reads = tables.get(run.register), run.state == RunState.READING
        if isinstance(table, StreamedKind):
            (preview_streamed if reads else apply_streamed)(run, table, clock=clock)
        elif table:
            (partial(preview_run, what_moves=what_moves) if reads else apply_run)(run, table, clock=clock)
        else:
            (partial(_preview, what_moves=what_moves) if reads else _apply)(run, clock=clock)
    except Superseded:
        return
    except (UnreadableTable, NotThisRegister) as error:
        # A table without our columns, or with two for one of ours, is kept: somebody can match its columns by hand.
        can_be_matched = run.register in tables and isinstance(error, (NotThisRegister, TwiceInHeader))
        _fail(run, " ".join(str(error).split()), is_useless=not can_be_matched)
    except DATABASE_AWAY:
        raise  # nobody can write now what went wrong; once the database is back, the clock takes the run up
    except Exception:
        _fail(run, BROKEN, is_useless=False)
        logger.exception("Import %s could not be worked on", run.pk)


def _fail(run: ImportRun, problem: str, *, is_useless: bool) -> None:
    """Store what is wrong; a file that cannot be used at all is not kept."""
    with transaction.atomic():
        mine = ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state=run.state)
        if mine.update(state=RunState.FAILED, problem=problem, applied_by=None) and is_useless:
            run.files.all().delete()


def _preview(run: ImportRun, *, what_moves: WhatMoves, clock: Clock) -> None:
    source = REGISTERS[run.register]
    incoming = _read(run, clock=clock)
    plan = plan_import(incoming, source, stored_schools(source), day=run.day)
    with still_ours(run, clock=clock):
        run.changes.all().delete()
    for batch in batched(planned_changes(plan, incoming, source), AT_ONCE):
        with still_ours(run, clock=clock):
            rows = [change.row(run, ChangeState.PLANNED) for change in batch]
            ImportChange.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    if incoming.roll_year is not None:
        run.roll_year = incoming.roll_year.start  # some files say it themselves, whatever was chosen
    moves = what_moves(run)
    with still_ours(run, clock=clock):
        report = report_of(incoming, plan).as_json()
        done = {"state": RunState.READY, "previewed_at": clock(), "report": report, "moves": moves, "roll_year": run.roll_year}
        ImportRun.objects.filter(pk=run.pk).update(**done)


def _read(run: ImportRun, *, clock: Clock) -> Incoming:
    """Read the files of the run. Raises UnreadableTable, NotThisRegister or Superseded."""
    source = REGISTERS[run.register]

    with unpacked(run, FilePart.REGISTER, FilePart.LINKS) as paths:
        path = paths[FilePart.REGISTER]
        count_rows(run, path, clock=clock)
        return read_incoming(
            path,
            source,
            stored_schools(source),
            links=paths.get(FilePart.LINKS),
            complete=run.complete,
            roll_year=None if run.roll_year is None else AcademicYear(run.roll_year),
            authority_column=run.authority_column,
            progress=report_progress(run, clock=clock),
        )


def _apply(run: ImportRun, *, clock: Clock) -> None:
    incoming = _read(run, clock=clock)
    again_on_conflict(lambda: _apply_at_once(run, incoming, now=clock()))


@transaction.atomic
def _apply_at_once(run: ImportRun, incoming: Incoming, *, now: datetime) -> None:
    """Write what the preview showed and is still to be done; changes that no longer fit are left, and kept as left."""
    source = REGISTERS[run.register]
    lock_for_applying(run)
    lock_register()
    plan = plan_import(incoming, source, stored_schools(source), day=run.day)
    plan = as_previewed(plan, _as_shown(run, plan, list(planned_changes(plan, incoming, source))))
    write_plan(plan, source, now=now, by=run.applied_by, reason=f"import of {run.file_name}")
    run.changes.filter(state=ChangeState.PLANNED).update(state=ChangeState.DONE)
    point_to_new_schools(run, source)
    report = report_of(incoming, plan).as_json()
    ImportRun.objects.filter(pk=run.pk).update(state=RunState.APPLIED, applied_at=now, seen_at=now, report=report)
    run.files.all().delete()


def _as_shown(run: ImportRun, plan: Plan, now: Iterable[PlannedChange]) -> set[Key]:
    """Return the changes that are still as the preview showed them, and store that the others were left."""
    shown = {
        (kind, register_id, other_id): (pk, fields)
        for pk, kind, register_id, other_id, fields in run.changes.values_list("pk", "kind", "register_id", "other_id", "fields")
    }
    to_be_made = {change.key: change for change in now}
    good = {key for key, change in to_be_made.items() if key in shown and shown[key][1] == change.fields}
    good -= _without_school(good, plan)
    left = {pk: CHANGED if key in to_be_made else ALREADY for key, (pk, _) in shown.items() if key not in good}
    for why in (CHANGED, ALREADY):
        for ids in batched((pk for pk, reason in left.items() if reason == why), ROWS_A_STATEMENT):
            ImportChange.objects.filter(pk__in=ids).update(state=ChangeState.LEFT, why=why)
    not_shown = [change.row(run, ChangeState.LEFT, NOT_SHOWN) for key, change in to_be_made.items() if key not in shown]
    ImportChange.objects.bulk_create(not_shown, batch_size=ROWS_A_STATEMENT)
    return good


def _without_school(good: set[Key], plan: Plan) -> set[Key]:
    """Return links and rolls of schools that no longer exist: somebody deleted the school after the preview."""
    made = {register_id for kind, register_id, _ in good if kind == ChangeKind.CREATED}
    return {
        (kind, register_id, other_id)
        for kind, register_id, other_id in good
        if kind in {ChangeKind.LINKED, ChangeKind.ROLLS}
        and any(number and number not in plan.stored and number not in made for number in (register_id, other_id))
    }
