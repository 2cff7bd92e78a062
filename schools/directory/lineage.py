"""Which schools are one chain and which are one lineage (REACH.md, School), worked out from links alone.

A file of its own and no part of queries or actions, because it is neither: plain values go in and come out (STYLE.md, hard
thinking works on plain values), so that it can be tested against a naive computation without a database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schools.directory.models import LinkKind


@dataclass(frozen=True)
class Link:
    """`successor` followed `predecessor` (or is fed by it); both are ids of schools."""

    predecessor: int
    successor: int
    kind: str
    in_turn: bool = True
    """False where it is known that the successor opened before the predecessor closed: then the one did not become the other."""


@dataclass(frozen=True)
class Kin:
    """The lowest id of a school's chain and of its lineage; None where it is alone in it."""

    chain: int | None
    lineage: int | None


ALONE = Kin(None, None)


class _Groups:
    """Union-find: joins ids into groups, whatever the order and however often; circles do no harm."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def lowest(self, one: int) -> int:
        """The lowest id of the group."""
        above = self._above.setdefault(one, one)
        while above != one:
            self._above[one] = self._above.setdefault(above, above)
            one, above = above, self._above[above]
        return one

    def join(self, one: int, other: int) -> None:
        """Make one group of two; its lowest id stands above all."""
        low, high = sorted((self.lowest(one), self.lowest(other)))
        self._above[high] = low


def kin_of(links: Collection[Link]) -> dict[int, Kin]:
    """The chain and lineage of every school that the links name; the order of the links makes no difference.

    A plain successor link makes one chain of two schools if the one has no other successor and the other no other predecessor,
    whatever kind those links are. Every link joins lineages. Feeder links join lineages alone, and count as no successor:
    an infant school that feeds a junior school may convert and still be one chain with what it became.
    """
    followed: defaultdict[int, set[int]] = defaultdict(set)
    follows: defaultdict[int, set[int]] = defaultdict(set)
    for link in links:
        if link.kind != LinkKind.FEEDER and link.predecessor != link.successor:
            followed[link.predecessor].add(link.successor)
            follows[link.successor].add(link.predecessor)
    chains, lineages = _Groups(), _Groups()
    for link in links:
        lineages.join(link.predecessor, link.successor)
        one_to_one = len(followed[link.predecessor]) == len(follows[link.successor]) == 1
        if link.kind == LinkKind.SUCCESSOR and link.in_turn and one_to_one:
            chains.join(link.predecessor, link.successor)
    schools = {school for link in links for school in (link.predecessor, link.successor)}
    sizes = _sizes(chains, schools), _sizes(lineages, schools)
    return {
        school: Kin(*(_group(groups, size, school) for groups, size in zip((chains, lineages), sizes, strict=True)))
        for school in schools
    }


def _sizes(groups: _Groups, schools: Iterable[int]) -> dict[int, int]:
    sizes: defaultdict[int, int] = defaultdict(int)
    for school in schools:
        sizes[groups.lowest(school)] += 1
    return sizes


def _group(groups: _Groups, sizes: dict[int, int], school: int) -> int | None:
    lowest = groups.lowest(school)
    return lowest if sizes[lowest] > 1 else None


def in_circles[School](pairs: Collection[tuple[School, School]]) -> set[tuple[School, School]]:
    """The (predecessor, successor) pairs of a circle: those from whose successor one comes back to the predecessor."""
    left = set(pairs)
    while True:
        # Whoever has nobody before or nobody after them is in no circle; without them the same may be true of others.
        ends = {one for one, _ in left} & {other for _, other in left}
        inner = {pair for pair in left if pair[0] in ends and pair[1] in ends}
        if inner == left:
            break
        left = inner
    after: defaultdict[School, set[School]] = defaultdict(set)
    for one, other in left:
        after[one].add(other)
    return {(one, other) for one, other in left if one in _reached(after, other)}


def _reached[School](after: Mapping[School, Collection[School]], start: School) -> set[School]:
    seen, latest = {start}, {start}
    while latest:
        latest = {other for one in latest for other in after.get(one, ())} - seen
        seen |= latest
    return seen
