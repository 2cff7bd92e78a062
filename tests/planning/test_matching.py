"""Whether visits can all be staffed by different people, against trying every way to do it."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from schools.planning.matching import Need, can_all_be_staffed

NEEDS = st.lists(st.builds(Need, st.integers(0, 3), st.sets(st.integers(0, 6), max_size=5).map(sorted)), max_size=4)


def any_way(needs: Sequence[Need], taken: frozenset[int] = frozenset()) -> bool:
    """Whether some choice of people for the first need leaves enough for the rest."""
    if not needs:
        return True
    first, *rest = needs
    free = [person for person in first.who if person not in taken]
    return any(any_way(rest, taken | set(chosen)) for chosen in combinations(free, first.people))


@given(needs=NEEDS)
@example(needs=[Need(1, [1]), Need(1, [1, 2]), Need(1, [2, 3])])
@example(needs=[Need(2, [1, 2, 3]), Need(2, [1, 2, 3])])
@example(needs=[])
def test_it_finds_a_way_where_there_is_one_and_only_there(needs: list[Need]) -> None:
    assert can_all_be_staffed(needs) == any_way(needs)


def test_a_thousand_needs_that_have_to_move_on_one_after_the_other_are_no_matter() -> None:
    number = 1000
    chain = [Need(1, [each, each + 1]) for each in range(number)]
    assert can_all_be_staffed([*chain, Need(1, [0])])
    assert not can_all_be_staffed([*chain, Need(1, [0]), Need(1, [number])])
