"""What slices further up keep about people at schools, and how it goes with an entry: registered by the slice that does it.

An entry that goes because it is made one with another does not go in this sense: what it was called is still somebody's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from schools.directory.models import Contact


@dataclass(frozen=True)
class Forgetter:
    """What a slice further up does where somebody takes back that a person was entered at a school."""

    hold: Callable[[], None]
    """Locks what has to be locked before anything else in the transaction that takes it back."""
    forget: Callable[[Contact], None]
    """Deletes the entry with what is that person's alone; what others wrote keeps its words."""


_forgetters: list[Forgetter] = []


def register(forgetter: Forgetter) -> None:
    """Add what is called where people at schools go; the same twice is called once."""
    if forgetter not in _forgetters:
        _forgetters.append(forgetter)


def hold_before_forgetting() -> None:
    """Lock what `forget_made` needs; call it before the transaction that takes somebody back locks anything else."""
    for forgetter in _forgetters:
        forgetter.hold()


def forget_made(contact: Contact) -> None:
    """Delete an entry that nothing needs any more with what is that person's alone, as though nobody had made it.

    It is not erasing (schools/erasing): nobody asked for that, and whoever makes the entry anew has all of it again.
    """
    for forgetter in _forgetters:
        forgetter.forget(contact)
