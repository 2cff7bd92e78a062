"""To which authority a school belonged on which days, worked out from what is known of it, in whatever order it became known.

Plain values in and out, as in holdings.py, so that it can be tested against a naive computation without a database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
ALWAYS = date.min
"""Stands for a day that nobody knows and that lies before all others."""


class Sighting(NamedTuple):
    """The fact that a school belonged to the authority on both days, as registers of these days say.

    ALWAYS stands for an unknown day: somebody typed the authority, or a register was read before such days were kept.
    """

    authority: int
    first: date
    last: date


class Belonging(NamedTuple):
    """The days on which a school belongs to an authority, both included: from always (None), and still (None)."""

    authority: int
    from_day: date | None
    to_day: date | None


class Lifetime(NamedTuple):
    """The first and the last day of an authority; None: not known, or still."""

    opened: date | None
    closed: date | None


@dataclass(frozen=True)
class Authorities:
    """What is known of authorities over time."""

    lifetimes: Mapping[int, Lifetime] = field(default_factory=dict)
    reorganisations: Mapping[tuple[int, int], date] = field(default_factory=dict)
    """The first day of the second authority of each pair in place of the first."""
    names: Mapping[int, str] = field(default_factory=dict)
    """What decides between two authorities where nothing else does: their codes, never the order in which they were stored."""

    def lifetime(self, authority: int) -> Lifetime:
        """Return the lifetime of the authority; unknown on both sides where nobody knows it."""
        return self.lifetimes.get(authority, Lifetime(None, None))

    def within(self, authority: int, day: date) -> date:
        """Return the day, or the nearest one on which the authority existed: no register can speak of it on another day."""
        opened, closed = self.lifetime(authority)
        return min(max(day, opened or day), closed or date.max)

    def only_predecessor(self, authority: int) -> int | None:
        """Return the authority out of which it came; None where there is none, or where several were joined."""
        old = [before for before, after in self.reorganisations if after == authority]
        return old[0] if len(old) == 1 else None


def belongings(known: Iterable[Sighting], authorities: Authorities) -> list[Belonging]:
    """Return the authorities of a school in order of time, without gaps and without overlaps; none where nothing is known.

    Between two sightings it changes on the day of a reorganisation, else on the day on which the second authority opened or
    after the first one closed, else on the day on which a register first names the second. Before the first sighting the school
    belonged to the authority out of which its own came, where exactly one is known; after the last one nothing changes.
    """
    runs = _runs([_within_lifetime(sighting, authorities) for sighting in known], authorities)
    begins: list[tuple[int, date]] = []
    earlier: Sighting | None = None
    for run in runs:
        if earlier is None or earlier.authority != run.authority:
            begins += _changes(earlier, run, authorities)
        earlier = run
    ends = [day - DAY for _, day in begins[1:]]
    return (
        [
            Belonging(authority, None if first == ALWAYS else first, last)
            for (authority, first), last in zip(begins, [*ends, None], strict=True)
        ]
        if begins
        else []
    )


def _within_lifetime(sighting: Sighting, authorities: Authorities) -> Sighting:
    authority, first, last = sighting
    return Sighting(authority, authorities.within(authority, first), authorities.within(authority, last))


def _runs(sightings: list[Sighting], authorities: Authorities) -> list[Sighting]:
    """Return stretches in which one authority was seen, in order of time; of two on one day the one that was seen later first."""
    days = sorted({day for seen in sightings for day in (seen.first, seen.last)})
    points = sorted({*days, *(day + DAY for day in days), *(day - DAY for day in days if day > ALWAYS)})
    runs: list[Sighting] = []
    for day in points:
        there = [seen for seen in sightings if seen.first <= day <= seen.last]
        if not there:
            continue
        newest = max(there, key=lambda seen: (seen.first, -seen.last.toordinal(), authorities.names.get(seen.authority, "")))
        if runs and runs[-1].authority == newest.authority:
            runs[-1] = runs[-1]._replace(last=day)
        else:
            runs.append(Sighting(newest.authority, day, day))
    return runs


def _changes(earlier: Sighting | None, later: Sighting, authorities: Authorities) -> list[tuple[int, date]]:
    """Return the authorities after the earlier sighting up to the later one, each with its first day, in order of time."""
    changes: list[tuple[int, date]] = []
    authority, before = later.authority, later.first
    """The authority whose beginning is looked for, and a day on which it was there."""
    after = earlier.last if earlier else ALWAYS
    seen = {authority}
    while True:
        day = _first_day(earlier, authority, before, authorities)
        is_born = day is not None and day == authorities.lifetime(authority).opened
        predecessor = authorities.only_predecessor(authority) if is_born else None
        if day is None and changes and earlier:
            break  # nothing tells that the school was ever in this predecessor
        changes.append((authority, day or (before if earlier else ALWAYS)))
        if not is_born or (earlier and (earlier.authority, authority) in authorities.reorganisations):
            break
        if predecessor is None or predecessor in seen or day is None or day <= after:
            break
        authority, before = predecessor, day - DAY
        seen.add(authority)
    if earlier is None:
        changes[-1] = changes[-1][0], ALWAYS
    return changes[::-1]


def _first_day(earlier: Sighting | None, authority: int, before: date, authorities: Authorities) -> date | None:
    """Return the day that is known as the authority's first, after the earlier sighting and not after `before`."""
    opened = authorities.lifetime(authority).opened
    if earlier is None:
        return opened if opened and opened <= before else None
    closed = authorities.lifetime(earlier.authority).closed
    days = authorities.reorganisations.get((earlier.authority, authority)), opened, closed + DAY if closed else None
    return next((day for day in days if day and earlier.last < day <= before), None)
