"""Which area holds an authority on which days, worked out from holdings that were declared in any order.

Plain values in and out, as in lineage.py, so that it can be tested against a naive computation without a database.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

type FirstDay = date | None
"""The first day of a holding; None: from always."""


class Holding[Area](NamedTuple):
    """An area, and the last day on which it holds the authority; None: it still does."""

    area: Area
    to_day: date | None


def without_overlaps[Area](declared: Mapping[FirstDay, Holding[Area]]) -> dict[FirstDay, Holding[Area]]:
    """Return the holdings of one authority by first day, each cut short where the next one begins."""
    first_days = sorted(declared, key=lambda day: (day is not None, day or date.min))
    holdings = {}
    for first, following in zip(first_days, [*first_days[1:], None], strict=True):
        area, to_day = declared[first]
        if following:
            before_next = following - timedelta(days=1)
            to_day = min(to_day or before_next, before_next)
        holdings[first] = Holding(area, to_day)
    return holdings
