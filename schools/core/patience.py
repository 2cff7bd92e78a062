"""Writing something down although the database is away for a moment: what has happened outside it must not be lost."""

import logging
from collections.abc import Callable
from time import monotonic, sleep

from django.db import InterfaceError, OperationalError, connection, connections

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What Django raises when the database restarts, or cannot be reached."""

PAUSE = 1.0
"""Seconds between two tries."""


def patiently[Answer](write: Callable[[], Answer], *, seconds: float) -> Answer:
    """Return what `write` returns; while the database is away, wait and call it again, for so many seconds at most.

    `write` must be safe to repeat: it may have been committed when its answer was lost. Inside a transaction it is called once,
    since nothing of the transaction is left. Raises what `write` raises.
    """
    ends = monotonic() + seconds
    while True:
        try:
            return write()
        except DATABASE_AWAY as error:
            if connection.in_atomic_block or monotonic() > ends:
                raise
            logger.warning("The database is away; trying again: %s", error)
            connections.close_all()
            sleep(PAUSE)
