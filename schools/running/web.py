"""A web process says that it goes on while it sends a long file: gunicorn ends one that says nothing for half a minute."""

from collections.abc import Callable

_listeners: list[Callable[[], object]] = []


def give_signs_to(listener: Callable[[], object]) -> None:
    """From now on, call this with each sign; gunicorn gives it to each process that it starts."""
    _listeners[:] = [listener]


def give_sign() -> None:
    """Say that this process goes on, where somebody listens."""
    for listener in _listeners:
        listener()
