"""Dates, times and lists as people read them, and distances."""

from datetime import date, time

import pytest

from schools.core.grid import kilometres_between
from schools.core.words import joined, long_day, short_time, time_range


def test_a_day_is_written_in_full_without_a_leading_zero() -> None:
    assert long_day(date(2026, 11, 6)) == "Fri 6 November 2026"


@pytest.mark.parametrize(
    ("at", "words"), [(time(9, 15), "9:15 am"), (time(0, 5), "12:05 am"), (time(12, 0), "12:00 pm"), (time(23, 59), "11:59 pm")]
)
def test_a_time_is_written_by_the_twelve_hour_clock(at: time, words: str) -> None:
    assert short_time(at) == words


def test_a_stretch_of_time_names_the_half_of_the_day_once() -> None:
    assert time_range(time(9, 15), time(10, 45)) == "9:15–10:45 am"
    assert time_range(time(11, 30), time(12, 15)) == "11:30 am–12:15 pm"


@pytest.mark.parametrize(("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_words_are_joined_as_in_a_sentence(words: list[str], text: str) -> None:
    assert joined(words) == text
    assert joined(iter(words), last="or") == text.replace("and", "or")


def test_a_distance_is_a_straight_line_in_kilometres_and_unknown_where_a_place_is() -> None:
    assert kilometres_between((300_000, 500_000), (303_000, 504_000)) == 5.0
    assert kilometres_between((300_000, None), (303_000, 504_000)) is None
    assert kilometres_between((300_000, 500_000), (None, None)) is None
