"""Session files as a kind of table for the office's page of imports: the same reading, judging and writing as the command.

Past sessions are judged as facts (rule 16). Of a file with a bad line nothing is stored.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import IntegrityError

from schools.directory.actions import Importer, NotThisRegister, OwnTable, TableKind, TableReport
from schools.directory.actions.own_files import OwnFile
from schools.directory.actions.reading import RowProblem, opened_table, table_header
from schools.directory.actions.table_kinds import Fields, Matches, RowChange, TablePlan, day_words
from schools.directory.registers import columns
from schools.visits.session_files.columns import COLUMNS, OPTIONAL, Header
from schools.visits.session_files.diff import known_names
from schools.visits.session_files.importing import ChangedMeanwhileError, judged, store
from schools.visits.session_files.parse import Sheet, SheetSession

TABLE = OwnTable(
    title="a file of sessions",
    needs=tuple(name for name in COLUMNS if name not in OPTIONAL),
    columns=dict.fromkeys(COLUMNS, ()),
    number="visit",
)


@dataclass
class SessionFile(OwnFile[SheetSession]):
    """The content of a file of sessions: they are in the sheet, which is on disk, and not among the rows."""

    sheet: Sheet | None = None
    skipped: frozenset[int] = frozenset()
    """Lines whose sessions are left out."""

    def without(self, lines: Collection[int]) -> "SessionFile":
        """Return the file without the sessions of these lines."""
        return SessionFile(self.rows, self.ignored, self.refused, self.notes, self.sheet, self.skipped | frozenset(lines))


@dataclass
class SessionPlan(TablePlan):
    """Everything that the import will write: the sheet's sessions but those of some lines."""

    sheet: Sheet | None = None
    without: frozenset[int] = frozenset()

    def sessions(self) -> Iterator[SheetSession]:
        """Yield the sessions that will be stored."""
        return self.sheet.sessions(without=self.without) if self.sheet else iter(())

    def planned(self) -> Iterator[RowChange]:
        """Yield what the import changes, a session after the other."""
        return map(_row, self.sessions())


def _read(path: Path, importer: Importer, *, matches: Matches, progress: Callable[[int], None]) -> SessionFile:
    sheet = Sheet(known_names(), importer.on)
    content = SessionFile(sheet=sheet)
    names = partial(columns.renamed, columns=TABLE.columns, matches=matches)
    number = 0
    with opened_table(path, TABLE.needs, names=names, say=content.say) as rows:
        header = Header(table_header(path, rows, TABLE.needs, title=TABLE.title, names=names))
        for number, (line_number, cells) in enumerate(rows, start=1):
            if number % 1000 == 0:
                progress(number)
            line, reasons = header.read(line_number, cells)
            if line is not None:
                reasons += sheet.leave_out(line) if reasons else sheet.add(line)
            if reasons:
                reference = line.visit if line else header.reference(cells)
                content.refused.append(RowProblem(line_number, reference, " ".join(reasons)))
    if not number:
        msg = f"{path.name} has a header and no rows. Nothing was changed."
        raise NotThisRegister(msg)
    return content


def _plan(content: OwnFile[SheetSession], importer: Importer) -> SessionPlan:
    assert isinstance(content, SessionFile)  # noqa: S101  # as `_read` returns it
    assert content.sheet is not None  # noqa: S101  # as above
    result, known = judged(content.sheet, [], progress=_silent, without=content.skipped)
    refused = [*content.refused, *(RowProblem(bad.line, bad.id, bad.reason) for bad in result.refused)]
    report = TableReport(unchanged=result.unchanged, refused=sorted(refused, key=lambda problem: problem.line))
    report.left_out = [*content.notes, *result.notes]
    if refused:
        return SessionPlan(report)
    report.created = result.created
    return SessionPlan(report, sheet=content.sheet, without=content.skipped | known)


def _row(session: SheetSession) -> RowChange:
    facts = session.facts
    known = [pupils for _, _, _, pupils in session.counts if pupils is not None]
    fields: Fields = {
        "Session": [None, f"{session.type.slug}, {session.starts:%H:%M}–{session.ends:%H:%M}, {session.stage}"],
        "Pupils": [None, sum(known) if known else "not counted"],
        "People": [None, len(session.covers)],
        "Language": [None, facts.language],
    }
    if session.site:
        fields["Site"] = [None, session.site]
    key = f"{session.visit}:{session.type.slug}:{session.day.isoformat()}:{session.starts:%H:%M}"
    return RowChange(key, f"{session.visit}, {day_words(session.day)}", (session.line,), created=True, fields=fields)


def _silent(_step: str, _done: int) -> None:
    return None


def _write(plan: SessionPlan, importer: Importer) -> None:
    try:
        if plan.sheet and plan.report.created:
            store(plan.sheet, plan.without, now=importer.now, progress=_silent)
    except ChangedMeanwhileError as changed:
        # The next try reads what is stored by then.
        raise IntegrityError from changed


def _lock() -> None:
    """Lock nothing yet: writing locks people first, then session types, and looks again (rules.md, Locks)."""


SESSIONS: TableKind[SheetSession, SessionPlan] = TableKind(TABLE, _read, _plan, _write, _lock, all_or_nothing=True)
"""Session files as a kind of table."""
