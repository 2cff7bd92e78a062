"""Miles and kilometres: what people read, and what is stored of what they write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.distances import Unit, distance_in_words, in_kilometres, in_unit


@pytest.mark.parametrize(
    ("km", "unit", "words"),
    [
        (0, "miles", "0 miles"), (1.6, "miles", "1 mile"), (19.3, "miles", "12 miles"), (19.3, "km", "19 km"), (1, "km", "1 km"),
        (42.195, "miles", "26 miles"),
    ],
)  # fmt: skip
def test_a_distance_is_told_in_whole_miles_or_kilometres(km: float, unit: str, words: str) -> None:
    assert distance_in_words(km, unit) == words


@given(st.integers(1, 600), st.sampled_from(Unit))
def test_a_whole_number_that_somebody_writes_is_the_one_that_they_read_again(number: int, unit: Unit) -> None:
    stored = round(in_kilometres(number, unit))
    assert round(in_unit(stored, unit)) == number
