"""What slices further up keep about people at schools, and how these are erased: registered by the one that does it.

An entry that goes because it is made one with another is not deleted in this sense: what it was called is still somebody's.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from schools.accounts.models import User
from schools.directory.models import Contact


@dataclass(frozen=True)
class Eraser:
    """What a slice further up does where people at schools go."""

    forget: Callable[[Collection[int]], None]
    """Forgets what is kept about contacts, by their ids, who were deleted and stand where they did still."""
    hold: Callable[[Collection[Contact]], None]
    """Locks what names them; called before anything else is locked in the transaction that erases them."""
    erase: Callable[[Contact, Collection[int], User, datetime], None]
    """Erases the contact, deletes the entry, and leaves the words of the answers with these ids. Raises RuleBroken."""


_erasers: list[Eraser] = []


def register(eraser: Eraser) -> None:
    """Add what is called where people at schools go; the same twice is called once."""
    if eraser not in _erasers:
        _erasers.append(eraser)


def forget_deleted(ids: Collection[int]) -> None:
    """Forget what is kept about the contacts with these ids, in the transaction that deletes them."""
    for eraser in _erasers:
        eraser.forget(ids)


def hold_before_erasing(contacts: Collection[Contact]) -> None:
    """Lock what names these contacts; call it before the transaction that erases them locks anything else."""
    for eraser in _erasers:
        eraser.hold(contacts)


def erase_made(contact: Contact, *, answers: Collection[int], by: User, now: datetime) -> None:
    """Erase somebody whom an answer of a school made, and delete their entry. Raises RuleBroken with every reason against it.

    What the school said in the answers with these ids waits again, and names them still.
    """
    for eraser in _erasers:
        eraser.erase(contact, answers, by, now)
