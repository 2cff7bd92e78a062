"""A snapshot of the database: everything is read as of one moment while others go on writing."""

from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from schools.core.databases import heavy_reading


@dataclass
class _Open:
    """The open snapshot."""

    is_own_moment: bool
    """Whether it began by itself, and not in a transaction, of which nobody else knows yet what it has written."""
    answers: dict[Hashable, Any] = field(default_factory=dict)
    """What was read in it."""
    afterwards: list[Callable[[], object]] = field(default_factory=list)
    """What is done when it has ended."""


_open: ContextVar[_Open | None] = ContextVar("open", default=None)
"""None: no snapshot is open."""


@contextmanager
def snapshot() -> Generator[None]:
    """Read everything inside as of one moment, so that two streams of rows agree; nobody who writes has to wait.

    It is heavy reading, so the moment may be one of the replica. Inside an open transaction, or another snapshot, the outer one
    decides the moment. Nothing may be written inside.
    """
    with heavy_reading() as alias, _opened(is_own_moment=not _is_in_transaction(connections[alias])):
        connection = connections[alias]
        if _is_in_transaction(connection):
            yield
        elif connection.vendor == "postgresql":
            with transaction.atomic(using=alias), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield
        else:
            # A plain BEGIN, because ours are IMMEDIATE and would lock the file for as long as somebody reads.
            with connection.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")
                try:
                    yield
                finally:
                    cursor.execute("ROLLBACK")


def once[**P, R](question: Callable[P, R]) -> Callable[P, R]:
    """Make a question that a snapshot answers once: asked again inside with the same arguments, it has the same answer.

    Nothing can be stale, because all that is read inside is of one moment, and the answers are forgotten with the outermost
    snapshot. Outside of one it is answered each time. Arguments are hashable; nobody changes an answer.
    """

    @wraps(question)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        if (inside := _open.get()) is None:
            return question(*args, **kwargs)
        key = (question, args, tuple(sorted(kwargs.items())))
        if key not in inside.answers:
            inside.answers[key] = question(*args, **kwargs)
        known: R = inside.answers[key]
        return known

    return answer


def once_each[K: Hashable, R](question: Callable[[Sequence[K]], Sequence[R]]) -> Callable[[Sequence[K]], list[R]]:
    """Make a question about several things that a snapshot answers once for each: those without an answer are asked together.

    The question returns an answer to each of the things, in their order. The rest is as for `once`.
    """

    @wraps(question)
    def answer(things: Sequence[K]) -> list[R]:
        if (inside := _open.get()) is None:
            return list(question(things))
        answers = inside.answers
        missing = [thing for thing in dict.fromkeys(things) if (question, thing) not in answers]
        if missing:
            answers.update(zip(((question, thing) for thing in missing), question(missing), strict=True))
        return [answers[question, thing] for thing in things]

    return answer


def is_open() -> bool:
    """Return whether a snapshot is open."""
    return _open.get() is not None


def is_own_moment() -> bool:
    """Return whether a snapshot is open that no transaction surrounds: then all that it reads is committed."""
    inside = _open.get()
    return inside is not None and inside.is_own_moment


def afterwards(act: Callable[[], object]) -> None:
    """Do something when the outermost open snapshot has ended, where it may write again; nothing if it ends by an error.

    Raises LookupError where none is open.
    """
    if (inside := _open.get()) is None:
        msg = "No snapshot is open. Do it at once."
        raise LookupError(msg)
    inside.afterwards.append(act)


@contextmanager
def _opened(*, is_own_moment: bool) -> Generator[None]:
    """Remember answers until the outermost snapshot ends, and then do what was to be done afterwards."""
    if _open.get() is not None:
        yield
        return
    opened = _Open(is_own_moment)
    _open.set(opened)
    try:
        yield
    finally:
        # Not reset by a token: a stream's generator may be closed in another context than it began in.
        _open.set(None)
    for act in opened.afterwards:
        act()


def _is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a transaction or a snapshot of SQLite is open: Django does not know of a BEGIN that was executed by hand."""
    by_hand = connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction
    return bool(connection.in_atomic_block or by_hand)
