"""At least, about and at most, held against children whom somebody made up one by one; and what may never move them."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reach.fold import Figures, fold
from schools.reach.fold_rows import Known, Row, Stretches
from schools.reach.headcount_codec import Mark, encode_roll
from tests.profiles import examples
from tests.reach.test_fold import ASSEMBLY, ONLINE_ASSEMBLY, WORKSHOP, Count, rows

KINDS = (ASSEMBLY, WORKSHOP, ONLINE_ASSEMBLY)
YEARS = (2024, 2025)
GROUPS = (4, 5, 6)
CHAINS = (1, 2)
MERGED = 3
"""The school that both become on a day of the second year, where they do."""

type Child = tuple[int, int, int]
"""The school in which it started, the year in which it did, and its number there."""


@dataclass(frozen=True)
class Sitting:
    """A session: who sat in it, and what was written down of it."""

    number: int
    chain: int
    entry: int
    """Under which number the school stood in the register that day."""
    year: int
    kind: int
    again: bool
    spread: bool
    counted: bool
    after: bool
    """Whether it was after the day on which the schools merged."""
    children: frozenset[Child]

    def of_group(self, group: int) -> int:
        return sum(self.year - started == group for _, started, _ in self.children)

    def counts(self) -> list[Count]:
        groups = [group for group in GROUPS if self.of_group(group)]
        marks = {} if self.counted else {"mark": Mark.BLANK}
        return [
            Count(
                group=group,
                pupils=self.of_group(group) if self.counted else 0,
                kind=self.kind,
                year=self.year,
                chain=self.chain,
                entry=self.entry,
                # All in one lineage, so every headcount carries its session.
                again=self.number,
                **marks,
            )
            for group in groups
        ]


@dataclass
class World:
    """Children, the sessions in which they sat, who changed school in the summer, and whether the schools merged or converted."""

    sizes: dict[tuple[int, int], int]
    """How many children a school has of those who started in a year."""
    sittings: list[Sitting]
    merges: bool
    moved: frozenset[Child] = frozenset()
    """Who went to the other school at the end of the first year."""
    linked: bool = True
    """Whether the schools are one lineage, as they are where they merge; else nobody knows of a link between them."""
    rolls: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def there(self, school: int, year: int) -> list[Child]:
        """The children of the school in the year."""
        chains = CHAINS if school == MERGED else (school,)
        return [child for child in self.everybody() if year - child[1] in GROUPS and self.home(child, year) in chains]

    def everybody(self) -> list[Child]:
        return [(chain, started, each) for (chain, started), size in self.sizes.items() for each in range(size)]

    def home(self, child: Child, year: int) -> int:
        """The school of the child before any merger."""
        started_in = child[0]
        return sum(CHAINS) - started_in if child in self.moved and year == YEARS[-1] else started_in

    def school_of(self, chain: int, year: int, *, after: bool) -> int:
        return MERGED if self.merges and after and year == YEARS[-1] else chain

    def figures(self, *, with_rolls: bool) -> Figures:
        counts = [count for sitting in self.sittings for count in sitting.counts()]
        counts = [replace(count, lineage=self.lineage(count.chain)) for count in counts]
        made = [as_stored(row, self.sittings) for row in rows(counts)]
        stretches = Stretches()
        if self.merges:
            days = {(7, sitting.number): int(sitting.after) for sitting in self.sittings if sitting.year == YEARS[-1]}
            stretches = Stretches(days, {7})
        return fold(made, Known({ONLINE_ASSEMBLY}, self.written_rolls() if with_rolls else [], stretches)).total

    def written_rolls(self) -> list[tuple[int, int, str]]:
        written = []
        for school in (*CHAINS, MERGED):
            numbers = [str(encode_roll(year, group, 0, self.on_roll(school, year, group))) for year in YEARS for group in GROUPS]
            written.append((self.lineage(school), school, ",".join(numbers)))
        return sorted(written)

    def lineage(self, school: int) -> int:
        return 7 if self.linked or self.merges else school

    def on_roll(self, school: int, year: int, group: int) -> int:
        return sum(year - started == group for _, started, _ in self.there(school, year))

    def pupils(self) -> int:
        return len({(sitting.year, child) for sitting in self.sittings for child in sitting.children})

    def children(self) -> int:
        return len({child for sitting in self.sittings for child in sitting.children})


def as_stored(row: Row, sittings: list[Sitting]) -> Row:
    """Take the mark of *again* from those headcounts of which nobody said so, and spread the totals that were."""
    of = {sitting.number: sitting for sitting in sittings}
    pairs = []
    numbers = (row[4] or "").split(",")
    for session, text in zip(numbers[::2], numbers[1::2], strict=True):
        number = int(text)
        sitting = of[int(session)]
        number -= 0 if sitting.again else Mark.AGAIN << 10
        number += Mark.SPREAD << 10 if sitting.spread and sitting.counted else 0
        pairs.append(f"{session},{number}")
    return (*row[:4], ",".join(pairs), row[5])


@st.composite
def worlds(draw: st.DrawFn, *, all_counted: bool = False) -> World:
    cohorts = sorted({year - group for year in YEARS for group in GROUPS})
    sizes = {(chain, cohort): draw(st.integers(0, 6)) for chain in CHAINS for cohort in cohorts}
    world = World(sizes, [], draw(st.booleans()), linked=draw(st.booleans()))
    if everybody := world.everybody():
        world.moved = draw(st.sampled_from((frozenset(), frozenset(draw(st.sets(st.sampled_from(everybody)))))))
    converts = draw(st.booleans())
    for number in range(1, draw(st.integers(1, 7)) + 1):
        year, after = draw(st.sampled_from(YEARS)), draw(st.booleans())
        school = world.school_of(draw(st.sampled_from(CHAINS)), year, after=after)
        there = world.there(school, year)
        sitting = Sitting(
            number=number,
            chain=school,
            entry=school + 10 * (converts and after and year == YEARS[-1]),
            year=year,
            kind=draw(st.sampled_from(KINDS)),
            again=draw(st.booleans()),
            spread=draw(st.sampled_from((False, False, True))),
            counted=all_counted or draw(st.sampled_from((True, True, False))),
            after=after,
            children=frozenset(draw(st.sets(st.sampled_from(there)))) if there else frozenset(),
        )
        world.sittings.append(sitting)
    return world


@settings(deadline=None, max_examples=examples(150))
@given(worlds(), st.booleans())
def test_at_least_is_never_more_than_the_children_who_were_there(world: World, with_rolls: bool) -> None:
    figures = world.figures(with_rolls=with_rolls)
    assert figures.pupils_reached_low <= world.pupils()
    assert figures.children_reached_low <= world.children()


@settings(deadline=None, max_examples=examples(150))
@given(worlds())
def test_at_most_is_never_less_than_the_children_who_were_there_where_every_roll_is_known(world: World) -> None:
    figures = world.figures(with_rolls=True)
    assert figures.pupils_reached_high >= world.pupils()
    assert not figures.high_is_open


@settings(deadline=None, max_examples=examples(100))
@given(worlds(all_counted=True))
def test_at_most_needs_no_roll_where_everybody_was_counted(world: World) -> None:
    figures = world.figures(with_rolls=False)
    assert figures.pupils_reached_high >= world.pupils()
    assert not figures.high_is_open


def in_order(figures: Figures) -> bool:
    return (
        figures.pupils_reached_low <= figures.pupils_reached <= figures.pupils_reached_high
        and figures.pupils_reached <= figures.attendances
        and figures.children_reached_low <= figures.children_reached <= figures.pupils_reached
        and figures.children_reached_low <= figures.pupils_reached_low
        and max(figures.pupils_in_person, figures.pupils_online) <= figures.pupils_reached
        and figures.pupils_reached <= figures.pupils_in_person + figures.pupils_online
    )


@settings(deadline=None, max_examples=examples(150))
@given(worlds(), st.booleans())
def test_the_numbers_stand_in_their_order(world: World, with_rolls: bool) -> None:
    assert in_order(world.figures(with_rolls=with_rolls))


def numbers(figures: Figures) -> tuple[int, ...]:
    return (
        figures.pupils_reached_low,
        figures.children_reached_low,
        figures.pupils_reached,
        figures.children_reached,
        figures.pupils_in_person,
        figures.pupils_online,
    )


@settings(deadline=None, max_examples=examples(150))
@given(worlds(), st.booleans())
def test_one_more_session_lowers_neither_at_least_nor_about(world: World, with_rolls: bool) -> None:
    fewer = replace(world, sittings=world.sittings[:-1])
    more, less = world.figures(with_rolls=with_rolls), fewer.figures(with_rolls=with_rolls)
    assert all(after >= before for after, before in zip(numbers(more), numbers(less), strict=True))


@settings(deadline=None, max_examples=examples(150))
@given(worlds(), st.booleans(), st.data())
def test_saying_that_the_same_pupils_came_again_raises_nothing(world: World, with_rolls: bool, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(world.sittings) - 1))
    new, again = (
        replace(world, sittings=[replace(one, again=said) if n == place else one for n, one in enumerate(world.sittings)])
        for said in (False, True)
    )
    before, after = new.figures(with_rolls=with_rolls), again.figures(with_rolls=with_rolls)
    assert all(less <= more for less, more in zip(numbers(after), numbers(before), strict=True))
    assert after.pupils_reached_high <= before.pupils_reached_high
