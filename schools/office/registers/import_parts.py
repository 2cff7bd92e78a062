"""The parts of an import's preview and report. A page shows the number of rows of each part, and the rows of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.directory.models import ChangeKind, ChangeState, ImportChange, ImportRun, RunState
from schools.visits.models import Headcount, Session, SessionStage, Visit

NOT_LEFT = ~Q(state=ChangeState.LEFT)
AGES = ["low_age", "high_age"]

type Rows = QuerySet[Any] | Sequence[Any]


@dataclass(frozen=True)
class Part:
    """One list of the preview: its name in the address, its heading, its rows, and how a page shows them."""

    key: str
    heading: str
    drawn_as: str
    """`changes`, `table-changes`, `complaints` or `visits`: how the rows are shown."""
    of_changes: Q | None = None
    """Which changes of the import are its rows; None where its rows are no changes."""
    of_report: tuple[str, ...] = ()
    """Where its rows stand in the report, if they are lines of the file."""
    hint: str = ""


PARTS = (
    Part("left", "Left as they are", "changes", Q(state=ChangeState.LEFT), hint="They changed after the preview was made."),
    Part(
        "visits",
        "Booked visits affected",
        "visits",
        hint="Their school closes, moves to another authority, is missing or teaches other ages. The visits stay as they are.",
    ),
    Part("closed", "Closed", "changes", Q(closes=True) & NOT_LEFT),
    Part("moved", "In another authority", "changes", Q(moves=True) & NOT_LEFT),
    Part("missing", "Newly missing", "changes", Q(kind=ChangeKind.MISSING) & NOT_LEFT, hint="Not closed: only marked."),
    Part("updated", "Updated", "changes", Q(kind=ChangeKind.UPDATED) & NOT_LEFT),
    Part("created", "Created", "changes", Q(kind=ChangeKind.CREATED) & NOT_LEFT),
    Part("linked", "Linked with the school before", "changes", Q(kind=ChangeKind.LINKED) & NOT_LEFT),
    Part("rolls", "Pupils by year group", "changes", Q(kind=ChangeKind.ROLLS) & NOT_LEFT),
    Part(
        "refused",
        "Refused",
        "complaints",
        of_report=("refused", "links.refused"),
        hint="These lines cannot be used. Everything else can; the lines are read again with the next file.",
    ),
    Part(
        "left-out",
        "Left out",
        "complaints",
        of_report=("left_out", "links.unknown"),
        hint="Single values that cannot be used, and links that wait for a school.",
    ),
)


TABLE_PARTS = (
    Part("left", "Left as they are", "table-changes", Q(state=ChangeState.LEFT), hint="They changed after the preview was made."),
    Part("created", "New", "table-changes", Q(kind=ChangeKind.CREATED) & NOT_LEFT),
    Part("updated", "Changed", "table-changes", Q(kind=ChangeKind.UPDATED) & NOT_LEFT),
    Part(
        "refused",
        "Refused",
        "complaints",
        of_report=("refused",),
        hint="These lines cannot be used. Everything else can; mend them and hand the file in again.",
    ),
    Part(
        "left-out",
        "Notes",
        "complaints",
        of_report=("left_out",),
        hint="Single values that cannot be used, and what is worth a look.",
    ),
)
"""The parts of the import of a table."""

STREAMED_PARTS = tuple(
    replace(part, heading=f"{part.heading}: examples") if part.of_changes is not None else part for part in TABLE_PARTS
)
"""The parts of the import of a long list, of which the first rows are shown."""


@dataclass(frozen=True)
class Tab:
    """A part, with the number of its rows."""

    part: Part
    number: int


def tabs_of(run: ImportRun, *, on: date, parts: Sequence[Part] = PARTS) -> list[Tab]:
    """Return every part that has rows, in order; two queries."""
    counts = {part.key: Count("pk", filter=part.of_changes) for part in parts if part.of_changes is not None}
    aliases = {f"n_{key.replace('-', '_')}": count for key, count in counts.items()}
    numbers = run.changes.aggregate(**aliases)
    tabs = []
    for part in parts:
        if part.of_changes is not None:
            number = numbers[f"n_{part.key.replace('-', '_')}"]
        else:
            rows = rows_of(run, part, on=on)
            number = rows.count() if isinstance(rows, QuerySet) else len(rows)
        if number:
            tabs.append(Tab(part, number))
    return tabs


def rows_of(run: ImportRun, part: Part, *, on: date) -> Rows:
    """Return the rows of the part, in order."""
    if part.of_changes is not None:
        by_line = ("line", "known_by") if part.drawn_as == "table-changes" else ("name", "register_id", "other_id")
        return run.changes.filter(part.of_changes).order_by(*by_line)
    if part.of_report:
        return [row for where in part.of_report for row in _in_report(run.report or {}, where)]
    return affected_visits(run, on=on)


def _in_report(report: dict[str, Any], where: str) -> list[Any]:
    for name in where.split("."):
        report = report.get(name) or {}
    return list(report)


def affected_visits(run: ImportRun, *, on: date) -> QuerySet[Visit]:
    """Return visits with a session to come whose school, or a guest school, closes, moves, is missing or teaches other ages.

    “To come” means a scheduled session on the day `on` or later. For an applied import it means any session on the day on which
    it was applied, or later.
    """
    touching = Q(closes=True) | Q(moves=True) | Q(kind=ChangeKind.MISSING) | Q(fields__has_any_keys=AGES)
    changes = ImportChange.objects.filter(touching & NOT_LEFT, run=run)
    guests = Headcount.objects.filter(session__visit=OuterRef("pk"), school__in=changes.values("school"))
    concerned = Exists(changes.filter(school=OuterRef("school"))) | Exists(guests)
    sessions = Session.objects.filter(visit=OuterRef("pk"))
    if run.state == RunState.APPLIED and run.applied_at:
        sessions = sessions.filter(day__gte=timezone.localdate(run.applied_at))
    else:
        sessions = sessions.filter(day__gte=on, stage=SessionStage.SCHEDULED)
    return Visit.objects.filter(concerned, Exists(sessions)).select_related("school").order_by("school__name", "pk")


def reasons_of(run: ImportRun, visits: Sequence[Visit]) -> dict[int, list[str]]:
    """Return for each visit, by id, why it is listed, in a few words."""
    schools = {(visit.pk, visit.school_id) for visit in visits}
    guests = Headcount.objects.filter(session__visit__in=[visit.pk for visit in visits]).order_by()
    guests_of = set(guests.values_list("session__visit_id", "school_id").distinct()) - schools
    changes: dict[int, list[ImportChange]] = {}
    for change in run.changes.filter(NOT_LEFT, school__in={school for _, school in schools | guests_of}):
        changes.setdefault(change.school_id or 0, []).append(change)
    words: dict[int, list[str]] = {}
    for visit, school in sorted(schools):
        words.setdefault(visit, []).extend(reason for change in changes.get(school, ()) for reason in _reasons(change))
    for visit, school in sorted(guests_of):
        reasons = (f"its guest {change.name}: {reason}" for change in changes.get(school, ()) for reason in _reasons(change))
        words.setdefault(visit, []).extend(reasons)
    return words


def _reasons(change: ImportChange) -> list[str]:
    """Return in words what the change means for booked visits."""
    checks = (
        (change.closes, "it closes"),
        (change.moves, f"it is in {change.fields['authority'][1]}" if change.moves else ""),
        (change.kind == ChangeKind.MISSING, "the register does not name it"),
        (bool(change.fields.keys() & set(AGES)), "it teaches other ages"),
    )
    return [words for holds, words in checks if holds]
