"""A snapshot of the database: everything is read as of one moment while others go on writing."""

from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from schools.core.databases import heavy_reading

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)
"""What was read in the open snapshot; None: none is open."""


@contextmanager
def snapshot() -> Generator[None]:
    """Read everything inside as of one moment, so that two streams of rows agree; nobody who writes has to wait.

    It is heavy reading, so the moment may be one of the replica. Inside an open transaction, or another snapshot, the outer one
    decides the moment. Nothing may be written inside.
    """
    with heavy_reading() as alias, _remembering():
        connection = connections[alias]
        if connection.in_atomic_block or _has_begun(connection):
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
        answers = _answers.get()
        if answers is None:
            return question(*args, **kwargs)
        key = (question, args, tuple(sorted(kwargs.items())))
        if key not in answers:
            answers[key] = question(*args, **kwargs)
        known: R = answers[key]
        return known

    return answer


def once_each[K: Hashable, R](question: Callable[[Sequence[K]], Sequence[R]]) -> Callable[[Sequence[K]], list[R]]:
    """Make a question about several things that a snapshot answers once for each: those without an answer are asked together.

    The question returns an answer to each of the things, in their order. The rest is as for `once`.
    """

    @wraps(question)
    def answer(things: Sequence[K]) -> list[R]:
        answers = _answers.get()
        if answers is None:
            return list(question(things))
        missing = [thing for thing in dict.fromkeys(things) if (question, thing) not in answers]
        if missing:
            answers.update(zip(((question, thing) for thing in missing), question(missing), strict=True))
        return [answers[question, thing] for thing in things]

    return answer


@contextmanager
def _remembering() -> Generator[None]:
    """Remember answers until the outermost snapshot ends."""
    if _answers.get() is not None:
        yield
        return
    _answers.set({})
    try:
        yield
    finally:
        # Not reset by a token: a stream's generator may be closed in another context than it began in.
        _answers.set(None)


def _has_begun(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a snapshot of SQLite is open: Django knows nothing of a BEGIN that was executed by hand."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction
