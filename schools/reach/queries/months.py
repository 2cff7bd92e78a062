"""Attendances by month, for the picture that compares two years."""

from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from schools.core.periods import Period
from schools.core.snapshot import snapshot
from schools.directory.models import Area
from schools.reach.filters import EVERYTHING
from schools.reach.queries import counting
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut


def attendances_by_month(first: date, last: date, *, as_of: date, areas: QuerySet[Area] | None = None) -> dict[str, int]:
    """Return the attendances of each month from the first day to the last, like 2025-10, that had any headcount.

    They are those of `reach` by month: of all figures of pupils, attendances alone can be added up without the fold.
    """
    with snapshot():
        period = Period(first, last, f"{first}..{last}")
        scope = scope_of(period, by=Cut.MONTH, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        counted: QuerySet[Any] = counting.counted(scope)
        rows = counted.order_by().values("month").annotate(pupils_=Sum("pupils"))
        return {row["month"]: row["pupils_"] or 0 for row in rows}
