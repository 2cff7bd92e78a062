"""What the log says of an error: all of it, but of one of the database no words, since these quote rows.

PostgreSQL says “Key (email)=(asha@example.org) already exists”, “Failing row contains (…)”, or the statement with its values. So
an error of the database is written by its frames, its type, its code and what it is about (a constraint, a table, a column).
"""

import sqlite3
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import Error, InterfaceError, OperationalError

OF_DATABASE = (Error, psycopg.Error, sqlite3.Error)
NO_ANSWER = (
    OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, sqlite3.OperationalError,
    sqlite3.InterfaceError,
)  # fmt: skip
"""Errors that, where they have no SQLSTATE, say nothing of a row: nobody is there, the wait was too long, the file is locked."""
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def traceback_of(error: BaseException) -> str:
    """Return what Python prints of the error, with its causes, and with the words of the database left out."""
    return "".join(_written(error, set())).rstrip("\n")


def without_rows(value: object) -> object:
    """Return the value of a line of the log, or where it is an error of the database, what may be written of it."""
    return _in_short(value) if isinstance(value, OF_DATABASE) else value


def _written(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    is_caused = error.__cause__ is not None
    before = error.__cause__ if is_caused or error.__suppress_context__ else error.__context__
    if before is not None and id(before) not in seen:
        yield from _written(before, seen)
        yield CAUSE if is_caused else CONTEXT
    if error.__traceback__:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield from [f"{_in_short(error)}\n"] if isinstance(error, OF_DATABASE) else traceback.format_exception_only(error)
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _written(part, seen)


def _in_short(error: Any) -> str:
    """Return the type of an error of the database, its code and what it is about; its words only where no row can be in them."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    # Of Django's own errors the one of the database is the cause.
    origin = error.__cause__ if isinstance(error, Error) else error
    state = getattr(origin, "sqlstate", None)
    if state is None and isinstance(error, NO_ANSWER):
        return f"{name}: {error}"
    about = [state or getattr(origin, "sqlite_errorname", None), *_about(getattr(origin, "diag", None))]
    return f"{name}: {', '.join(filter(None, about)) or 'its words are left out'}"


def _about(diagnostic: Any) -> list[str | None]:
    """Return constraint, table and column as PostgreSQL names them; none of them is a value."""
    return [getattr(diagnostic, f"{part}_name", None) for part in ("constraint", "table", "column")]
