"""One way in for every table that comes as a file: read, compared with what is stored, and written whole or in part.

A kind of table says how its rows are read, what they would change, and how that is written. Commands write everything at once;
the office's page shows the changes first, and writes those that are still as they were shown.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.actions.own_files import OwnFile, OwnTable, TableReport, write_table
from schools.directory.actions.reading import no_progress

type Fields = dict[str, list[object]]
"""For each changed fact, by its name on the page, the old and the new value, as JSON holds them."""
type Matches = Mapping[str, str]
"""Columns that somebody matched by hand: the file's name for the column, and ours; "" where it is not to be read."""
type Progress = Callable[[int], None]
"""A function that is called with the number of rows read so far."""

BY_NAME: Matches = {}
"""No column is matched by hand: all are found by their names."""


@dataclass(frozen=True)
class Importer:
    """Who imports and when; `by` is None for a command, which may change the rows of every area."""

    by: User | None
    now: datetime
    origin: str = ""
    """From where the list is, as the people in it read it; blank: nobody said."""

    @property
    def on(self) -> date:
        """The day on which the file is imported."""
        return timezone.localdate(self.now)


class RowChange(NamedTuple):
    """What the file changes of one thing; `key` is unique within the file, and the same whenever the file is read."""

    key: str
    name: str
    lines: tuple[int, ...]
    created: bool
    fields: Fields


@dataclass
class TablePlan:
    """Everything that an import will write; each kind adds the rows themselves."""

    report: TableReport
    changes: list[RowChange] = field(default_factory=list)

    def planned(self) -> Iterable[RowChange]:
        """Return what the import changes; each call begins anew."""
        return self.changes


class ReadTable[Facts](Protocol):
    """Reads a file of the kind; nothing is stored. Raises UnreadableTable or NotThisRegister, each with one line."""

    def __call__(self, path: Path, importer: Importer, /, *, matches: Matches, progress: Progress) -> OwnFile[Facts]:
        """Return the rows that can be read, and what is wrong with the others."""


@dataclass(frozen=True)
class TableKind[Facts, Plan: TablePlan]:
    """A kind of table that comes in as a file."""

    table: OwnTable
    read: ReadTable[Facts]
    plan: Callable[[OwnFile[Facts], Importer], Plan]
    """Compares the rows with what is stored."""
    write: Callable[[Plan, Importer], None]
    """Writes the plan, inside the transaction in which it was made."""
    lock: Callable[[], None]
    """Keeps other imports of the kind waiting until the transaction ends."""
    all_or_nothing: bool = False
    """Whether nothing of a file is stored where one of its lines cannot be used."""


class KeptChange(NamedTuple):
    """A change of a long list, as it is kept between the preview and the applying of it; `was` is "" for what is new."""

    line: int
    key: str
    was: str
    now: str


class StreamChanges(Protocol):
    """Reads a long list row by row and compares it with what is stored; memory does not grow with the list."""

    def __call__(
        self, path: Path, report: TableReport, /, *, matches: Matches, progress: Progress, most_refused: int
    ) -> Iterator[KeptChange]:
        """Yield what the list changes, each key once. The report is complete at the end; only so many refused rows are in it.

        Raises UnreadableTable or NotThisRegister, each with a message of one line.
        """


@dataclass(frozen=True)
class StreamedKind:
    """A kind of list with up to millions of rows: its changes are counted, and the first ones shown as examples."""

    table: OwnTable
    fact: str
    """What a row says of its key, as the page names it."""
    changes: StreamChanges
    is_empty: Callable[[], bool]
    """Whether nothing is stored yet, so that no key has to be looked up."""
    stored: Callable[[Iterable[str]], Mapping[str, str]]
    """Returns what is stored under these keys, as a change has it; a key that is not stored is left out."""
    write: Callable[[Sequence[KeptChange]], None]
    """Writes the changes, inside the transaction that applies all of them."""
    lock: Callable[[], None]
    """Keeps other imports of the kind waiting until the transaction ends."""


type AnyKind = TableKind[Any, Any] | StreamedKind


def preview_table[Facts, Plan: TablePlan](
    kind: TableKind[Facts, Plan], path: Path, importer: Importer, *, matches: Matches = BY_NAME, progress: Progress = no_progress
) -> TableReport:
    """Return what `import_table` would do with the file; nothing is changed. Raises the same errors."""
    return kind.plan(kind.read(path, importer, matches=matches, progress=progress), importer).report


def import_table[Facts, Plan: TablePlan](
    kind: TableKind[Facts, Plan], path: Path, importer: Importer, *, matches: Matches = BY_NAME, progress: Progress = no_progress
) -> TableReport:
    """Store what the file says, in one transaction; rows that cannot be used are in the report.

    Raises UnreadableTable or NotThisRegister, each with a message of one line; nothing is changed then.
    """
    content = kind.read(path, importer, matches=matches, progress=progress)

    @transaction.atomic
    def write() -> TableReport:
        kind.lock()
        plan = kind.plan(content, importer)
        kind.write(plan, importer)
        return plan.report

    return write_table(write)


def plan_as_shown[Facts, Plan: TablePlan](
    kind: TableKind[Facts, Plan], content: OwnFile[Facts], importer: Importer, shown: Mapping[str, Fields]
) -> tuple[Plan, Plan]:
    """Return the plan of the whole file, and the plan of those rows alone whose changes are still as they were shown.

    Rows hang together (an area ends where the next begins), so rows are taken out until all changes that are left were shown.
    """
    whole = plan = kind.plan(content, importer)
    while differing := {line for change in plan.planned() if shown.get(change.key) != change.fields for line in change.lines}:
        content = content.without(differing)
        plan = kind.plan(content, importer)
    return whole, plan


def day_words(day: date | None) -> str | None:
    """Return a day as pages of imports show it, the same in every language; None for none."""
    return f"{day.day} {day:%B %Y}" if day else None


def refused_lines(report: TableReport, lines: Collection[int]) -> list[str]:
    """Return why these lines are refused, each reason once."""
    return list(dict.fromkeys(problem.reason for problem in report.refused if problem.line in lines))
