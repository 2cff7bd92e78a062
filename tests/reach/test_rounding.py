"""Rounding once and adding up: published numbers, taken for the truth with 0 to 4 more anywhere, are published the same."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from schools.reach.rounding import STEP, Atom, Left, publish_attendances, publish_pupils, rounded

PLACES = ("North", "South")
MONTHS = tuple(f"{year}-{month:02}" for year in (2024, 2025) for month in (9, 11, 12, 3))
TYPES = ("ks1-assembly", "ks2-assembly", "online-ks2")

NOTHING_LEFT = Left()
"""With which every run begins."""

type Count = tuple[str, Atom]
type Year = tuple[str, int]


def year_of(month: str) -> int:
    return int(month[:4]) - (month[5:] < "08")


@dataclass
class Charity:
    """A naive charity that publishes months, and then the school years that are over with them."""

    attendances: dict[Count, int]
    pupils: dict[Year, tuple[int, int]]
    """At least, and how many more about so many are."""
    left: dict[str, Left] = field(default_factory=dict)
    atoms: dict[Count, int] = field(default_factory=dict)
    published_pupils: dict[Year, tuple[int, int]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)

    def publish(self, months: set[str]) -> None:
        new = months - self.frozen
        for place in PLACES:
            left = self.left.get(place, NOTHING_LEFT)
            counts = {atom: count for (where, atom), count in self.attendances.items() if where == place and atom.month in new}
            numbers, rest = publish_attendances(left.attendances, counts)
            self.atoms |= {(place, atom): number for atom, number in numbers.items()}
            self.left[place] = replace(left, attendances=rest)
        self.frozen |= new
        for year in sorted({year_of(month) for month in months}):
            if {month for month in MONTHS if year_of(month) == year} <= months:
                self._publish_year(year)

    def _publish_year(self, year: int) -> None:
        for place in PLACES:
            if (place, year) not in self.published_pupils:
                seats = sum(
                    number for (where, atom), number in self.atoms.items() if where == place and year_of(atom.month) == year
                )
                low, more = self.pupils.get((place, year), (0, 0))
                more += seats > 0 and not low + more  # somebody came to what was attended
                least, about, self.left[place] = publish_pupils(self.left[place], low, low + more, attendances=seats)
                self.published_pupils[place, year] = (least, about)

    @property
    def tells(self) -> object:
        return sorted(self.atoms.items()), sorted(self.published_pupils.items())


atoms = st.builds(Atom, st.sampled_from(MONTHS), st.sampled_from(TYPES), st.integers(3, 6))
counts = st.dictionaries(st.tuples(st.sampled_from(PLACES), atoms), st.integers(0, 40), max_size=30)
pupils = st.dictionaries(
    st.tuples(st.sampled_from(PLACES), st.sampled_from((2023, 2024, 2025))), st.tuples(st.integers(0, 90), st.integers(0, 30))
)
steps = st.lists(st.sets(st.sampled_from(MONTHS), min_size=1), min_size=1, max_size=4)
more = st.integers(0, STEP - 1)


@given(counts, pupils, steps, st.data())
def test_published_numbers_with_up_to_four_more_anywhere_are_published_the_same(
    counted: dict[Count, int], reached: dict[Year, tuple[int, int]], published: list[set[str]], data: st.DataObject
) -> None:
    first = Charity(counted, reached)
    for months in published:
        first.publish(months)
    seats = dict(first.atoms)
    people = {key: (least, about - least) for key, (least, about) in first.published_pupils.items()}
    kind = data.draw(st.sampled_from(("attendances", "at least", "more")))
    if kind == "attendances":
        # Also of an atom in which nothing was published at all.
        known = [(place, atom) for place, atom in counted if atom.month in first.frozen]
        if known:
            key = data.draw(st.sampled_from(sorted(known)))
            seats[key] = seats.get(key, 0) + data.draw(more)
    elif people:
        year = data.draw(st.sampled_from(sorted(people)))
        low, beyond = people[year]
        added = data.draw(more)
        people[year] = (low + added, beyond) if kind == "at least" else (low, beyond + added)
    second = Charity(seats, people)
    for months in published:
        second.publish(months)
    assert second.tells == first.tells


@given(counts, pupils, steps)
def test_a_run_is_at_most_four_off_and_pupils_are_never_more_than_attendances(
    counted: dict[Count, int], reached: dict[Year, tuple[int, int]], published: list[set[str]]
) -> None:
    charity = Charity(counted, reached)
    for months in published:
        charity.publish(months)
        for place in PLACES:
            true = sum(n for (where, atom), n in counted.items() if where == place and atom.month in charity.frozen)
            told = sum(n for (where, _), n in charity.atoms.items() if where == place)
            assert 0 <= true - told < STEP
    for (place, year), (least, about) in charity.published_pupils.items():
        seats = sum(n for (where, atom), n in charity.atoms.items() if where == place and year_of(atom.month) == year)
        assert 0 <= least <= about <= seats
        assert least % STEP == about % STEP == 0


@given(counts, steps, st.integers(0, 50))
def test_what_was_published_stays_whatever_is_counted_later(
    counted: dict[Count, int], published: list[set[str]], again: int
) -> None:
    charity = Charity(dict(counted), {})
    charity.publish(published[0])
    before = dict(charity.atoms)
    for key in counted:
        charity.attendances[key] += again
    for months in published:
        charity.publish(months)
    assert before.items() <= charity.atoms.items()
    assert {key for key in charity.atoms if key[1].month in published[0]} == set(before)


def to_the_nearest(counts: tuple[int, ...]) -> list[int]:
    """Each number of a table rounded by itself, also the total."""
    return [STEP * ((number + STEP // 2) // STEP) for number in (*counts, sum(counts))]


def once(counts: tuple[int, ...], left: int = 0) -> list[int]:
    """Each part rounded in its run, as we do; the total is their sum."""
    run = {Atom("2025-10", f"type-{number}", 5): count for number, count in enumerate(counts)}
    numbers, _ = publish_attendances(left, run)
    parts = [numbers.get(atom, 0) for atom in run]
    return [*parts, sum(parts)]


def can_be(counts: tuple[int, ...], way: Callable[[tuple[int, ...]], list[int]]) -> list[set[int]]:
    """What each part can be for somebody who reads the table and knows how it was rounded."""
    truths = [other for other in product(range(2 * STEP), repeat=len(counts)) if way(other) == way(counts)]
    return [set(values) for values in zip(*truths, strict=True)]


def test_tables_rounded_by_themselves_give_their_parts_back_and_ours_do_not() -> None:
    parts = (2, 2, 2, 2)
    assert to_the_nearest(parts) == [0, 0, 0, 0, 10]
    assert can_be(parts, to_the_nearest) == [{2}] * 4
    assert all(len(values) >= STEP for values in can_be(parts, once))


def test_a_run_that_began_with_something_left_would_tell_none_from_one() -> None:
    assert can_be((0,), lambda counts: once(counts, left=STEP - 1)) == [{0}]
    assert can_be((0,), once) == [set(range(STEP))]
    assert Left(0, 0, 0) == NOTHING_LEFT


def test_what_is_left_is_published_with_the_next_count() -> None:
    assert rounded(0, 3) == (0, 3)
    assert rounded(3, 3) == (5, 1)
    september, october = Atom("2025-09", "ks2-assembly", 5), Atom("2025-10", "ks2-assembly", 5)
    assert publish_attendances(0, {october: 31, september: 29}) == ({september: 25, october: 35}, 0)


def test_pupils_are_cut_at_the_published_attendances_and_the_cut_is_not_carried_on() -> None:
    assert publish_pupils(NOTHING_LEFT, 23, 31, attendances=25) == (20, 25, Left(0, 3, 3))
    assert publish_pupils(Left(0, 4, 0), 26, 26, attendances=25) == (25, 25, Left(0, 0, 0))
    assert publish_pupils(NOTHING_LEFT, 40, 52, attendances=0) == (0, 0, Left(0, 0, 2))


def test_a_few_pupils_who_came_often_are_not_told_by_sessions_and_attendances() -> None:
    # The same few children in five sessions: of 20 attendances one session had four, and nobody learns that no more came at all.
    for pupils in range(1, 10):
        for certain in range(pupils + 1):
            least, about, left = publish_pupils(NOTHING_LEFT, certain, pupils, attendances=20)
            assert about == STEP, "one to nine"
            assert least == (STEP if certain >= STEP else 0)
            assert (left.pupils_low, left.pupils_more) == (certain % STEP, (pupils - certain) % STEP)
    assert publish_pupils(NOTHING_LEFT, 0, 0, attendances=0)[:2] == (0, 0)
