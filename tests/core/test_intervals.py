"""Wilson’s interval: known values, and what holds for every share."""

from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "ends"),
    [(0, 5, ("0.0", "43.4")), (5, 5, ("56.6", "100.0")), (8, 10, ("49.0", "94.3")), (50, 100, ("40.4", "59.6"))],
)
def test_it_has_the_values_that_others_compute(part: int, whole: int, ends: tuple[str, str]) -> None:
    assert wilson(part, whole) == tuple(Decimal(end) for end in ends)


@given(whole=st.integers(1, 100_000), part=st.integers(0, 100_000))
def test_it_holds_the_share_lies_within_all_and_is_the_mirror_of_the_others(whole: int, part: int) -> None:
    part = min(part, whole)
    low, high = wilson(part, whole)
    share = 100 * part / whole
    assert 0 <= low <= high <= 100
    assert float(low) - 0.05 <= share <= float(high) + 0.05
    other_low, other_high = wilson(whole - part, whole)
    assert abs(100 - other_high - low) <= Decimal("0.1")
    assert abs(100 - other_low - high) <= Decimal("0.1")
    # Once more: the roots of |p − share| = z · √(p(1−p)/n).
    for end in (low, high):
        p = float(end) / 100
        if 0.001 < p < 0.999 and 0 < part < whole:
            assert abs(abs(p - share / 100) - 1.96 * sqrt(p * (1 - p) / whole)) < 0.0015


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (0, 0), (-1, 3), (4, 3)])
def test_what_is_no_share_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(part, whole)
