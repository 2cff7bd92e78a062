"""One line for each request: who by id, where by route, how long; no address, no name, and no traceback for a scanner."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from logging.config import dictConfig
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.core.request_notes import RequestFilter, current_notes, note_person, notes_for
from schools.running.health import watch
from schools.running.request_log import RequestLogMiddleware
from speakout.settings.logs import logging_config

pytestmark = pytest.mark.django_db
PASSWORD = "a-walk-along-the-beck"
ROW = "Key (email)=(asha@example.org) already exists"


class Log(StringIO):
    """What was written so far."""

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


@pytest.fixture
def write() -> Iterator[Any]:
    """Sets logging up as an installation does, into a text."""
    before = logging.getLogger().handlers[:]

    def start(form: str) -> Log:
        config = logging_config(form, requests="INFO")
        log = Log()
        config["handlers"]["console"]["stream"] = log
        dictConfig(config)
        return log

    yield start
    dictConfig(logging_config("plain", requests="WARNING"))
    logging.getLogger().handlers[:] = before


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)


def test_a_plain_line_says_who_by_id_where_by_route_and_how_long(client: Client, asha: User, write: Any) -> None:
    client.force_login(asha)
    log = write("plain")
    answer = client.get(f"{reverse('me')}?name=Asha")
    (line,) = log.lines
    moment, level, logger, request, person, words = line.split(" ", 5)
    assert moment.endswith("Z")
    assert (level, logger, person) == ("INFO", "speakout.requests", f"person={asha.pk}")
    assert request == f"request={answer.headers['X-Request-ID']}"
    assert words.startswith("GET me/ 200 in ")
    assert words.endswith(" ms")
    assert "Asha" not in line


def test_what_django_logs_is_one_line(write: Any) -> None:
    log = write("plain")
    logging.getLogger("django.tasks").info("A task begins.")
    assert [line.rpartition(" person=- ")[2] for line in log.lines] == ["A task begins."]
    assert logging.getLogger("django").handlers == []


def test_a_json_line_has_the_same_as_fields(client: Client, asha: User, write: Any) -> None:
    client.force_login(asha)
    log = write("json")
    answer = client.get(reverse("me"))
    line = json.loads(log.lines[0])
    took = line.pop("milliseconds")
    assert took > 0
    assert line.pop("time")
    assert line == {
        "level": "INFO", "logger": "speakout.requests", "request_id": answer.headers["X-Request-ID"], "person": str(asha.pk),
        "message": f"GET me/ 200 in {took} ms", "method": "GET", "route": "me/", "status": 200,
    }  # fmt: skip


def test_who_signs_in_with_the_request_is_named_and_a_stranger_is_not(client: Client, asha: User, write: Any) -> None:
    log = write("plain")
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": asha.email, "password": PASSWORD})
    assert [line.split()[4] for line in log.lines] == ["person=-", f"person={asha.pk}"]
    client.get(reverse("me"))
    assert log.lines[-1].split()[4] == f"person={asha.pk}"
    assert current_notes().person == "-", "nothing is left for the next request"


@pytest.mark.parametrize("form", ["plain", "json"])
def test_secrets_in_an_address_and_what_is_not_found_are_one_line_without_them(client: Client, write: Any, form: str) -> None:
    log = write(form)
    client.get(reverse("invitation", args=["a-secret-of-somebody"]))
    client.get("/asha@example.org/?q=a-secret-of-somebody")
    client.post(reverse("invitation", args=["a-secret-of-somebody"]))
    for way in (client.get, client.post):
        way(reverse("answer", args=["a-secret-of-somebody"]))
    client.get("/answer/a-secret-of-somebody")
    client.get(reverse("admin:calendar-feed", args=["a-secret-of-somebody"]))
    assert len(log.lines) == 7
    assert "secret-of" not in log.getvalue()
    assert "asha" not in log.getvalue()


def test_a_form_without_its_token_is_warned_of_without_the_address(write: Any) -> None:
    log = write("plain")
    Client(enforce_csrf_checks=True).post(reverse("invitation", args=["a-secret-of-somebody"]))
    assert any("Forbidden" in line for line in log.lines)
    assert "secret-of" not in log.getvalue()


@pytest.mark.parametrize("host", ["evil.example", "evil.example\r\nX", "é.example", "a" * 500])
def test_a_scanners_wrong_host_is_one_line_and_no_traceback(client: Client, write: Any, host: str) -> None:
    log = write("plain")
    assert client.get("/", HTTP_HOST=host).status_code == 400
    (line,) = log.lines
    assert "GET - 400 in " in line
    assert " ms for the wrong host '" in line
    assert len(line) < 400


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        (1, "0f8fad5b-d9cb-469f-a165-70867728950e", True),
        (0, "0f8fad5b-d9cb-469f-a165-70867728950e", False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "12345678 person=1", False),
        (1, "12345678\nERROR", False),
    ],
)
def test_the_id_is_the_proxys_where_there_is_one_and_it_is_an_id(
    client: Client, settings: Settings, proxies: int, given: str, *, kept: bool
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    ids = {client.get(reverse("privacy"), headers={"x-request-id": given}).headers["X-Request-ID"] for _ in range(2)}
    assert (ids == {given}) is kept
    assert len(ids) == (1 if kept else 2)


def test_other_lines_of_the_request_have_its_id_and_what_breaks_has_its_traceback(write: Any) -> None:
    log = write("plain")

    def answer(request: HttpRequest) -> HttpResponse:
        note_person(7)
        try:
            int("no")
        except ValueError:
            logging.getLogger("django.request").exception("Internal Server Error: %s", request.path, extra={"request": request})
        return HttpResponse(status=500)

    request = RequestFactory().get("/invitation/a-secret/")
    request.user = AnonymousUser()
    answered = RequestLogMiddleware(answer)(request)
    of_request = f"request={answered.headers['X-Request-ID']} person=7"
    assert sum(of_request in line for line in log.lines) == 2
    assert "Internal Server Error: -" in log.getvalue()
    assert "ValueError: invalid literal" in log.getvalue()
    assert "a-secret" not in log.getvalue()


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_row_that_the_database_quotes_is_in_no_line_and_where_it_broke_is(write: Any, form: str) -> None:
    log = write(form)
    try:
        try:
            raise psycopg.errors.UniqueViolation(ROW)
        except psycopg.Error as error:
            raise IntegrityError(ROW) from error
    except IntegrityError as error:
        logging.getLogger("schools").exception("The job %s failed", "purge")
        logging.getLogger("schools").warning("Nothing was stored: %s", error)
    assert "asha" not in log.getvalue()
    assert "The job purge failed" in log.getvalue()
    assert "Nothing was stored: django.db.utils.IntegrityError: 23505" in log.getvalue()
    assert "psycopg.errors.UniqueViolation: 23505" in log.getvalue()
    assert "test_request_log.py" in log.getvalue()


def test_monitors_write_no_lines_whatever_they_are_told(client: Client, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write("plain")
    for is_ready, status in ((True, 200), (False, 503)):
        monkeypatch.setattr(watch, "is_ready", lambda *, clock, answer=is_ready: answer)
        assert client.get("/ready/").status_code == status
        assert client.get("/live/").status_code == 200
    assert not log.lines
    client.get("/ready/and-more/")
    assert len(log.lines) == 1


def test_two_requests_at_once_keep_their_own_notes() -> None:
    with notes_for("outer"):
        note_person(1)
        with notes_for("inner"):
            assert (current_notes().request_id, current_notes().person) == ("inner", "-")
        assert (current_notes().request_id, current_notes().person) == ("outer", "1")
    note_person(2)
    assert current_notes().person == "-", "outside of a request nobody is noted"


def test_the_filter_leaves_lines_of_others_as_they_are() -> None:
    record = logging.LogRecord("any", logging.INFO, "here", 1, "%s and %s", ("/a/", 2), None)
    assert RequestFilter().filter(record).getMessage() == "/a/ and 2"
    assert not hasattr(record, "request_id"), "other handlers get the line as it was"
