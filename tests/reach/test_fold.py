"""The fold: the worked example of docs/figures.md, what it promises, and a second computation."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from hypothesis import given, settings

from schools.reach.fold import Figures, Folded, Row, fold
from schools.reach.headcount_codec import encode
from tests.reach.histories import KINDS, histories
from tests.reach.naive import ONLINE, SERIES, History, academic_year

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
    is_estimate: bool = False
    place: Hashable = "Here"

    def written(self) -> str:
        """As the database strings it together with others."""
        number = encode(self.kind, self.year, self.group, self.pupils)
        return str(number) if self.again is None else f"{self.again},{number}"


def rows(counts: Iterable[Count]) -> list[Row]:
    """What the database makes of headcounts: a row for each chain and place, ordered by lineage."""
    together: defaultdict[tuple[int, int, Hashable], list[Count]] = defaultdict(list)
    for count in counts:
        together[count.lineage, count.chain, count.place].append(count)
    made: list[Row] = [
        (
            *(lineage, chain, sum(one.pupils for one in own), sum(one.pupils for one in own if one.is_estimate)),
            ",".join(one.written() for one in own if one.again is None) or None,
            ",".join(one.written() for one in own if one.again is not None) or None,
            place,
        )
        for (lineage, chain, place), own in together.items()
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


def total(counts: list[Count]) -> Figures:
    return fold(rows(counts), online={ONLINE_ASSEMBLY}).total


def test_the_worked_example_of_one_year() -> None:
    figures = total(FIRST_YEAR)
    assert (figures.attendances, figures.pupils_reached, figures.children_reached) == (175, 89, 89)


def test_the_worked_example_of_two_years() -> None:
    figures = total(FIRST_YEAR + SECOND_YEAR)
    assert (figures.attendances, figures.pupils_reached, figures.children_reached) == (236, 150, 91)


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
    assert fold([], online=()) == Folded({}, Figures(), {}, 0)


def counts_of(history: History) -> list[Count]:
    return [
        Count(
            lineage=history.schools[count.school].lineage,
            chain=history.schools[count.school].chain,
            year=academic_year(meeting.day),
            group=count.group,
            kind=KINDS.index(meeting.kind),
            again=number if meeting.again or meeting.kind in SERIES else None,
            is_estimate=meeting.basis != "counted",
            pupils=count.pupils,
            place=count.spot,
        )
        for number, meeting in enumerate(history.meetings)
        if meeting in history.with_pupils()
        for count in meeting.headcounts
        if count.pupils is not None
    ]


ONLINE_KINDS = {KINDS.index(kind) for kind in KINDS if kind in ONLINE}


@settings(deadline=None)
@given(histories(most=12))
def test_the_fold_agrees_with_the_naive_computation(history: History) -> None:
    folded = fold(rows(counts_of(history)), online=ONLINE_KINDS)
    places, everywhere = folded.places, folded.total
    naive = {spot: history.row(lambda other, _, spot=spot: other == spot) for spot in places}  # type: ignore[misc]  # spot is bound, not passed
    for figures, expected in [*((places[spot], naive[spot]) for spot in places), (everywhere, history.row(lambda *_: True))]:
        assert figures.attendances == expected["attendances"]
        assert figures.attendances_estimated == expected["attendances_estimated"]
        assert figures.pupils_reached == expected["pupils_reached"]
        assert figures.pupils_in_person == expected["pupils_in_person"]
        assert figures.pupils_online == expected["pupils_online"]
        assert figures.children_reached == expected["children_reached"]


@settings(deadline=None)
@given(histories(most=12))
def test_no_figure_is_larger_than_the_one_before(history: History) -> None:
    folded = fold(rows(counts_of(history)), online=ONLINE_KINDS)
    places, everywhere = folded.places, folded.total
    for figures in [*places.values(), everywhere]:
        assert figures.attendances >= figures.pupils_reached >= figures.children_reached
        assert figures.pupils_reached >= max(figures.pupils_in_person, figures.pupils_online)
    assert sum(figures.attendances for figures in places.values()) == everywhere.attendances


@settings(deadline=None)
@given(histories(most=12))
def test_within_one_academic_year_pupils_and_children_are_the_same(history: History) -> None:
    one_year = [count for count in counts_of(history) if count.year == 2025]
    figures = fold(rows(one_year), online=ONLINE_KINDS).total
    assert figures.pupils_reached == figures.children_reached
