"""What is hidden of a table that is published."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import F, Q, Sum

from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.reach import places
from schools.reach.filters import EVERYTHING
from schools.reach.places import OF_HEADCOUNTS, Scope
from schools.reach.queries import counting
from schools.reach.queries.tables import reach, scope_of
from schools.reach.rows import Cut, ReachTable
from schools.reach.suppression import Piece, hidden_cells
from schools.visits.models import CountBasis


def hidden_in_public(table: ReachTable, *, some_areas: bool = False) -> dict[str, frozenset[str]]:
    """Return the columns to hide in each row of a table without filters, by the row's cell (schools.reach.suppression).

    The table's period consists of whole months, as does everything that is published (schools.reach.rules): so files of different
    periods can differ by whole months only, and each month is examined. What is hidden is decided on the figures of all areas, so
    that the tables of several coordinators do not give back one another's numbers either (rule 20).
    """
    period, on = table.period, table.as_of
    by = Cut.AUTHORITY if table.by.is_place else table.by
    years = period.academic_years
    with snapshot():
        finest = reach(period, by=by, as_of=on) if some_areas or table.by != by else table
        others = [reach(year.period, by=by, as_of=on) for year in years if year.period != period]
        is_part = "/" not in period.name
        pieces = list(_pieces(years, by=by, on=on)) if is_part else None
    return hidden_cells(table, finest=finest, years=others, pieces=pieces, some_areas=some_areas)


def _pieces(years: Sequence[AcademicYear], *, by: Cut, on: date) -> Iterator[Piece]:
    """Yield the attendances of each row in each month of the years."""
    whole = Period(years[0].first_day, years[-1].last_day, f"{years[0]}..{years[-1]}")
    scope = scope_of(whole, by=by, within=None, filters=EVERYTHING, as_of=on, areas=None)
    sums: defaultdict[tuple[Hashable, tuple[int, int]], list[int]] = defaultdict(lambda: [0, 0, 0])
    for day, seats, estimated, online, key in _days(scope):
        for place, number in enumerate((seats, estimated, online)):
            sums[key, (day.year, day.month)][place] += number or 0
    cells = {key: names.cell for key, names in places.in_order(scope, {key for key, _ in sums})}
    for (key, when), numbers in sums.items():
        yield Piece(cells[key], when, *numbers)


def _days(scope: Scope) -> Iterator[Any]:
    """Return day, attendances, those that are estimates, those online, and key of what was counted."""
    columns = scope.columns(OF_HEADCOUNTS)
    sums = {
        "seats": Sum("pupils"),
        "estimated": Sum("pupils", filter=~Q(session__count_basis=CountBasis.COUNTED)),
        "online": Sum("pupils", filter=Q(session__type__in=scope.online)),
    }
    rows = counting.counted(scope).filter(pupils__gt=0).order_by().values(*columns, on=F("session__day")).annotate(**sums)
    return scope.keyed(rows.values_list("on", "seats", "estimated", "online", *columns))
