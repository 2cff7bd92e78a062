"""How the tests of the house fail: they list what is wrong and end with what to do about it."""

from collections.abc import Iterable

import pytest


def _told(things: Iterable[object], to_do: str) -> str:
    return "\n".join([*(f"  {thing}" for thing in things), to_do])


def assert_none(wrong: Iterable[object], *, to_do: str) -> None:
    """Fail where anything is wrong: each thing on a line of its own, then what to do."""
    if things := list(wrong):
        pytest.fail(_told(things, to_do), pytrace=False)


def assert_stated(present: Iterable[str], stated: Iterable[str], *, add: str, remove: str) -> None:
    """Fail where the code has what no list states (`add` says what to do), or a list states what the code no longer has."""
    present, stated = set(present), set(stated)
    new, gone = sorted(present - stated), sorted(stated - present)
    if new or gone:
        pytest.fail("\n".join(_told(names, to_do) for names, to_do in ((new, add), (gone, remove)) if names), pytrace=False)
