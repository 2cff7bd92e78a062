"""What a web process does beside its requests: it says that it goes on, and ends with the process that has started it.

While it sends a long file it says so, because gunicorn ends a process that says nothing for half a minute.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
"""Linux’s number for “send me this signal when my parent ends”."""
_listeners: list[Callable[[], object]] = []


def give_signs_to(listener: Callable[[], object]) -> None:
    """From now on, call this with each sign; gunicorn gives it to each process that it starts."""
    _listeners[:] = [listener]


def give_sign() -> None:
    """Say that this process goes on, where somebody listens."""
    for listener in _listeners:
        listener()


def end_with(first: int) -> None:
    """Let this process answer what it has begun and end, once the first process (its number), which has started it, was killed.

    Otherwise it would keep the port and answer for some seconds, and under load for as long as somebody waits, while the new
    first process cannot begin. Only Linux tells a process of that; elsewhere gunicorn looks by itself now and then.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != first:  # it was killed before that
        os.kill(os.getpid(), signal.SIGTERM)
