"""The fold: the worked example of docs/figures.md, what it promises, and a second computation."""

import weakref
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings

from schools.reach.batch import Batch
from schools.reach.fold import Figures, Folded, fold
from schools.reach.fold_rows import Known, Row, Stretches
from schools.reach.headcount_codec import Mark, encode, encode_roll
from schools.reach.rows import FIRST_DEFINITIONS
from tests.reach.histories import KINDS, histories
from tests.reach.naive import ONLINE, SERIES, History, Meeting, academic_year

ASSEMBLY, WORKSHOP, ONLINE_ASSEMBLY = 1, 2, 3
SCHOOL = 7


@dataclass(frozen=True, kw_only=True)
class Count:
    """A headcount of a delivered session for pupils."""

    group: int
    pupils: int
    kind: int = ASSEMBLY
    year: int = 2025
    chain: int = SCHOOL
    lineage: int = SCHOOL
    again: int | None = None
    """The session in which these pupils sat again; None for new ones."""
    spread: int | None = None
    """The session whose total was spread; None for another."""
    mark: Mark = Mark.COUNTED
    place: Hashable = "Here"
    entry: int = SCHOOL
    """The register entry."""

    @property
    def session(self) -> int | None:
        """The session, where its id is carried."""
        if self.again is None and self.spread is None and self.mark != Mark.COUNTED:
            return 0
        return self.spread if self.again is None else self.again

    def written(self) -> str:
        """As the database strings it together with others."""
        mark = Mark.SPREAD if self.spread is not None else self.mark
        number = encode(self.kind, self.year, self.group, mark + (0 if self.again is None else Mark.AGAIN), self.pupils)
        return str(number) if self.session is None else f"{self.session},{number}"


def rows(counts: Iterable[Count]) -> list[Row]:
    """What the database makes of headcounts: a row for each register entry and place, ordered by lineage."""
    together: defaultdict[tuple[int, int, int, Hashable], list[Count]] = defaultdict(list)
    for count in counts:
        together[count.lineage, count.chain, count.entry, count.place].append(count)
    made: list[Row] = [
        (
            *(lineage, chain, entry),
            ",".join(one.written() for one in own if one.session is None) or None,
            ",".join(one.written() for one in own if one.session is not None) or None,
            place,
        )
        for (lineage, chain, entry, place), own in together.items()
    ]
    return sorted(made, key=lambda row: row[0])


FIRST_YEAR = [
    Count(kind=ASSEMBLY, group=5, pupils=58),
    Count(kind=ASSEMBLY, group=6, pupils=30),
    Count(kind=WORKSHOP, group=5, pupils=29),
    Count(kind=WORKSHOP, group=5, pupils=30),
    Count(kind=WORKSHOP, group=6, pupils=28),
]
SECOND_YEAR = [Count(kind=ASSEMBLY, group=6, pupils=61, year=2026)]


def total(counts: list[Count], rolls: dict[tuple[int, int], int] | None = None) -> Figures:
    """The figures of all together; `rolls` are those of the school, by academic year and year group."""
    text = ",".join(str(encode_roll(*of_class, 0, pupils)) for of_class, pupils in (rolls or {}).items())
    return fold(rows(counts), Known({ONLINE_ASSEMBLY}, [(SCHOOL, SCHOOL, text)] if rolls else [])).total


def range_of(figures: Figures) -> tuple[int, int, int, bool]:
    """At least, about, at most, and whether there may be more."""
    return figures.pupils_reached_low, figures.pupils_reached, figures.pupils_reached_high, figures.high_is_open


def test_the_worked_example_of_one_year() -> None:
    figures = total(FIRST_YEAR)
    assert (figures.attendances, figures.pupils_reached, figures.children_reached) == (175, 89, 89)


def test_the_worked_example_of_two_years() -> None:
    figures = total(FIRST_YEAR + SECOND_YEAR)
    assert (figures.attendances, figures.pupils_reached, figures.children_reached) == (236, 150, 91)


def test_the_tables_of_a_batch_are_gone_before_those_of_the_next_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Batch]] = []

    class Watched(Batch):
        def __init__(self, *facts: Any) -> None:
            assert not any(batch() for batch in made)
            super().__init__(*facts)
            made.append(weakref.ref(self))

    monkeypatch.setattr("schools.reach.fold.Batch", Watched)
    monkeypatch.setattr("schools.reach.fold.MOST_CHARACTERS", 0)
    three = [replace(count, chain=school, lineage=school) for school in (1, 2, 3) for count in FIRST_YEAR]
    assert (total(three).pupils_reached, len(made)) == (3 * 89, 3)


def test_the_same_pupils_again_count_once() -> None:
    meetings = [Count(kind=ASSEMBLY, group=5, pupils=number, again=session) for session, number in ((1, 6), (2, 8), (3, 7))]
    assert total(meetings).pupils_reached == 8
    assert total([*meetings, Count(kind=ASSEMBLY, group=5, pupils=5)]).pupils_reached == 8
    assert total([*meetings, Count(kind=ASSEMBLY, group=5, pupils=9)]).pupils_reached == 9


def test_one_session_of_two_register_entries_of_a_chain_is_one_group() -> None:
    both = [Count(kind=ASSEMBLY, group=5, pupils=number, again=1) for number in (6, 8)]
    assert total(both).pupils_reached == 14


def test_in_person_and_online_overlap() -> None:
    figures = total([Count(kind=ASSEMBLY, group=5, pupils=50), Count(kind=ONLINE_ASSEMBLY, group=5, pupils=60)])
    assert (figures.pupils_in_person, figures.pupils_online, figures.pupils_reached) == (50, 60, 60)
    assert (figures.schools_in_person, figures.schools_online) == ({SCHOOL}, {SCHOOL})


def test_a_merger_joins_children_and_not_pupils() -> None:
    infants = [
        Count(kind=ASSEMBLY, group=2, pupils=40, year=2024, chain=1),
        Count(kind=ASSEMBLY, group=2, pupils=20, year=2024, chain=2),
    ]
    merged = [Count(kind=ASSEMBLY, group=3, pupils=55, year=2025, chain=3)]
    figures = total(infants + merged)
    assert (figures.pupils_reached, figures.children_reached) == (115, 60)


def test_nobody_was_reached_by_nothing() -> None:
    assert fold([], Known()) == Folded({}, Figures(), {}, 0)


def test_one_assembly_given_three_times_to_the_same_children_is_not_three_times_as_many_children() -> None:
    thrice = [Count(group=5, pupils=120) for _ in range(3)]
    assert range_of(total(thrice)) == (120, 360, 360, False)
    assert range_of(total(thrice, {(2025, 5): 121})) == (120, 121, 121, False)
    assert range_of(total([replace(count, again=number) for number, count in enumerate(thrice)])) == (120, 120, 360, False)


def test_a_roll_caps_no_headcount_and_no_other_year() -> None:
    assert range_of(total([Count(group=5, pupils=40)], {(2025, 5): 31})) == (40, 40, 40, False)
    twice = [Count(group=5, pupils=40), Count(group=5, pupils=40)]
    assert range_of(total(twice, {(2024, 5): 31, (2025, 6): 31})) == (40, 80, 80, False)


def test_a_total_that_was_spread_is_at_least_so_many_together_and_a_schools_own_number_is_not() -> None:
    spread = [Count(group=group, pupils=30, spread=1) for group in (3, 4)]
    assert range_of(total(spread)) == (60, 60, 60, False)
    assert range_of(total([*spread, Count(group=3, pupils=50, spread=2)])) == (60, 110, 110, False)
    assert range_of(total([Count(group=3, pupils=50, mark=Mark.SCHOOL)])) == (0, 50, 50, False)
    # More than both rolls together, but somebody counted them.
    assert range_of(total(spread, {(2025, 3): 20, (2025, 4): 25})) == (60, 60, 60, False)


@pytest.mark.parametrize("mark", [Mark.BLANK, Mark.UNREPORTED])
def test_whom_nobody_counted_is_at_most_the_roll_and_open_where_that_is_not_known(mark: Mark) -> None:
    counts = [Count(group=5, pupils=20), Count(group=5, pupils=0, mark=mark), Count(group=6, pupils=0, mark=mark)]
    assert range_of(total(counts)) == (20, 20, 20, True)
    assert range_of(total(counts, {(2025, 5): 31})) == (20, 20, 31, True)
    assert range_of(total(counts, {(2025, 5): 31, (2025, 6): 29})) == (20, 20, 60, False)


def test_a_school_is_visited_without_a_count_as_long_as_no_headcount_has_a_number_be_it_0() -> None:
    blank = Count(group=5, pupils=0, mark=Mark.BLANK)
    assert (total([blank]).schools_in_person, total([blank]).schools_uncounted) == ({SCHOOL}, {SCHOOL})
    assert total([blank, Count(group=6, pupils=0)]).schools_uncounted == set()
    assert total([blank, Count(group=6, pupils=0, kind=ONLINE_ASSEMBLY, mark=Mark.SCHOOL)]).schools_uncounted == set()
    not_visited = total([Count(group=5, pupils=0, mark=Mark.UNREPORTED)])
    assert (not_visited.schools_in_person, not_visited.schools_uncounted) == (set(), set())


def merged(*, stretches: Stretches) -> Figures:
    """Two schools that merged in one school year, with the same children before and after."""
    counts = [
        Count(group=5, pupils=pupils, chain=chain, entry=chain, again=number)
        for number, pupils, chain in ((1, 30, 1), (2, 25, 2), (3, 54, 3))
    ]
    return fold(rows(counts), Known(stretches=stretches)).total


def test_children_whose_schools_merged_during_the_year_are_counted_before_or_after_it() -> None:
    assert range_of(merged(stretches=Stretches()))[0] == 30 + 25 + 54
    dated = Stretches({(SCHOOL, 3): 1}, {SCHOOL})
    assert (merged(stretches=dated).pupils_reached_low, merged(stretches=dated).children_reached_low) == (55, 55)
    # Without a day each school is a stretch by itself.
    assert merged(stretches=Stretches({}, {SCHOOL}, {SCHOOL})).pupils_reached_low == 54


def test_two_year_groups_of_two_stretches_are_different_children() -> None:
    counts = [
        Count(group=5, pupils=30, chain=1, entry=1, again=1),
        Count(group=6, pupils=40, chain=2, entry=2, again=2),
    ]
    figures = fold(rows(counts), Known(stretches=Stretches({(SCHOOL, 2): 1}, {SCHOOL}))).total
    assert (figures.pupils_reached_low, figures.children_reached_low) == (70, 70)


def test_a_missing_feeder_link_makes_no_child_twice_of_the_children_at_least() -> None:
    infants = Count(group=2, pupils=60, year=2024, lineage=1, chain=1)
    juniors = Count(group=3, pupils=58, year=2025, lineage=2, chain=2)
    figures = total([infants, juniors])
    assert (figures.children_reached_low, figures.children_reached) == (60, 118)


def test_the_first_definitions_know_no_rolls_and_no_at_least() -> None:
    counts = [*FIRST_YEAR, *SECOND_YEAR, Count(group=3, pupils=30, spread=1), Count(group=4, pupils=30, spread=1)]
    first = fold(rows(counts), Known({ONLINE_ASSEMBLY}, definitions=FIRST_DEFINITIONS)).total
    assert (first.attendances, first.pupils_reached, first.children_reached) == (296, 210, 151)


def counts_of(history: History) -> list[Count]:
    return [
        Count(
            lineage=history.schools[count.school].lineage,
            chain=history.schools[count.school].chain,
            year=academic_year(meeting.day),
            group=count.group,
            kind=KINDS.index(meeting.kind),
            again=number if meeting.again or meeting.kind in SERIES else None,
            spread=number if meeting.basis == "spread" and is_of_one_school(meeting) else None,
            mark=MARKS[meeting.basis],
            pupils=count.pupils,
            entry=count.school,
            place=count.spot,
        )
        for number, meeting in enumerate(history.meetings)
        if meeting in history.with_pupils()
        for count in meeting.headcounts
        if count.pupils is not None
    ]


def is_of_one_school(meeting: Meeting) -> bool:
    return len({count.school for count in meeting.headcounts if count.pupils != 0}) <= 1


MARKS = {"counted": Mark.COUNTED, "spread": Mark.SCHOOL, "school": Mark.SCHOOL}
"""A share of a total of several schools is no certain number, as the school's own is none."""
ONLINE_KINDS = {KINDS.index(kind) for kind in KINDS if kind in ONLINE}


def standing_in(places: Mapping[int, list[Hashable]]) -> Callable[[int, Hashable], list[Hashable]]:
    return lambda chain, _: places.get(chain, [])


def test_children_of_each_kind_in_a_school_are_those_of_its_sessions_alone() -> None:
    standing = standing_in({SCHOOL: ["Here", "There"]})
    first, second = Count(group=5, pupils=30, place=("Here", "first")), Count(group=5, pupils=20, place=("Away", "second"))
    alone = fold(rows([first]), Known(), standing=standing, kinds=True)
    assert (alone.in_schools, alone.in_schools_total) == ({("Here", "first"): 30, ("There", "first"): 30}, 30)
    both = fold(rows([first, second]), Known(), standing=standing, kinds=True, outside=lambda key: key == second.place)
    assert both.in_schools == {(place, kind): n for place in ("Here", "There") for kind, n in (("first", 30), ("second", 20))}
    assert (both.in_schools_total, both.total.children_reached) == (50, 30)


@settings(deadline=None)
@given(histories(most=12))
def test_lineages_are_folded_together_as_each_by_itself(history: History) -> None:
    counted, known = rows(counts_of(history)), Known(ONLINE_KINDS)
    standing = standing_in({count.chain: [count.place] for count in counts_of(history)})
    together = fold(counted, known, standing=standing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("schools.reach.fold.MOST_CHARACTERS", 0)
        assert fold(counted, known, standing=standing) == together


@settings(deadline=None)
@given(histories(most=12))
def test_the_fold_agrees_with_the_naive_computation(history: History) -> None:
    # Rolls and links come from the database; tests/reach/test_queries.py has them.
    history = without_rolls_and_links(history)
    folded = fold(rows(counts_of(history)), Known(ONLINE_KINDS))
    places, everywhere = folded.places, folded.total
    naive = {spot: history.row(lambda other, _, spot=spot: other == spot) for spot in places}  # type: ignore[misc]  # spot is bound, not passed
    for figures, expected in [*((places[spot], naive[spot]) for spot in places), (everywhere, history.row(lambda *_: True))]:
        assert figures.attendances == expected["attendances"]
        assert figures.attendances_estimated == expected["attendances_estimated"]
        assert figures.pupils_reached == expected["pupils_reached"]
        assert figures.pupils_in_person == expected["pupils_in_person"]
        assert figures.pupils_online == expected["pupils_online"]
        assert figures.children_reached == expected["children_reached"]
        assert figures.pupils_reached_low == expected["pupils_reached_low"]
        assert figures.children_reached_low == expected["children_reached_low"]


def without_rolls_and_links(history: History) -> History:
    return replace(history, schools=[replace(school, rolls=[]) for school in history.schools], links=[])


@settings(deadline=None)
@given(histories(most=12))
def test_no_figure_is_larger_than_the_one_before(history: History) -> None:
    folded = fold(rows(counts_of(history)), Known(ONLINE_KINDS))
    places, everywhere = folded.places, folded.total
    for figures in [*places.values(), everywhere]:
        assert figures.attendances >= figures.pupils_reached >= figures.children_reached >= figures.children_reached_low
        assert figures.pupils_reached_high >= figures.pupils_reached >= figures.pupils_reached_low
        assert figures.pupils_reached_low >= figures.children_reached_low
        assert figures.pupils_reached >= max(figures.pupils_in_person, figures.pupils_online)
    assert sum(figures.attendances for figures in places.values()) == everywhere.attendances
