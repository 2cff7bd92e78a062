"""Which words a difference gets between what somebody knows and what is true, without a database."""

from typing import Any

import pytest

from schools.visits.queries.standings import (
    ASKED,
    CANCELLED,
    DOWN,
    HANDED_ON,
    NO,
    OFF,
    OFFERED,
    UNNEEDED,
    Standing,
)
from schools.visits.rules.notices import Telling, telling_of

THERE = Standing(1, "2026-12-03", "09:15:00", "10:00:00", 7, DOWN, "1764061200.0", 0)
"""Down for it, as they were told before."""
QUESTION = THERE._replace(stands=OFFERED)
LATER: dict[str, Any] = {"starts": "10:15:00", "ends": "11:00:00"}


@pytest.mark.parametrize("known", [OFF, HANDED_ON, UNNEEDED])
def test_who_was_told_that_they_are_off_and_is_on_it_as_before_reads_that_and_no_more(known: str) -> None:
    assert telling_of(THERE._replace(stands=known), THERE, was_known=True) is Telling.RESTORED


@pytest.mark.parametrize("known", [OFF, HANDED_ON, UNNEEDED, DOWN, NO])
def test_who_is_asked_once_more_reads_the_question_as_anybody_does(known: str) -> None:
    assert telling_of(THERE._replace(stands=known), QUESTION, was_known=True) is Telling.OFFERED
    instead = QUESTION._replace(other=9)
    assert telling_of(THERE._replace(stands=known), instead, was_known=True) is Telling.SWAP


def test_that_it_takes_place_after_all_is_said_where_it_was_called_off_or_moved() -> None:
    for known in (THERE._replace(stands=CANCELLED), THERE._replace(**LATER), THERE._replace(stands=OFF, **LATER)):
        assert telling_of(known, THERE, was_known=True) is Telling.BACK
        assert telling_of(known, QUESTION, was_known=True) is Telling.BACK_ASKED
    assert telling_of(THERE._replace(stands=CANCELLED), THERE, was_known=False) is Telling.BACK


def test_who_was_down_and_never_heard_that_they_were_asked_again_reads_that_they_are_off() -> None:
    taken_back = QUESTION._replace(stands=UNNEEDED, **LATER)
    assert telling_of(THERE, taken_back, was_known=False) is Telling.TAKEN_OFF
    assert telling_of(QUESTION, taken_back, was_known=False) is Telling.UNNEEDED


@pytest.mark.parametrize("known", [NO, ASKED])
def test_who_comes_after_a_no_of_their_own_is_down_for_it_as_anybody(known: str) -> None:
    """Nobody told them otherwise, so nothing was taken back."""
    assert telling_of(THERE._replace(stands=known), THERE, was_known=True) is Telling.AGREED


def test_who_is_put_on_anew_after_they_were_taken_off_is_down_for_it_as_anybody() -> None:
    anew = THERE._replace(at="1764147600.0")
    assert telling_of(THERE._replace(stands=OFF), anew, was_known=False) is Telling.AGREED


def test_that_nobody_declined_to_go_instead_after_all_is_no_news_to_who_goes_anyway() -> None:
    assert telling_of(THERE._replace(other=9), THERE, was_known=True) is None
