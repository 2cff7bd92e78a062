"""Which database is read: the primary, or a replica of it for what is heavy (docs/operations.md, More than one machine).

There are up to three names for the same rows. `default` is the primary, perhaps through PgBouncer; everything is written there.
`direct` is the primary past PgBouncer, where one stands in front: cursors of the server, and with them long files, need a session
of their own. `replica` is a streaming replica. Raw SQL names the alias that it speaks to.
"""

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from django.core.signals import request_started
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.db.models import Model

from schools.core.sqlite import OPTIMIZE

logger = logging.getLogger(__name__)

DIRECT = "direct"
REPLICA = "replica"

WAIT = 0.5
"""Seconds that a reader waits for what was committed just now to arrive at the replica."""
PAUSE = 0.01
"""Seconds between two looks."""
REST = 15.0
"""Seconds for which nobody of this process asks a replica that was away or too far behind."""
LAG = 10.0
"""Seconds behind the primary from which on a replica is one that somebody has to see to; a busy moment puts it back less far."""
AWAY = (DatabaseError, InterfaceError)
NO_REPLICA = "the server of SPEAKOUT_REPLICA_URL follows no other"


class _Reading(threading.local):
    """Where this thread reads now; None: where it always does."""

    alias: str | None = None


_reading = _Reading()
_rest_until = 0.0
"""By `monotonic()`; the threads of a process share it."""


def direct_alias() -> str:
    """Return the alias of the primary on which a session keeps its server: for pg_dump and for cursors of the server."""
    return DIRECT if DIRECT in connections else DEFAULT_DB_ALIAS


@contextmanager
def heavy_reading() -> Generator[str]:
    """Read what is asked for inside from the replica, and give the alias that is read.

    The replica is read only when it has everything that was committed until now, so nobody misses what they have just stored,
    whichever page or machine stored it. Where it is away, or too far behind, the primary is read. Inside a transaction it is the
    primary too, and so it is after a write inside. Inside another heavy reading that one has decided.
    """
    if _reading.alias is not None:
        yield _reading.alias
        return
    _reading.alias = alias = _best_alias()
    try:
        yield alias
    finally:
        _reading.alias = None


def _best_alias() -> str:
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return DEFAULT_DB_ALIAS
    return REPLICA if REPLICA in connections and _is_to_be_read() else direct_alias()


def _is_to_be_read() -> bool:
    """Return whether the replica has all that was committed; one that has not, or does not answer, is left alone for a while."""
    global _rest_until  # noqa: PLW0603  # one replica, one moment for the whole process
    if monotonic() < _rest_until:
        return False
    written = _written()
    try:
        state = _wait_for(written, seconds=WAIT)
    except AWAY as error:
        connections[REPLICA].close()
        state = f"it does not answer ({' '.join(str(error).split())})"
    if state:
        _rest_until = monotonic() + REST
        logger.warning("The primary is read instead of the replica for %s seconds: %s", f"{REST:.0f}", state)
    return not state


def _written() -> str:
    """Return the place in the primary's log up to which everything is safe on its disk: each commit that was answered."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
        place: str = cursor.fetchone()[0]
    return place


def _wait_for(written: str, *, seconds: float) -> str:
    """Return why the replica cannot be read; blank once it has everything up to the place. Raises what Django raises."""
    ends = monotonic() + seconds
    with connections[REPLICA].cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(%s::pg_lsn, coalesce(pg_last_wal_replay_lsn(), '0/0'))", [written]
            )
            is_replica, behind = cursor.fetchone()
            if not is_replica:
                return NO_REPLICA
            if behind <= 0:
                return ""
            if monotonic() > ends:
                return f"it is {behind:,} bytes behind"
            sleep(PAUSE)


def replica_problems() -> list[str]:
    """Return what is wrong with the replica, each a sentence that says what to do; nothing where all is well, or none is set.

    Waits up to LAG for what was committed until now. Raises what Django raises where it is the primary that does not answer.
    """
    if REPLICA not in connections:
        return []
    written = _written()
    try:
        state = _wait_for(written, seconds=LAG)
        with connections[REPLICA].cursor() as cursor:
            cursor.execute("SHOW hot_standby_feedback")
            feedback = cursor.fetchone()[0]
    except AWAY as error:
        connections[REPLICA].close()
        return [f"The replica does not answer ({type(error).__name__}); the primary is read instead. Start it, or see its log."]
    if state == NO_REPLICA:
        return [f"The replica is none: {state}. The primary is read instead. Make a new replica of the primary."]
    problems = []
    if state:
        problems.append(f"The replica lags: {state}. The primary is read instead. See in its log whether it still follows.")
    if feedback != "on":
        problems.append(
            "The replica has hot_standby_feedback off, so long files can break off in the middle. Set it on there, and reload."
        )
    return problems


GROWN = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')
        AND pg_relation_size(oid) > 2 * greatest(relpages, 0) * current_setting('block_size')::bigint
"""
"""Tables that take more than twice the room of the last count, or hold rows and were counted when they were empty, or never."""


def keep_statistics() -> None:
    """Count again what has grown, so that the planner knows it at once; does nothing where nothing has.

    Only for what writes many rows together. PostgreSQL counts by itself too, but minutes later, and until then it takes tables
    that were empty for empty still; SQLite does at the end of a connection (schools/core/sqlite.py).
    """
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        if cursor.db.vendor == "sqlite":
            cursor.execute(OPTIMIZE)
            return
        cursor.execute(GROWN)
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")


def keep_statistics_after_commit() -> None:
    """Count again what has grown once the caller's transaction is committed; whatever fails then leaves what was stored."""
    transaction.on_commit(keep_statistics, robust=True)


class Router:
    """Our tables are read where `heavy_reading` says; everything else, and every write, is the primary's.

    Sessions, sign-ins, the cache and the queues of work are never read from a replica.
    """

    def db_for_read(self, model: type[Model], **_: Any) -> str:
        """Return the alias to read."""
        if _reading.alias is None or model._meta.app_label != "schools":
            return DEFAULT_DB_ALIAS
        return _reading.alias

    def db_for_write(self, model: type[Model], **_: Any) -> str:
        """Return the primary, which is read from now on inside the heavy reading too: what was written is only there for sure."""
        if _reading.alias is not None and model._meta.app_label == "schools":
            _reading.alias = DEFAULT_DB_ALIAS
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *_: Model, **__: Any) -> bool:
        """Allow every relation: all aliases name the same rows."""
        return True

    def allow_migrate(self, db: str, *_: str, **__: Any) -> bool:
        """Allow changes of tables on the primary alone."""
        return db == DEFAULT_DB_ALIAS


def _forget(**_: Any) -> None:
    """Begin a page anew, whatever the one before on this thread left open."""
    _reading.alias = None


request_started.connect(_forget, dispatch_uid="no-heavy-reading")
