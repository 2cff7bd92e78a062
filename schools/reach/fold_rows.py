"""What the fold reads, as plain values: rows of headcounts, exact rolls, and how links cut lineages into stretches."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schools.reach.headcount_codec import Class, decode_rolls
from schools.reach.rows import DEFINITIONS

type Row = tuple[int, int, int, str | None, str | None, Hashable]
"""What was counted in one register entry and place, in sessions for pupils.

Lineage, chain, register entry, the headcounts, those that carry the id of their session, place.
Headcounts are texts of headcount_codec; None where there are none. Those of new pupils who were counted class by class stand
alone; all others carry the id of their session, and so do all of a lineage with stretches.
"""

CHAIN, ENTRY, PLACE = 1, 2, 5
"""Positions in a row."""

type RollRow = tuple[int, int, str]
"""Lineage, chain, and its exact rolls as a text of headcount_codec."""


@dataclass(frozen=True)
class Stretches:
    """The days of links between the chains of a lineage cut its years into stretches: then pupils change their school."""

    number: Mapping[tuple[int, int], int] = MappingProxyType({})
    """The stretch of each session, by lineage and session; 0 where it is missing."""
    lineages: Collection[int] = ()
    """The lineages with stretches."""
    undated: Collection[int] = ()
    """Those of them with a link of which nobody knows the day: each chain is a stretch by itself."""

    def of(self, lineage: int, chain: int, session: int) -> tuple[int, int]:
        """Return the stretch of a session of the chain."""
        return self.number.get((lineage, session), 0), chain if lineage in self.undated else 0


@dataclass(frozen=True)
class Known:
    """What the fold has to know besides the headcounts."""

    online: Collection[int] = ()
    """The session types of that channel."""
    rolls: Iterable[RollRow] = ()
    """Exact rolls, ordered by lineage; a lineage without any may be missing."""
    stretches: Stretches = Stretches()
    definitions: int = DEFINITIONS
    """By FIRST_DEFINITIONS there are no rolls and no *at least*: about how many pupils is all that is told."""


class RollsInOrder:
    """Exact rolls, ordered by lineage, handed out lineage by lineage in that order."""

    def __init__(self, rolls: Iterable[RollRow]) -> None:
        """Begin before the first lineage."""
        self._rows = iter(rolls)
        self._next = next(self._rows, None)

    def of(self, lineage: int) -> dict[int, dict[Class, int]]:
        """Return the rolls of the lineage by chain; no lineage may be asked for after one that stands behind it."""
        own: dict[int, dict[Class, int]] = {}
        while self._next and self._next[0] <= lineage:
            if self._next[0] == lineage:
                own[self._next[1]] = decode_rolls(self._next[2])
            self._next = next(self._rows, None)
        return own
