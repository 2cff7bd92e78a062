"""Drift: what moves the figures of closed returns although no outcome was restated, said before and written down after.

A closed return remembers its figures as they were known last. Whoever changes links, registers, rolls or areas calls `note_drift`
afterwards; what no caller noted is found once a night.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from schools.accounts.models import User
from schools.core.periods import AcademicYear, Period
from schools.core.words import joined
from schools.directory.models import Area
from schools.reach import returns
from schools.reach.actions.returns import Figures, differences, figures_now, write_drift
from schools.reach.figures import BY_NAME, FILE_FIGURES, Reads
from schools.reach.models import Return
from schools.reach.queries import reach
from schools.reach.rows import Cut
from schools.visits.models import Session

AT_NIGHT = "Something else changed; the nightly comparison noticed it."
NOTHING = {Reads.COUNT: "0", Reads.HOURS: "0.0", Reads.YES_NO: "no", Reads.PERCENT: ""}
"""The kept figures of an area without schools and sessions."""
MOST_YEARS = 10
"""School years back that a preview looks at."""


def note_drift(because: str, *, now: datetime, by: User | None = None, areas: Collection[int] | None = None) -> int:
    """Write a line for each closed return whose figures moved since they were known last; return how many.

    `areas` None means all. What `because` says is believed: call it right after the change.
    """
    # What returns rest on is large, and no figure of them.
    closed = Return.objects.closed().defer("evidence")
    if areas is not None:
        closed = closed.filter(area__in=areas)
    moved = 0
    for same in _alike(closed):
        figures = live_figures(same)
        for signed in same:
            moved += _note(signed, figures[signed.pk], because, now=now, by=by)
    return moved


def find_drift(*, now: datetime) -> int:
    """Write down what moved closed returns and nobody noted; return how many there are."""
    return note_drift(AT_NIGHT, now=now)


@transaction.atomic
def _note(counted: Return, figures: Figures, because: str, *, now: datetime, by: User | None) -> bool:
    """Write the line, where the figures are still others than those that are known; they were `counted` before the lock."""
    signed = Return.objects.select_for_update(of=("self",), no_key=True).defer("evidence").get(pk=counted.pk)
    if signed.live != counted.live:
        # Somebody restated an outcome meanwhile: figures from before it would take back what it says.
        figures = figures_now(signed)
    return write_drift(signed, figures, because, now=now, by=by)


def live_figures(alike: Collection[Return]) -> dict[int, Figures]:
    """Return the figures of returns of one period, day and definitions, as they would be signed off by today's knowledge."""
    first = next(iter(alike))
    period = Period(first.first_day, first.last_day, first.period)
    on = timezone.localdate(first.signed_off_at)
    areas = Area.objects.filter(pk__in=[signed.area_id for signed in alike])
    table = reach(period, by=Cut.AREA, as_of=on, areas=areas, definitions=first.definitions)
    columns, rows = returns.figures_kept(table).values()
    by_cell = dict(zip((row.cell for row in [*table.rows, table.total]), rows, strict=True))
    nothing = _of_nothing(columns)
    return {
        signed.pk: dict(zip(columns, by_cell[str(signed.area_id)], strict=True)) if str(signed.area_id) in by_cell else nothing
        for signed in alike
    }


def _of_nothing(columns: Iterable[str]) -> Figures:
    return {column: NOTHING[BY_NAME[column].reads] if column in BY_NAME else "" for column in columns}


def _alike(closed: Iterable[Return]) -> Iterator[list[Return]]:
    """Yield closed returns that one table can tell: of one period, of one day, by one version of the definitions."""
    groups: defaultdict[tuple[object, ...], list[Return]] = defaultdict(list)
    for signed in closed:
        days = (signed.first_day, signed.last_day, timezone.localdate(signed.signed_off_at))
        groups[(*days, signed.definitions)].append(signed)
    yield from groups.values()


@dataclass(frozen=True)
class _Moved:
    """What moves in one area and period."""

    area: str
    period: str
    figures: frozenset[str]
    is_closed: bool


def what_would_move(change: Callable[[], object], areas: Collection[int], *, since: date | None, on: date) -> list[str]:
    """Return sentences that say whose figures of which periods the change would move, and which of them are closed.

    The change is made, looked at and undone. `since` is the day from which it counts: periods that ended before are not looked
    at; None looks at the last ten school years. Raises what the change raises; nothing is stored whatever happens.
    """
    before = _tables(areas, since=since, on=on)
    with transaction.atomic():
        change()
        after = _tables(areas, since=since, on=on)
        transaction.set_rollback(True)
    closed = set(Return.objects.closed().filter(area__in=areas).values_list("area_id", "period"))
    names = dict(Area.objects.filter(pk__in=areas).values_list("pk", "name"))
    moved = []
    for (area, period), figures in before.items():
        then = after.get((area, period), _of_nothing(figures))
        changed = frozenset(column for column, _, _ in differences(figures, then))
        # Of a period of which nothing was reported, nobody has told a figure yet.
        if changed and (_has_sessions(figures) or _has_sessions(then) or (area, period) in closed):
            moved.append(_Moved(names[area], period, changed, (area, period) in closed))
    return sentences(moved)


def _has_sessions(figures: Figures) -> bool:
    return figures["sessions_delivered"] not in {"", "0"}


def _tables(areas: Collection[int], *, since: date | None, on: date) -> dict[tuple[int, str], Figures]:
    periods = {str(year): year.period for year in _years(since, on=on)}
    for signed in Return.objects.closed().filter(area__in=areas):
        if since is None or signed.last_day >= since:
            periods.setdefault(signed.period, Period(signed.first_day, signed.last_day, signed.period))
    figures = {}
    for name, period in periods.items():
        table = reach(period, by=Cut.AREA, as_of=on, areas=Area.objects.filter(pk__in=areas))
        columns, rows = returns.figures_kept(table).values()
        for row, cells in zip(table.rows, rows, strict=False):
            if row.cell != "none":
                figures[int(row.cell), name] = dict(zip(columns, cells, strict=True))
    return figures


def _years(since: date | None, *, on: date) -> list[AcademicYear]:
    """Return the school years with sessions, up to today's, that end on `since` or later; ten at most."""
    first: date = Session.objects.order_by().aggregate(first=Min("day"))["first"] or on
    last = AcademicYear.of(on).start
    begins = max(AcademicYear.of(max(first, since or first)).start, last - MOST_YEARS + 1)
    return [AcademicYear(start) for start in range(begins, last + 1)]


def sentences(moved: Iterable[_Moved]) -> list[str]:
    """Return a sentence for each period in which something moves."""
    periods: defaultdict[str, list[_Moved]] = defaultdict(list)
    for change in moved:
        periods[change.period].append(change)
    return [_sentence(period, changes) for period, changes in sorted(periods.items())]


def _sentence(period: str, changes: list[_Moved]) -> str:
    headings = [figure.heading.lower() for figure in FILE_FIGURES if any(figure.name in change.figures for change in changes)]
    few = headings[:3] + ([f"{len(headings) - 3} more"] if len(headings) > 3 else [])  # three are read at a glance
    areas = f"{len(changes)} area{'s' * (len(changes) != 1)}"
    closed = sorted(change.area for change in changes if change.is_closed)
    beside = f", {len(closed)} of them closed: {joined(closed)}" if closed else ""
    return f"This changes {joined(few)} of {period} in {areas}{beside}."
