"""The reach of the current term beside that of the same days a year before, for the home page; schools.reach counts it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from schools.core.periods import Period
from schools.directory.models import Area
from schools.reach.queries import ReachSoFar, a_year_before, so_far

TERMS = ((4, 16, "Summer"), (1, 1, "Spring"), (8, 1, "Autumn"))
"""Month and day from which a term is meant, in all nations; its real days differ from place to place."""

KEPT_SECONDS = 15 * 60
"""Seconds that the figures are shown again; the page says when they were counted."""


@dataclass(frozen=True)
class TermReach:
    """The figures of the term up to today, and of the same days a year before."""

    name: str
    first_day: date
    now: ReachSoFar
    before: ReachSoFar
    as_of: datetime

    @property
    def figures(self) -> list[dict[str, Any]]:
        """The figures that the page shows, each with its exact name."""
        pairs = (
            ("pupils reached, about", self.now.pupils_reached, self.before.pupils_reached),
            ("schools visited", self.now.schools_visited, self.before.schools_visited),
            ("sessions delivered", self.now.sessions_delivered, self.before.sessions_delivered),
        )
        return [{"name": name, "now": now, "before": before} for name, now, before in pairs]


def term_so_far(on: date) -> tuple[str, Period]:
    """Return the name of the current term, and its days up to today."""
    starts = sorted((date(on.year, month, day), name) for month, day, name in TERMS)
    first, name = next((start, name) for start, name in reversed(starts) if start <= on)
    return name, Period(first, on, f"{first}..{on}")


def term_reach(areas: QuerySet[Area] | None, *, on: date, now: datetime) -> TermReach:
    """Return the figures of the areas (None means everything), counted afresh every KEPT_SECONDS."""
    ids = "all" if areas is None else "-".join(map(str, areas.order_by("pk").values_list("pk", flat=True)))
    key = f"term-reach:{on}:{ids}"
    if (kept := cache.get(key)) is not None:
        reach_of_term: TermReach = kept
        return reach_of_term
    name, period = term_so_far(on)
    before = a_year_before(period, as_of=on)
    reach_of_term = TermReach(
        name=name,
        first_day=period.first_day,
        now=so_far(period, as_of=on, areas=areas),
        before=so_far(before, as_of=before.last_day, areas=areas),
        as_of=timezone.localtime(now),
    )
    cache.set(key, reach_of_term, KEPT_SECONDS)
    return reach_of_term
