"""A phone number is found however people write it, and nothing else with it."""

import pytest

from schools.core.phones import digits_of, pattern_of

NUMBER = "+442079460018"


@pytest.mark.parametrize(
    "way",
    [
        "+442079460018", "02079460018", "020-7946-0018", "020 7946 0018", "(020) 7946 0018", "+44 (0)20 7946 0018",
        "020.7946.0018", "0044 20 7946 0018", "44 20 7946 0018", "2079460018", "020\u20117946\u20110018", "020\u00a07946 0018",
    ],
)  # fmt: skip
def test_each_way_of_writing_is_found_whole_and_what_stands_around_it_stays(way: str) -> None:
    assert pattern_of(NUMBER).sub("#", f"Ring {way}, please.") == "Ring #, please."
    assert pattern_of(NUMBER).sub("#", f"(Ring: {way})") == "(Ring: #)"
    assert pattern_of(NUMBER).sub("#", f"({way})") == "(#)"


@pytest.mark.parametrize("other", ["020 7946 00181", "120 7946 0018", "020 7946 0019", "20 79 46", ""])
def test_another_number_is_not_found(other: str) -> None:
    assert pattern_of(NUMBER).search(f"Ring {other}.") is None


def test_the_digits_stand_in_each_way_of_writing() -> None:
    assert digits_of(NUMBER) == "2079460018"
