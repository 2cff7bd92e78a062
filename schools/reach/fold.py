"""The figures of pupils, each defined once (docs/figures.md): plain values in, plain values out, one lineage at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

from schools.reach.chains import NO_ROLLS, ByClass, ChainRow, Counts, Range, Rolls, high, ranges
from schools.reach.headcount_codec import GROUPS, Class, by_session, decode_rolls, year_of
from schools.reach.rows import DEFINITIONS, FIRST_DEFINITIONS

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

type Reached = dict[int, ByClass]
"""The pupils reached in one lineage, by chain and by class. A pupil counts once in a class."""


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


@dataclass(slots=True)
class Figures:
    """What was reached in one place. `schools_…` are chains."""

    attendances: int = 0
    attendances_estimated: int = 0
    pupils_reached: int = 0
    pupils_reached_low: int = 0
    pupils_reached_high: int = 0
    high_is_open: bool = False
    """Whether more than `pupils_reached_high` is possible: nobody counted where no roll is known."""
    has_rolls: bool = False
    """Whether the exact roll of any chain is known."""
    pupils_in_person: int = 0
    pupils_online: int = 0
    children_reached: int = 0
    low_by_class: defaultdict[Class, int] = field(default_factory=lambda: defaultdict(int))
    """At least how many pupils, by class; children_reached_low is made from the whole place's."""
    schools_in_person: set[int] = field(default_factory=set)
    """Chains that had a session in person."""
    schools_online: set[int] = field(default_factory=set)
    schools_uncounted: set[int] = field(default_factory=set)
    """Chains in whose sessions, through any channel, nobody counted."""

    @property
    def children_reached_low(self) -> int:
        """At least how many children: of each cohort the largest number of any school year, over the whole place."""
        return sum(_by_cohort(self.low_by_class).values())

    def add(self, other: "Figures") -> None:
        """Add the figures of another lineage."""
        self.attendances += other.attendances
        self.attendances_estimated += other.attendances_estimated
        self.pupils_reached += other.pupils_reached
        self.add_low(other.low_by_class, other.pupils_reached_low)
        self.pupils_reached_high += other.pupils_reached_high
        self.high_is_open |= other.high_is_open
        self.has_rolls |= other.has_rolls
        self.pupils_in_person += other.pupils_in_person
        self.pupils_online += other.pupils_online
        self.children_reached += other.children_reached
        self.schools_in_person |= other.schools_in_person
        self.schools_online |= other.schools_online
        self.schools_uncounted |= other.schools_uncounted

    def add_low(self, classes: ByClass, pupils: int) -> None:
        """Add at least how many pupils of each class there were, and in all: that may be more, by totals that were spread."""
        self.pupils_reached_low += pupils
        low = self.low_by_class
        for of_class, of_these in classes.items():
            low[of_class] += of_these


@dataclass(slots=True)
class Folded:
    """The figures of each key and of all together, and the children reached in the schools that stand in each place."""

    places: dict[Hashable, Figures]
    total: Figures
    in_schools: dict[tuple[Hashable, Hashable], int]
    """By standing place and kind (kind is None where keys have none)."""
    in_schools_total: int


def fold(
    counted: Iterable[Row],
    known: Known,
    *,
    standing: Mapping[int, Collection[Hashable]] = MappingProxyType({}),
    kinds: bool = False,
    outside: Callable[[Hashable], bool] | None = None,
) -> Folded:
    """Return the figures of each place and, counted afresh, of all places together.

    `counted` is ordered by lineage, in any order within a lineage. `standing` says in which places the schools of a chain stand:
    children reached in these schools are counted wherever they were reached. With `kinds`, a row ends with a pair of place and
    kind. Keys that are `outside` are no part of the total.

    Lineages add to the total independently of one another. So only one is held at a time, and only a lineage that is in more than
    one place is folded a second time for the total.
    """
    folded = Folded(defaultdict(Figures), Figures(), defaultdict(int), 0)
    places, total = folded.places, folded.total
    alone: defaultdict[Hashable, Figures] = defaultdict(Figures)
    for lineage in _lineages(counted, known):
        first = lineage.rows[0][PLACE]
        if lineage.is_in_one_place and not (outside and outside(first)):
            reached = lineage.add_to(alone[first])
        else:
            for place, own in lineage.by(itemgetter(PLACE)).items():
                own.add_to(places[place])
            (lineage.only(lambda row: not outside(row[PLACE])) if outside else lineage).add_to(total)
            reached = lineage.reached()
        if standing:
            _add_to_schools(folded, lineage, reached, standing, kinds=kinds)
    for place, figures in alone.items():
        places[place].add(figures)
        total.add(figures)
    return folded


@dataclass(slots=True)
class _Lineage:
    """Everything that was counted in one lineage, or a part of it."""

    key: int
    rows: Sequence[Row]
    rolls: Mapping[int, Rolls]
    known: Known

    @property
    def is_in_one_place(self) -> bool:
        """Whether all its rows have the same place."""
        rows = self.rows
        return len(rows) == 1 or all(row[PLACE] == rows[0][PLACE] for row in rows)

    def by[K: Hashable](self, key: Callable[[Row], K]) -> "dict[K, _Lineage]":
        """Return its parts by a key of their rows."""
        grouped: defaultdict[K, list[Row]] = defaultdict(list)
        for row in self.rows:
            grouped[key(row)].append(row)
        return {part: _Lineage(self.key, rows, self.rolls, self.known) for part, rows in grouped.items()}

    def only(self, condition: Callable[[Row], bool]) -> "_Lineage":
        """Return the part whose rows fulfil the condition."""
        return _Lineage(self.key, [row for row in self.rows if condition(row)], self.rolls, self.known)

    def counts(self, stretch: tuple[int, int] | None = None) -> dict[int, Counts]:
        """Return what was counted in each chain; with `stretch`, in sessions of that stretch."""
        if stretch is None and len(self.rows) == 1:
            ((_, chain, entry, alone, grouped, _),) = self.rows
            return {chain: Counts.of(((entry, alone, grouped),))}
        chains: defaultdict[int, list[ChainRow]] = defaultdict(list)
        for _, chain, entry, alone, grouped, _ in self.rows:
            chains[chain].append((entry, alone, grouped))
        if stretch is None:
            return {chain: Counts.of(rows) for chain, rows in chains.items()}
        return {chain: Counts.of(rows, partial(self._is_in, stretch, chain)) for chain, rows in chains.items()}

    def _is_in(self, stretch: tuple[int, int], chain: int, session: int) -> bool:
        return self.known.stretches.of(self.key, chain, session) == stretch

    def reached(self) -> Reached:
        """Return the pupils reached by sessions of any type."""
        return {chain: self._ranges(chain, counts)[0].reached for chain, counts in self.counts().items()}

    def _ranges(self, chain: int, counts: Counts) -> tuple[Range, Range, Range]:
        has_low = self.known.definitions != FIRST_DEFINITIONS
        return ranges(counts, self.rolls.get(chain, NO_ROLLS), self.known.online, has_low=has_low)

    def add_to(self, figures: Figures) -> Reached:
        """Add what was reached to the figures of a place, and return its pupils reached."""
        reached: Reached = {}
        wholes: list[Range] = []
        for chain, counts in self.counts().items():
            rolls = self.rolls.get(chain, NO_ROLLS)
            whole, in_person, by_screen = self._ranges(chain, counts)
            reached[chain] = whole.reached
            wholes.append(whole)
            figures.attendances += counts.attendances
            figures.attendances_estimated += counts.estimated
            pupils = whole.pupils
            figures.pupils_reached += pupils
            figures.pupils_in_person += pupils if in_person is whole else in_person.pupils
            figures.pupils_online += pupils if by_screen is whole else by_screen.pupils
            most, is_open = high(counts, whole, rolls)
            figures.pupils_reached_high += most
            figures.high_is_open |= is_open
            figures.has_rolls |= bool(rolls)
            if in_person.reached:
                figures.schools_in_person.add(chain)
            if by_screen.reached:
                figures.schools_online.add(chain)
            if whole.reached and not counts.is_counted:
                figures.schools_uncounted.add(chain)
        figures.children_reached += _children(reached.values())
        self._add_low(figures, wholes)
        return reached

    def _add_low(self, figures: Figures, wholes: Sequence[Range]) -> None:
        """Add at least how many pupils there were: of each academic year those of the stretch with most."""
        if self.key not in self.known.stretches.lineages:
            for whole in wholes:
                figures.add_low(whole.largest, whole.low)
            return
        classes: ByClass = {}
        years: dict[int, int] = {}
        for stretch in self._stretches():
            own = [ranges(counts, NO_ROLLS)[0] for counts in self.counts(stretch).values()]
            _keep_larger(classes, _together(whole.largest for whole in own))
            _keep_larger(years, _together(whole.low_by_year() for whole in own))
        # Nobody is in two year groups in one academic year, so the classes of different stretches may be added up.
        by_class: defaultdict[int, int] = defaultdict(int)
        for of_class, pupils in classes.items():
            by_class[year_of(of_class)] += pupils
        _keep_larger(years, by_class)
        figures.add_low(classes, sum(years.values()))

    def _stretches(self) -> set[tuple[int, int]]:
        of = self.known.stretches.of
        return {of(self.key, chain, session) for _, chain, _, _, grouped, _ in self.rows for session, _ in by_session(grouped)}


class RollsInOrder:
    """Exact rolls, ordered by lineage, handed out lineage by lineage in that order."""

    def __init__(self, rolls: Iterable[RollRow]) -> None:
        """Begin before the first lineage."""
        self._rows = iter(rolls)
        self._next = next(self._rows, None)

    def of(self, lineage: int) -> dict[int, Rolls]:
        """Return the rolls of the lineage by chain; no lineage may be asked for after one that stands behind it."""
        own: dict[int, Rolls] = {}
        while self._next and self._next[0] <= lineage:
            if self._next[0] == lineage:
                own[self._next[1]] = decode_rolls(self._next[2])
            self._next = next(self._rows, None)
        return own


def _lineages(counted: Iterable[Row], known: Known) -> Iterator[_Lineage]:
    """Yield each lineage with its rolls; both are ordered by lineage."""
    rolls = RollsInOrder(known.rolls)
    for key, rows in groupby(counted, key=itemgetter(0)):
        yield _Lineage(key, list(rows), rolls.of(key), known)


def _keep_larger(kept: dict[int, int], others: Mapping[int, int]) -> None:
    for key, pupils in others.items():
        if pupils > kept.get(key, 0):
            kept[key] = pupils


def _add_to_schools(
    folded: Folded,
    lineage: _Lineage,
    reached: Reached,
    standing: Mapping[int, Collection[Hashable]],
    *,
    kinds: bool,
) -> None:
    """Add the children whom the lineage's sessions reached in schools that stand somewhere; with `kinds`, kind by kind."""
    if len(reached) == 1 and not kinds:  # as of nearly every school
        ((chain, classes),) = reached.items()
        if places := standing.get(chain):
            children = _children((classes,))
            folded.in_schools_total += children
            for place in places:
                folded.in_schools[place, None] += children
        return
    everywhere = {chain: standing.get(chain, ()) for chain in reached}
    if any(everywhere.values()):
        folded.in_schools_total += _children(reached[chain] for chain, places in everywhere.items() if places)
    of_kinds = {kind: part.reached() for kind, part in lineage.by(_kind_of).items()} if kinds else {None: reached}
    for kind, of_kind in of_kinds.items():
        for place in {place for places in everywhere.values() for place in places}:
            here = (classes for chain, classes in of_kind.items() if place in everywhere[chain])
            folded.in_schools[place, kind] += _children(here)


def _kind_of(row: Row) -> Hashable:
    return row[PLACE][1]  # type: ignore[index, no-any-return]  # a pair where there are kinds


def _children(chains: Iterable[ByClass]) -> int:
    """Return the number of children among the pupils reached in chains of one lineage."""
    return sum(children_by_cohort(chains).values())


def children_by_cohort(chains: Iterable[ByClass]) -> dict[int, int]:
    """Return the children among the pupils reached in chains of one lineage, by the year in which they started school.

    For each cohort that is the largest number of any school year.
    """
    return _by_cohort(_together(chains))


def _by_cohort(classes: Mapping[Class, int]) -> dict[int, int]:
    cohorts: dict[int, int] = {}
    for of_class, pupils in classes.items():
        cohort = of_class // GROUPS - of_class % GROUPS  # as cohort_of, which would be called for every class of every school
        if pupils >= cohorts.get(cohort, 0):
            cohorts[cohort] = pupils
    return cohorts


def _together(parts: Iterable[dict[int, int]]) -> dict[int, int]:
    """Return the sum for each key."""
    all_parts = list(parts)
    if len(all_parts) == 1:
        return all_parts[0]
    together: defaultdict[int, int] = defaultdict(int)
    for numbers in all_parts:
        for key, number in numbers.items():
            together[key] += number
    return together


def reached_by_lineage(counted: Iterable[Row], known: Known) -> Iterator[tuple[int, Reached]]:
    """Yield each lineage with its pupils reached; `counted` is ordered by lineage."""
    for lineage in _lineages(counted, known):
        yield lineage.key, lineage.reached()
