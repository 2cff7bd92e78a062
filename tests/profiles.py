"""How many examples hypothesis makes: few and always the same ones for a change, many and new ones in `make soak`."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings

SOAK = 25
"""How many times as many examples `make soak` makes."""


def register_profiles() -> None:
    """Tell hypothesis both profiles and choose the one for a change; `--hypothesis-profile=soak` chooses the other."""
    settings.register_profile("change", derandomize=True, deadline=None)
    settings.register_profile("soak", derandomize=False, deadline=None, max_examples=100 * SOAK, print_blob=True)
    settings.load_profile("change")


def examples(number: int) -> int:
    """Return how many examples a test gets: `number` for a change, `SOAK` times as many in `make soak`."""
    return number * SOAK if settings.get_current_profile_name() == "soak" else number


def turns(values: Sequence[Any]) -> list[Any]:
    """Return a turn for each value, for tests where each box gets another value each turn; `.ci/run` takes the first alone."""
    return [0, *(pytest.param(turn, marks=pytest.mark.exhaustive) for turn in range(1, len(values)))]
