"""What log lines say of the request that is being answered: its id, its route and who sent it, and never more of a person.

The route is the pattern of an address, such as `invitation/<secret>/`: addresses themselves hold secrets.
"""

import copy
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from schools.core.tracebacks import traceback_of, without_rows

NOBODY = "-"


@dataclass
class RequestNotes:
    """What is known so far; `-` for what is not."""

    request_id: str = NOBODY
    person: str = NOBODY
    """The id of the row in the table of users."""


_NONE = RequestNotes()
_of_request: ContextVar[RequestNotes] = ContextVar("request_notes", default=_NONE)


@contextmanager
def notes_for(request_id: str) -> Iterator[RequestNotes]:
    """Keep the notes while the request is answered."""
    notes = RequestNotes(request_id)
    token = _of_request.set(notes)
    try:
        yield notes
    finally:
        _of_request.reset(token)


def current_notes() -> RequestNotes:
    """Return the notes of the request that is being answered; outside of one, those of none."""
    return _of_request.get()


def note_person(person_id: int | None) -> None:
    """Note who is signed in; None: nobody."""
    notes = _of_request.get()
    if notes is not _NONE:
        notes.person = NOBODY if person_id is None else str(person_id)


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address, as the URLs declare it; `-` where none fits."""
    return request.resolver_match.route or "/" if request.resolver_match else NOBODY


def route_at(address: str) -> str:
    """Return the same of an address, with or without host and query, that no request stands for any more."""
    try:
        return resolve(unquote(urlsplit(address).path)).route or "/"
    except (Resolver404, ValueError):
        return NOBODY


class RequestFilter(logging.Filter):
    """Adds the notes to each line, puts the route in the place of an address, and leaves out the words of the database."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a copy with `request_id` and `person`, and without the request itself."""
        line = copy.copy(record)
        notes = current_notes()
        line.request_id, line.person = notes.request_id, notes.person
        request: Any = line.__dict__.pop("request", None)
        if isinstance(line.args, tuple):
            line.args = tuple(without_rows(route_of(request) if _is_path(value, request) else value) for value in line.args)
        if line.exc_info and line.exc_info[1] is not None:
            line.exc_text, line.exc_info = traceback_of(line.exc_info[1]), None
        return line


def _is_path(value: object, request: object) -> bool:
    return isinstance(request, HttpRequest) and value == request.path


class WebFilter(RequestFilter):
    """The same for lines of gunicorn, which stands outside of requests and writes whole addresses.

    It does so where a process is ended in the middle of a request, as one that gave no sign for too long.
    """

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a copy with routes in the place of addresses; of a request that cannot be read, what is wrong with it alone."""
        line = super().filter(record)
        if str(line.msg).startswith("Invalid request from ip="):
            # gunicorn quotes the request; the error that it is about is being handled right now.
            line.msg, line.args = f"Invalid request ({type(sys.exception()).__name__})", ()
        # At its start it says where it listens.
        if isinstance(line.args, tuple) and line.levelno != logging.INFO:
            line.args = tuple(route_at(value) if isinstance(value, str) and "/" in value else value for value in line.args)
        return line


def mask_lines_of_gunicorn() -> None:
    """Let its handlers, as they are now, write no address; again after each reload, which makes them anew."""
    for handler in logging.getLogger("gunicorn.error").handlers:
        if not any(isinstance(kept, WebFilter) for kept in handler.filters):
            handler.addFilter(WebFilter())


class ExpectedFilter(logging.Filter):
    """Leaves out that `/ready/` answered no: that is its work, and what is not well has its own lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        request = getattr(record, "request", None)
        return not (isinstance(request, HttpRequest) and request.path.removesuffix("/") == "/ready")
