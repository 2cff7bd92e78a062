"""What slices further up keep about people at schools, and forget when the entry of one is deleted.

An entry that goes because it is made one with another is not deleted in this sense: what it was called is still somebody's.
"""

from collections.abc import Callable, Collection

type Forget = Callable[[Collection[int]], None]
"""Forgets what is kept about contacts, by their ids."""

_forgetting: list[Forget] = []


def register(forget: Forget) -> None:
    """Add what is called for contacts who were deleted; the same twice is called once."""
    if forget not in _forgetting:
        _forgetting.append(forget)


def forget_deleted(ids: Collection[int]) -> None:
    """Let every slice forget the contacts with these ids, in the transaction that deletes them."""
    for forget in _forgetting:
        forget(ids)
