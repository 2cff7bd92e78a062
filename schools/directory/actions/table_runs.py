"""The import of a table from the page: previewed row by row, applied exactly as previewed; what changed meanwhile is left.

The steps around it (keeping the file, starting again, asking to apply) are those of registers, in runs.py.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import batched, islice
from pathlib import Path
from typing import Any

from django.db import transaction

from schools.core.clocks import Clock
from schools.core.databases import keep_statistics_after_commit
from schools.core.secrets import hash_of
from schools.core.tables import HEADER_WITHIN
from schools.directory.actions.attempts import count_rows, lock_for_applying, report_progress, still_ours, unpacked
from schools.directory.actions.conflicts import again_on_conflict
from schools.directory.actions.own_files import OwnFile, OwnTable
from schools.directory.actions.reading import opened_table
from schools.directory.actions.table_kinds import (
    AnyKind,
    Importer,
    Matches,
    RowChange,
    TableKind,
    plan_as_shown,
    refused_lines,
)
from schools.directory.models import ChangeKind, ChangeState, ColumnMatch, FilePart, ImportChange, ImportRun, RunState
from schools.directory.registers import columns
from schools.directory.registers.cells import POSTCODE

ROWS_A_STATEMENT = 250
DIGEST = 20
"""Letters of the digest that stands where a register's number is: rows of a table are known by longer words."""
MOST_COLUMNS = 200
"""Columns of a file that can be matched by hand."""
ALREADY = "It was so already when the import was applied: somebody else was quicker."
CHANGED = "Somebody changed it after the preview, so it was left. The next import with this file shows it again."
SPOILT = "Another line of the file cannot be used any more, and of such a file all is stored or nothing. Mend that line first."
NOT_SHOWN = "The preview did not show it: something changed after that. The next import with this file shows it."

type Kinds = Mapping[str, AnyKind]
"""The kinds of tables that come in by the page, by name."""

type WhatMoves = Callable[[ImportRun], list[str] | None]
"""Says which figures the changes of a run move, which are stored and cannot be applied yet; None: none, or nobody knows."""


def remembered_matches(kind: str) -> dict[str, str]:
    """Return the columns of earlier files of the kind that somebody matched by hand."""
    return dict(ColumnMatch.objects.filter(kind=kind).values_list("theirs", "ours"))


def matches_of(header: Iterable[str], ours: Iterable[str]) -> dict[str, str]:
    """Return what was chosen for each column of the file, as matches; "" for a column that is not read."""
    return {key: chosen for name, chosen in zip(header, ours, strict=True) if (key := columns.normalised(name)[:100])}


def remember_matches(kind: str, matches: Matches) -> None:
    """Remember the matches for the next file of the kind."""
    ColumnMatch.objects.bulk_create(
        [ColumnMatch(kind=kind, theirs=theirs, ours=ours) for theirs, ours in sorted(matches.items())],
        update_conflicts=True,
        unique_fields=["kind", "theirs"],
        update_fields=["ours"],
    )


def columns_read(header: list[str], table: OwnTable, matches: Matches) -> list[str]:
    """Return for each column of the file which of ours it is; "" where it is not read."""
    names = columns.renamed(header, table.columns, matches=matches)
    return [name if name in table.columns else "" for name in names]


def _header_of(path: Path, table: OwnTable, matches: Matches) -> list[str]:
    """Return the file's columns, by which it can be matched by hand; the first row of several cells where none has our names.

    None where that row holds somebody's details: their file has no names of columns, and what is matched is remembered.
    """
    names = partial(columns.renamed, columns=table.columns, matches=matches)
    with opened_table(path, table.needs, names=names) as rows:
        first = [cells for _, cells in islice(rows, HEADER_WITHIN)]
    fitting = [cells for cells in first[:1] if set(table.needs) <= set(names(cells))]
    several = [cells for cells in first if sum(bool(cell.strip()) for cell in cells) > 1]
    header = next(iter([*fitting, *several, *first]), [])
    if not fitting and any(is_detail(cell.strip()) for cell in header):
        return []
    return [cell.strip()[:200] for cell in header[:MOST_COLUMNS]]


DETAIL = re.compile(r"\S+@\S+|\+?[\d ()/-]*\d{5}[\d ()/-]*|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
"""An e-mail address, a phone number or a day, as it stands in a row and never as the name of a column."""


def is_detail(cell: str) -> bool:
    """Return whether the cell is what somebody is reached by, or a day, and no name of a column."""
    return DETAIL.fullmatch(cell) is not None or POSTCODE.fullmatch("".join(cell.split()).upper()) is not None


def note_header(run: ImportRun, path: Path, table: OwnTable, *, clock: Clock) -> None:
    """Store the columns of the file, so that they can be matched by hand. Raises Superseded, and what reading a file raises."""
    header = _header_of(path, table, run.matches or {})
    with still_ours(run, clock=clock):
        ImportRun.objects.filter(pk=run.pk).update(header=header)


def write_to_look(run: ImportRun, kind: TableKind[Any, Any], *, clock: Clock) -> None:
    """Write what the file would change, in a transaction that the caller undoes: so it can be seen what that moves."""
    importer = Importer(run.asked_by, clock(), run.origin)
    with unpacked(run, FilePart.REGISTER) as paths:
        content = kind.read(paths[FilePart.REGISTER], importer, matches=run.matches or {}, progress=lambda _: None)
    kind.lock()
    kind.write(kind.plan(content, importer), importer)


def preview_run(run: ImportRun, kind: TableKind[Any, Any], *, what_moves: WhatMoves, clock: Clock) -> None:
    """Store what the file would change, and which figures that moves. Raises UnreadableTable, NotThisRegister or Superseded."""
    content = _read(run, kind, Importer(run.asked_by, clock(), run.origin), clock=clock)
    plan = kind.plan(content, Importer(run.asked_by, clock(), run.origin))
    with still_ours(run, clock=clock):
        run.changes.all().delete()
    for batch in batched(plan.planned(), ROWS_A_STATEMENT):
        with still_ours(run, clock=clock):
            rows = [change_row(run, change, ChangeState.PLANNED) for change in batch]
            ImportChange.objects.bulk_create(rows)
    moves = what_moves(run)
    with still_ours(run, clock=clock):
        report = plan.report.as_json()
        ImportRun.objects.filter(pk=run.pk).update(state=RunState.READY, previewed_at=clock(), report=report, moves=moves)


def _read(run: ImportRun, kind: TableKind[Any, Any], importer: Importer, *, clock: Clock) -> OwnFile[Any]:
    matches: Matches = run.matches or {}
    with unpacked(run, FilePart.REGISTER) as paths:
        path = paths[FilePart.REGISTER]
        note_header(run, path, kind.table, clock=clock)
        count_rows(run, path, clock=clock)
        return kind.read(path, importer, matches=matches, progress=report_progress(run, clock=clock))


def change_row(run: ImportRun, change: RowChange, state: ChangeState, why: str = "") -> ImportChange:
    """Return the change as it is kept for the page, not stored yet."""
    return ImportChange(
        run=run,
        kind=ChangeKind.CREATED if change.created else ChangeKind.UPDATED,
        register_id=hash_of(change.key)[:DIGEST],
        known_by=change.key,
        name=change.name[:200],
        line=min(change.lines, default=None),
        fields=change.fields,
        state=state,
        why=why[:300],
    )


def apply_run(run: ImportRun, kind: TableKind[Any, Any], *, clock: Clock) -> None:
    """Write what the preview showed and is still to be done. Raises Superseded, and what reading a file raises."""
    content = _read(run, kind, Importer(run.applied_by, clock(), run.origin), clock=clock)
    again_on_conflict(lambda: _apply_at_once(run, kind, content, now=clock()))


@transaction.atomic
def _apply_at_once(run: ImportRun, kind: TableKind[Any, Any], content: OwnFile[Any], *, now: datetime) -> None:
    lock_for_applying(run)
    kind.lock()
    importer = Importer(run.applied_by, now, run.origin)
    shown = {key: (pk, line, fields) for pk, key, line, fields in run.changes.values_list("pk", "known_by", "line", "fields")}
    whole, plan = plan_as_shown(kind, content, importer, {key: fields for key, (_, _, fields) in shown.items()})
    kind.write(plan, importer)
    keep_statistics_after_commit()
    written = {change.key for change in plan.planned()}
    to_be_made = {change.key for change in whole.planned()}
    reasons: dict[str, list[int]] = {}
    for key, (pk, line, _) in shown.items():
        if key not in written:
            refused = refused_lines(whole.report, {line or 0})
            spoilt = kind.all_or_nothing and whole.report.refused
            why = CHANGED if key in to_be_made else " ".join(refused) or (SPOILT if spoilt else ALREADY)
            reasons.setdefault(why[:300], []).append(pk)
    for why, ids in reasons.items():
        for some in batched(ids, ROWS_A_STATEMENT):
            ImportChange.objects.filter(pk__in=some).update(state=ChangeState.LEFT, why=why)
    run.changes.filter(state=ChangeState.PLANNED).update(state=ChangeState.DONE)
    not_shown = [change_row(run, change, ChangeState.LEFT, NOT_SHOWN) for change in whole.planned() if change.key not in shown]
    ImportChange.objects.bulk_create(not_shown, batch_size=ROWS_A_STATEMENT)
    report = plan.report.as_json()
    ImportRun.objects.filter(pk=run.pk).update(state=RunState.APPLIED, applied_at=now, seen_at=now, report=report)
    run.files.all().delete()
