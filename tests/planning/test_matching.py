"""Whether a visit can be staffed beside others by different people, against trying every way to do it."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from schools.planning.matching import Need, is_served_beside

PEOPLE = st.sets(st.integers(0, 6), max_size=5).map(sorted)
NEEDS = st.lists(st.builds(Need, st.integers(0, 3), PEOPLE), max_size=3)


def most_served(needs: Sequence[Need], taken: frozenset[int] = frozenset()) -> int:
    """How many places can be filled by different people at most, by trying every way."""
    if not needs:
        return 0
    first, *rest = needs
    free = [person for person in first.who if person not in taken]
    ways = (chosen for number in range(first.people + 1) for chosen in combinations(free, number))
    return max(len(chosen) + most_served(rest, taken | set(chosen)) for chosen in ways)


@given(needs=NEEDS, need=st.builds(Need, st.integers(0, 3), PEOPLE))
@example(needs=[Need(1, [1]), Need(1, [1, 2])], need=Need(1, [2, 3]))
@example(needs=[Need(2, [1, 2, 3])], need=Need(2, [1, 2, 3]))
@example(needs=[Need(2, [1])], need=Need(2, [1, 2, 3]))
@example(needs=[], need=Need(1, []))
def test_it_is_served_exactly_where_the_others_lose_nobody_by_it(needs: list[Need], need: Need) -> None:
    assert is_served_beside(need, needs) == (most_served([*needs, need]) == most_served(needs) + need.people)


def test_a_thousand_needs_that_have_to_move_on_one_after_the_other_are_no_matter() -> None:
    number = 1000
    chain = [Need(1, [each, each + 1]) for each in range(number)]
    assert is_served_beside(Need(1, [0]), chain)
    assert not is_served_beside(Need(1, [number]), [*chain, Need(1, [0])])
