"""Headcounts and rolls written as numbers are read as they were."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS
from schools.reach.headcount_codec import (
    CLASSES,
    GROUPS,
    MARKED,
    ROOM,
    Mark,
    all_numbers_in,
    by_session,
    cohort_of,
    decode_rolls,
    encode,
    encode_roll,
    headcount_in,
    numbers_in,
    year_and_group,
)

MARKS = [int(mark) + again for mark in Mark if mark != Mark.AGAIN for again in (0, int(Mark.AGAIN))]
COUNTS = st.tuples(
    st.integers(1, 2**31),
    st.integers(0, 9999),
    st.sampled_from(YEAR_GROUPS),
    st.sampled_from(MARKS),
    st.integers(0, MOST_PUPILS),
)
"""Session type, academic year, year group, mark, pupils: all that may be stored."""


def class_of(academic_year: int, year_group: int) -> int:
    return academic_year * GROUPS + year_group


def read(number: int) -> tuple[int, int, int, int, int]:
    cell, marked = divmod(number, ROOM)
    session_type, of_class = divmod(cell, CLASSES)
    return session_type, *year_and_group(of_class), *divmod(marked, MARKED)


@settings(deadline=None)
@given(st.lists(COUNTS))
def test_a_text_holds_every_headcount(counts: list[tuple[int, int, int, int, int]]) -> None:
    text = ",".join(str(encode(*one)) for one in counts) or None
    assert [read(number) for number in numbers_in(text)] == counts


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2**40), COUNTS)))
def test_a_text_of_headcounts_with_their_sessions_holds_the_sessions_too(
    counts: list[tuple[int, tuple[int, int, int, int, int]]],
) -> None:
    text = ",".join(f"{session},{encode(*one)}" for session, one in counts) or None
    assert [(session, read(number)) for session, number in by_session(text)] == counts


@settings(deadline=None)
@given(st.lists(st.lists(COUNTS)))
def test_many_texts_are_read_at_once_as_each_by_itself(texts: list[list[tuple[int, int, int, int, int]]]) -> None:
    numbers, positions = all_numbers_in([",".join(str(encode(*one)) for one in counts) or None for counts in texts])
    session_type, of_class, mark, pupils = (values.tolist() for values in headcount_in(numbers))
    counts = zip(session_type, map(year_and_group, of_class), mark, pupils, strict=True)
    again = [(kind, *of_class, mark, pupils) for kind, of_class, mark, pupils in counts]
    of_texts = [(position, count) for position, counts in enumerate(texts) for count in counts]
    assert list(zip(positions.tolist(), again, strict=True)) == of_texts


@settings(deadline=None)
@given(COUNTS)
def test_no_number_is_too_large_for_the_database(count: tuple[int, int, int, int, int]) -> None:
    assert 0 <= encode(*count) < 2**63


@settings(deadline=None)
@given(st.integers(0, 9999), st.sampled_from(YEAR_GROUPS))
def test_a_cohort_is_the_year_in_which_its_children_started(year: int, group: int) -> None:
    assert cohort_of(class_of(year, group)) == year - group


def test_of_several_rolls_of_a_class_the_highest_rank_counts_and_of_these_the_larger() -> None:
    rolls = [(2025, 5, 0, 90), (2025, 5, 2, 30), (2025, 5, 2, 28), (2025, 5, 1, 60), (2024, 6, 0, 1000)]
    text = ",".join(str(encode_roll(*roll)) for roll in rolls)
    assert decode_rolls(text) == {class_of(2025, 5): 30, class_of(2024, 6): 1000}
    assert decode_rolls(None) == {}
