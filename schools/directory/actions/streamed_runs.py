"""The import of a long list from the page: its rows are counted, the first changes shown as examples, all applied exactly.

What the preview would change is kept beside the file, row for row, until it is applied: so nothing is applied that was not
previewed, and memory does not grow with the list.
"""

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import TextIOWrapper
from itertools import batched
from pathlib import Path

from django.db import transaction

from schools.core.clocks import Clock
from schools.core.databases import keep_statistics_after_commit
from schools.directory.actions.attempts import count_rows, keep_file, lock_for_applying, report_progress, still_ours, unpacked
from schools.directory.actions.own_files import TableReport
from schools.directory.actions.table_kinds import KeptChange, RowChange, StreamedKind
from schools.directory.actions.table_runs import ALREADY, CHANGED, change_row, note_header
from schools.directory.models import ChangeState, FilePart, ImportChange, ImportRun, RunState

EXAMPLES = 100
"""So many of the new rows are shown, so many of the changed ones, and so many of those that were left."""
MOST_REFUSED = 1_000
"""So many refused rows are listed; of the others the report has the number."""
AT_ONCE = 5_000
"""Number of changes that are compared and written at a time."""
KEPT_NAME = "changes.csv"


def preview_streamed(run: ImportRun, kind: StreamedKind, *, clock: Clock) -> None:
    """Store how many rows the list changes, the first of them, and all of them as a file that is never shown.

    Raises UnreadableTable, NotThisRegister or Superseded.
    """
    report = TableReport()
    examples: list[RowChange] = []
    with tempfile.TemporaryFile() as kept:
        text = TextIOWrapper(kept, encoding="utf-8", newline="")
        with unpacked(run, FilePart.REGISTER) as paths:
            changes = _previewed(run, kind, paths[FilePart.REGISTER], report, clock=clock)
            csv.writer(text).writerows(_noting_examples(changes, kind, examples))
        text.flush()
        kept.seek(0)
        with still_ours(run, clock=clock):
            run.changes.all().delete()
            run.files.filter(part=FilePart.CHANGES).delete()
            ImportChange.objects.bulk_create([change_row(run, change, ChangeState.PLANNED) for change in examples])
            keep_file(run, FilePart.CHANGES, KEPT_NAME, kept)
            values = {"state": RunState.READY, "previewed_at": clock(), "report": report.as_json()}
            ImportRun.objects.filter(pk=run.pk).update(**values)


def _previewed(run: ImportRun, kind: StreamedKind, path: Path, report: TableReport, *, clock: Clock) -> Iterator[KeptChange]:
    matches = run.matches or {}
    note_header(run, path, kind.table, clock=clock)
    count_rows(run, path, clock=clock)
    progress: Callable[[int], None] = report_progress(run, clock=clock)
    return kind.changes(path, report, matches=matches, progress=progress, most_refused=MOST_REFUSED)


def _noting_examples(changes: Iterator[KeptChange], kind: StreamedKind, examples: list[RowChange]) -> Iterator[KeptChange]:
    """Pass the changes on, and note the first new ones and the first changed ones."""
    noted: Counter[bool] = Counter()
    for change in changes:
        is_new = not change.was
        if noted[is_new] < EXAMPLES:
            noted[is_new] += 1
            examples.append(_described(change, kind))
        yield change


def _described(change: KeptChange, kind: StreamedKind) -> RowChange:
    fields: dict[str, list[object]] = {kind.fact: [change.was or None, change.now]}
    return RowChange(change.key, change.key, (change.line,), created=not change.was, fields=fields)


@transaction.atomic
def apply_streamed(run: ImportRun, kind: StreamedKind, *, clock: Clock) -> None:
    """Write what the preview found and is still to be done; what somebody changed meanwhile is left. Raises Superseded."""
    lock_for_applying(run)
    kind.lock()
    keep_statistics_after_commit()
    is_first = kind.is_empty()
    counted: Counter[str] = Counter()
    left: dict[str, ImportChange] = {}
    with unpacked(run, FilePart.CHANGES) as paths, paths[FilePart.CHANGES].open(encoding="utf-8", newline="") as file:
        kept = (KeptChange(int(line), *values) for line, *values in csv.reader(file))
        for some in batched(kept, AT_ONCE):
            stored = {} if is_first else kind.stored(change.key for change in some)
            still = [change for change in some if stored.get(change.key, "") == change.was]
            kind.write(still)
            updated = sum(bool(change.was) for change in still)
            counted.update(updated=updated, created=len(still) - updated, left=len(some) - len(still))
            if len(still) < len(some):
                _note_left(run, kind, some, stored, left)
    run.changes.filter(known_by__in=left).delete()
    run.changes.update(state=ChangeState.DONE)
    ImportChange.objects.bulk_create(left.values())
    report = (run.report or {}) | counted
    values = {"state": RunState.APPLIED, "applied_at": clock(), "seen_at": clock(), "report": report}
    ImportRun.objects.filter(pk=run.pk).update(**values)
    run.files.all().delete()


def _note_left(
    run: ImportRun, kind: StreamedKind, changes: Iterable[KeptChange], stored: Mapping[str, str], left: dict[str, ImportChange]
) -> None:
    """Add to `left` the first of the changes whose key has other words by now than the preview saw, and why."""
    for change in changes:
        if len(left) < EXAMPLES and stored.get(change.key, "") != change.was:
            why = ALREADY if stored.get(change.key) == change.now else CHANGED
            left[change.key] = change_row(run, _described(change, kind), ChangeState.LEFT, why)
