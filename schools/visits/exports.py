"""The sessions of a period as lines of CSV, in the columns that an import reads (DESIGN.md, session columns).

Three streams in the same order (sessions, headcounts, covers), merged: the memory does not grow with the number of sessions.
Nothing that a child told is ever in it, nor the last day of an online window, for which there is no column.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from schools.core.csv import Cell, lines
from schools.core.moments import one_moment
from schools.core.periods import Period
from schools.visits.columns import COLUMNS, Count, SessionCells, cells, write_because, write_covers
from schools.visits.models import Cover, Headcount, Session

type School = tuple[str, str]
"""Nation and register id."""


def session_lines(period: Period) -> Iterator[str]:
    """The CSV of the sessions whose day lies in the period: by day and start, the host's line first, then its guests'."""
    with one_moment():
        yield from lines(COLUMNS, _rows(period))


def _rows(period: Period) -> Iterator[list[Cell]]:
    sessions = (
        Session.objects.in_period(period)
        .order_by("day", "starts", "pk")
        .values_list(
            *(
                "pk",
                "visit__school__nation",
                "visit__school__register_id",
                "visit__reference",
                "type__slug",
                "day",
                "starts",
                "ends",
            ),
            *("language", "stage", "cancelled_code", "cancelled_note", "adults", "pupils_are", "count_basis"),
        )
    )
    days = {"session__day__range": (period.first_day, period.last_day)}
    order = ("session__day", "session__starts", "session_id")
    headcounts = _Follower(
        Headcount.objects.filter(**days)
        .order_by(*order)
        .values_list("session_id", "school__nation", "school__register_id", "year_group", "expected", "pupils")
        .iterator(10_000)
    )
    covers = _Follower(
        Cover.objects.filter(**days)
        .order_by(*order)
        .values_list("session_id", "volunteer__reference", "role", "state")
        .iterator(10_000)
    )
    for pk, nation, register_id, *session in sessions.iterator(5000):
        counts: defaultdict[School, list[Count]] = defaultdict(list)
        for _, of_nation, of_register_id, *count in headcounts.of(pk):
            counts[of_nation, of_register_id].append((count[0], count[1], count[2]))
        written = _session(session, write_covers((who, role, state) for _, who, role, state in covers.of(pk)))
        host = (nation, register_id)
        yield cells(written, *host, counts.pop(host, ()), of_host=True)
        for guest in sorted(counts):
            yield cells(written, *guest, counts[guest], of_host=False)


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
    """Rows that begin with a session's id, in the order of the sessions; taken one session at a time."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, session: int) -> Iterator[tuple[Any, ...]]:
        """The rows of the session; nothing where it has none."""
        while self._next is not None and self._next[0] == session:
            yield self._next
            self._next = next(self._rows, None)
