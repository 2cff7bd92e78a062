"""Headcounts written as numbers are read as they were."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS
from schools.reach.headcount_codec import cohort_of, decode_again, decode_new, encode, type_and_class, year_and_group

COUNTS = st.tuples(
    st.integers(1, 2**31),
    st.integers(0, 9999),
    st.sampled_from(YEAR_GROUPS),
    st.integers(0, MOST_PUPILS),
)
"""Session type, academic year, year group, pupils: all that may be stored."""


@settings(deadline=None)
@given(st.lists(COUNTS))
def test_a_text_of_new_pupils_holds_every_headcount(counts: list[tuple[int, int, int, int]]) -> None:
    text = ",".join(str(encode(*one)) for one in counts) or None
    read = [(cell, pupils) for cell, pupils in decode_new(text)]
    apart = [(*type_and_class(cell), pupils) for cell, pupils in read]
    assert [(kind, *year_and_group(of_class), pupils) for kind, of_class, pupils in apart] == counts
    assert [cohort_of(of_class) for _, of_class, _ in apart] == [year - group for _, year, group, _ in counts]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2**40), COUNTS)))
def test_a_text_of_pupils_who_came_again_holds_the_sessions_too(counts: list[tuple[int, tuple[int, int, int, int]]]) -> None:
    text = ",".join(f"{session},{encode(*one)}" for session, one in counts) or None
    read = list(decode_again(text))
    assert [session for session, _, _ in read] == [session for session, _ in counts]
    assert [(cell, pupils) for _, cell, pupils in read] == [pair for _, one in counts for pair in decode_new(str(encode(*one)))]


@settings(deadline=None)
@given(COUNTS)
def test_no_number_is_too_large_for_the_database(count: tuple[int, int, int, int]) -> None:
    assert 0 <= encode(*count) < 2**63
