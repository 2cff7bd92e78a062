"""Which schools are one chain and which are one lineage (docs/figures.md, Schools), worked out from links alone.

Separate from queries and actions, because plain values go in and come out: so it can be tested against a naive computation
without a database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schools.directory.models import LinkKind


@dataclass(frozen=True)
class Link:
    """The fact that `successor` followed `predecessor`, or is fed by it; both are ids of schools."""

    predecessor: int
    successor: int
    kind: str
    in_turn: bool = True
    """False where the successor is known to have opened before the predecessor closed: then neither became the other."""


@dataclass(frozen=True)
class Kin:
    """The lowest id of a school's chain and of its lineage; None where the school is alone in it."""

    chain: int | None
    lineage: int | None


ALONE = Kin(None, None)


class _Groups:
    """Disjoint sets of ids (union-find); pairs may be joined in any order, repeatedly and in circles."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def lowest(self, school: int) -> int:
        """Return the lowest id of the school's group."""
        above = self._above.setdefault(school, school)
        while above != school:
            self._above[school] = self._above.setdefault(above, above)
            school, above = above, self._above[above]
        return school

    def join(self, school: int, other: int) -> None:
        """Join the groups of two schools; the lowest id represents the group."""
        low, high = sorted((self.lowest(school), self.lowest(other)))
        self._above[high] = low


def kin_of(links: Collection[Link]) -> dict[int, Kin]:
    """Return the chain and lineage of every school that the links name; the order of the links makes no difference (rule 2).

    A plain successor link makes one chain of two schools if the predecessor has no other successor and the successor no other
    predecessor, of any kind of link. Every link joins lineages. Feeder links join only lineages and don't count as successors
    here: an infant school that feeds a junior school may convert and still be one chain with its successor.
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
    """Return the (predecessor, successor) pairs that are part of a circle: the successor leads back to the predecessor."""
    left = set(pairs)
    while True:
        # A school without a predecessor or without a successor is in no circle. Without it, that may be true of others too.
        ends = {before for before, _ in left} & {after for _, after in left}
        inner = {pair for pair in left if pair[0] in ends and pair[1] in ends}
        if inner == left:
            break
        left = inner
    successors: defaultdict[School, set[School]] = defaultdict(set)
    for before, after in left:
        successors[before].add(after)
    return {(before, after) for before, after in left if before in reached(successors, after)}


def reached[School](successors: Mapping[School, Collection[School]], start: School) -> set[School]:
    """Return the school and all to which it leads, directly or through others."""
    seen, latest = {start}, {start}
    while latest:
        latest = {after for before in latest for after in successors.get(before, ())} - seen
        seen |= latest
    return seen
