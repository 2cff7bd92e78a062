"""Writing what somebody else may be writing at the same moment."""

from collections.abc import Callable

from django.db import IntegrityError

TRIES = 3


def again_on_conflict[Done](write: Callable[[], Done]) -> Done:
    """Call `write`, again where somebody entered one of its rows at the same moment: the next try sees that row."""
    for tries_left in reversed(range(TRIES)):
        try:
            return write()
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError
