"""How many examples hypothesis makes: always the same ones for a change, fewer in `.ci/run`, more and new ones in `make soak`."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings

SOAK = 3
"""How many times as many examples `make soak` makes."""
QUICK = 6
"""The part of them, one in so many, that `.ci/run` makes."""


def register_profiles() -> None:
    """Tell hypothesis the profiles and choose the one for a change; `--hypothesis-profile=soak` or `quick` chooses another."""
    settings.register_profile("change", derandomize=True, deadline=None)
    settings.register_profile("quick", derandomize=True, deadline=None, max_examples=100 // QUICK)
    settings.register_profile("soak", derandomize=False, deadline=None, max_examples=100 * SOAK, print_blob=True)
    settings.load_profile("change")


def examples(number: int) -> int:
    """Return how many examples a test gets: `number` for a change, fewer in `.ci/run`, `SOAK` times as many in `make soak`."""
    profile = settings.get_current_profile_name()
    if profile == "quick":
        return max(number // QUICK, 1)
    return number * SOAK if profile == "soak" else number


def more_in_the_long_gate(values: Sequence[Any]) -> list[Any]:
    """Return the values for a test that `.ci/run` runs with the first alone, and `.ci/full` and `bin/test` with each.

    A tuple is the values of several arguments.
    """
    rest = (value if isinstance(value, tuple) else (value,) for value in values[1:])
    return [values[0], *(pytest.param(*value, marks=pytest.mark.exhaustive) for value in rest)]


def turns(values: Sequence[Any]) -> list[Any]:
    """Return a turn for each value, for tests where each box gets another value each turn; `.ci/run` takes the first alone."""
    return more_in_the_long_gate(range(len(values)))
