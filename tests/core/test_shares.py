"""One total shared out over the year groups, against a second computation."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.shares import apportion
from tests.profiles import examples

weights = st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("total", "expected", "shares"),
    [
        (85, [30, 30, 30], [29, 28, 28]),
        (85, [30, 28, 31, 20], [23, 22, 24, 16]),
        (10, [None, 30], [5, 5]),
        (7, [0, 0], [4, 3]),
        (7, [0, 9], [0, 7]),
        (0, [30, 30], [0, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [], []),
    ],
)
def test_a_total_is_shared_by_what_was_expected_or_equally(total: int, expected: list[int | None], shares: list[int]) -> None:
    assert apportion(total, expected) == shares


@settings(max_examples=examples(200))
@given(total=st.integers(0, 1000), expected=weights)
def test_shares_add_up_and_none_is_a_whole_child_off(total: int, expected: list[int | None]) -> None:
    shares = apportion(total, expected)
    known = [weight or 0 for weight in expected]
    even = None in expected or not sum(known)
    exact = [Fraction(total, len(expected)) if even else Fraction(total * weight, sum(known)) for weight in known]
    assert sum(shares) == total
    assert all(abs(share - fair) < 1 for share, fair in zip(shares, exact, strict=True))
    assert all(share >= 0 for share in shares)


@settings(max_examples=examples(200))
@given(total=st.integers(0, 300), expected=st.lists(st.integers(1, 60), min_size=1, max_size=7))
def test_it_is_the_largest_remainder_given_out_one_by_one(total: int, expected: list[int]) -> None:
    everybody = sum(expected)
    naive = [total * one // everybody for one in expected]
    left = [total * one % everybody for one in expected]
    while sum(naive) < total:
        most = left.index(max(left))
        naive[most] += 1
        left[most] = -1
    assert apportion(total, expected) == naive
