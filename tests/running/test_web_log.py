"""gunicorn logs outside of requests: of a request that was cut off it writes the route, never the address with its secret."""

import logging
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.urls import reverse

from speakout import web_process

SECRET = "a-secret-of-somebody"
ROW = "Key (email)=(asha@example.org) already exists"
LOGGER = logging.getLogger("gunicorn.error")


def handler(text: StringIO) -> logging.Handler:
    """One like gunicorn's own."""
    made = logging.StreamHandler(text)
    made.setFormatter(logging.Formatter("%(asctime)s [%(process)d] [%(levelname)s] %(message)s"))
    return made


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What gunicorn has written since its start."""
    before, propagates, level = LOGGER.handlers[:], LOGGER.propagate, LOGGER.level
    text = StringIO()
    LOGGER.handlers[:], LOGGER.propagate = [handler(text)], False
    LOGGER.setLevel(logging.DEBUG)
    web_process.on_starting(None)
    yield text
    LOGGER.handlers[:], LOGGER.propagate = before, propagates
    LOGGER.setLevel(level)


def cut_off(*words: Any) -> None:
    """What gunicorn logs of a process that gave no sign for too long."""
    try:
        sys.exit(1)
    except SystemExit:
        LOGGER.exception(*words)


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("calendar-feed", "calendar/<str:secret>.ics"),
        ("admin:calendar-feed", "admin/calendar/feed/<str:secret>.ics"),
        ("answer", "answer/<str:token>/"),
        ("invitation", "invitation/<str:secret>/"),
    ],
)
@pytest.mark.parametrize("more", ["", "?page=a-secret-of-somebody"])
def test_a_request_that_was_cut_off_is_logged_by_its_route(log: StringIO, name: str, route: str, more: str) -> None:
    cut_off("Error handling request %s %s", "GET", f"{reverse(name, args=[SECRET])}{more}")
    first, *frames = log.getvalue().splitlines()
    assert first.endswith(f"[ERROR] Error handling request GET {route}")
    assert frames[-1] == "SystemExit: 1"
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize(
    "address", ["/nowhere/a-secret-of-somebody/", "http://[a-secret-of-somebody/", "http://x/a-secret-of-somebody"]
)
def test_an_address_that_leads_nowhere_is_logged_as_a_dash(log: StringIO, address: str) -> None:
    cut_off("Error handling request %s", address)
    assert log.getvalue().splitlines()[0].endswith("Error handling request -")
    LOGGER.debug("%s %s", "GET", address)
    assert log.getvalue().endswith("GET -\n")


def test_a_request_that_cannot_be_read_is_logged_by_what_is_wrong_with_it(log: StringIO) -> None:
    try:
        int(f"GET /answer/{SECRET}/ HTTP/9")
    except ValueError as error:
        LOGGER.warning(f"Invalid request from ip=::1: {error}")  # as gunicorn does
    assert log.getvalue().endswith("[WARNING] Invalid request (ValueError)\n")


def test_a_row_that_breaks_a_file_half_way_is_not_logged(log: StringIO) -> None:
    try:
        raise psycopg.errors.UniqueViolation(ROW)
    except psycopg.Error:
        LOGGER.exception("Error handling request")
    assert "asha" not in log.getvalue()
    assert log.getvalue().endswith("psycopg.errors.UniqueViolation: 23505\n")


def test_where_gunicorn_listens_is_logged_as_it_is(log: StringIO) -> None:
    LOGGER.info("Listening at: %s (%s)", "http://127.0.0.1:8000", 7)
    assert log.getvalue().endswith("Listening at: http://127.0.0.1:8000 (7)\n")


def test_after_a_reload_which_makes_the_log_anew_addresses_stay_out(log: StringIO) -> None:
    LOGGER.handlers[:] = [handler(log)]
    for _ in range(2):
        web_process.on_reload(None)
    assert len(LOGGER.handlers[0].filters) == 1
    cut_off("Error handling request %s %s", "GET", reverse("answer", args=[SECRET]))
    assert SECRET not in log.getvalue()
