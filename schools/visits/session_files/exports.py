"""The sessions of a period as lines of CSV, in the columns that an import reads (docs/imports.md).

Three streams in the same order (sessions, headcounts, covers) are merged, so memory does not grow with the number of sessions.
No safeguarding notice is ever exported. The last day of an online window is not exported either: it has no column.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet, Value

from schools.core.csv import Cell, lines
from schools.core.periods import Period
from schools.core.snapshot import snapshot
from schools.visits.models import Cover, Headcount, Session
from schools.visits.session_files.columns import COLUMNS, Count, SessionCells, cells, write_because, write_covers

type School = tuple[str, str]
"""A school's nation and register id."""


def session_lines(period: Period) -> Iterator[str]:
    """Yield the CSV of the sessions with a day in the period: by day and start, each host's line before those of its guests."""
    days = (period.first_day, period.last_day)
    with snapshot():
        rows = session_rows(
            Session.objects.in_period(period),
            Headcount.objects.filter(session__day__range=days),
            Cover.objects.filter(session__day__range=days),
            with_sites=True,
        )
        yield from lines(COLUMNS, (cells for _, cells in rows))


def session_rows(
    sessions: QuerySet[Session], headcounts: QuerySet[Headcount], covers: QuerySet[Cover], *, with_sites: bool = False
) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the session's id and the cells of each line, from these sessions, headcounts and covers.

    The cells are those of COLUMNS_OF_RETURNS; `with_sites`: of COLUMNS. Every headcount and cover belongs to one of the
    sessions. A session annotated with `is_guests` 1 gets no line of its host, only the lines of its guests: so a session that is
    hosted elsewhere appears in the file of its guest's area.
    """
    is_guests = {} if "is_guests" in sessions.query.annotations else {"is_guests": Value(0)}
    ordered = (
        sessions.annotate(**is_guests)
        .order_by("day", "starts", "pk")
        .values_list(
            *("pk", "is_guests", "visit__school__nation", "visit__school__register_id", "visit__reference", "type__slug"),
            *("day", "starts", "ends", "language", "stage", "cancelled_code", "cancelled_note", "adults"),
            *("pupils_are", "count_basis"),
            *(["site__name"] if with_sites else ()),
        )
    )
    order = ("session__day", "session__starts", "session_id")
    counted = _Follower(
        headcounts.order_by(*order)
        .values_list("session_id", "school__nation", "school__register_id", "year_group", "expected", "pupils")
        .iterator(10_000)
    )
    covering = _Follower(
        covers.order_by(*order).values_list("session_id", "volunteer__reference", "role", "state").iterator(10_000)
    )
    for pk, is_guests_alone, nation, register_id, *session in ordered.iterator(5000):
        counts: defaultdict[School, list[Count]] = defaultdict(list)
        for _, of_nation, of_register_id, *count in counted.of(pk):
            counts[of_nation, of_register_id].append((count[0], count[1], count[2]))
        site = [session.pop()] if with_sites else []
        written = _session(session, write_covers(cover[1:] for cover in covering.of(pk)))
        host = (nation, register_id)
        if not is_guests_alone:
            yield pk, [*cells(written, *host, counts.pop(host, ()), of_host=True), *site]
        for guest in sorted(counts):
            yield pk, [*cells(written, *guest, counts[guest], of_host=False), *site]


def _session(facts: list[Any], covers: str) -> SessionCells:
    visit, slug, day, starts, ends, language, stage, code, note, adults, pupils_are, count_basis = facts
    return SessionCells(
        visit=visit,
        session_type=slug,
        day=day,
        starts=starts,
        minutes=(ends.hour - starts.hour) * 60 + ends.minute - starts.minute,
        language=language,
        stage=stage,
        because=write_because(code, note),
        adults=adults,
        covers=covers,
        pupils_are=pupils_are,
        count_basis=count_basis,
    )


class _Follower:
    """A stream of rows that begin with a session's id, in the order of the sessions; read one session at a time."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, session: int) -> list[tuple[Any, ...]]:
        """Return the rows of the session; none where it has none."""
        theirs, row = [], self._next
        while row is not None and row[0] == session:
            theirs.append(row)
            row = next(self._rows, None)
        self._next = row
        return theirs
