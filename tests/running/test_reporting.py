"""A Sentry is told which code broke, and nothing about anybody."""

import json
import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import sentry_sdk
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from speakout.settings.reporting import start_reporting

pytestmark = pytest.mark.django_db


class Kept(Transport):  # type: ignore[misc, unused-ignore]  # sentry has no types in a checkout without it
    """Takes what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event:
            self.events.append(dict(event))


@pytest.fixture
def kept() -> Iterator[Kept]:
    """What is reported during the test; afterwards nothing is reported any more."""
    transport = Kept()
    start_reporting("https://key@sentry.example.org/42", transport=transport)
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.init()


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER)


def breaks(*_: Any, **__: Any) -> None:
    told = "asha@example.org told something"
    raise IntegrityError(f"Key (email)=({told}) already exists")


def test_an_error_of_a_page_is_reported_with_code_route_and_id_alone(
    client: Client, asha: User, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(asha)
    client.raise_request_exception = False
    monkeypatch.setattr(import_module("schools.portal.views.me"), "render", breaks)
    answer = client.post(f"{reverse('me')}?secret=of-asha", {"name": "Asha"}, headers={"referer": "https://x/of-asha"})
    answer = client.get(f"{reverse('me')}?secret=of-asha") if answer.status_code != 500 else answer
    assert answer.status_code == 500
    (event,) = kept.events
    (broken,) = event["exception"]["values"]
    assert (broken["type"], broken["value"]) == ("IntegrityError", "")
    assert "breaks" in {frame["function"] for frame in broken["stacktrace"]["frames"]}
    assert "views.me" in event["transaction"]
    assert event["user"] == {"id": str(asha.pk)}
    assert event["tags"] == {"request_id": answer.headers["X-Request-ID"]}
    text = json.dumps(event, default=str)
    # The lines of code around the place are sent, and this file is the code here.
    text = text.replace(json.dumps(broken["stacktrace"]), "")
    for secret in ("asha@", "Asha", "of-asha", client.cookies["sessionid"].value, "cookie", "query_string"):
        assert secret not in text, secret
    assert not any("vars" in frame for frame in broken["stacktrace"]["frames"])


def test_an_error_behind_a_link_to_answer_is_reported_without_the_link(
    client: Client, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr(import_module("schools.portal.views.answers"), "render", breaks)
    assert client.post(reverse("answer", args=["of-asha"])).status_code == 500
    (event,) = kept.events
    assert "views.answers" in event["transaction"]
    text = json.dumps(event, default=str).replace(json.dumps(event["exception"]["values"][0]["stacktrace"]), "")
    assert "of-asha" not in text


def test_an_error_in_the_log_is_reported_by_its_template(kept: Kept) -> None:
    logging.getLogger("schools").error("Message to %s was not sent", "asha@example.org")
    (event,) = kept.events
    assert event["logentry"] == {"message": "Message to %s was not sent"}
    assert "asha" not in json.dumps(event, default=str)
    assert "user" not in event


def test_warnings_and_a_scanners_wrong_host_are_not_reported(client: Client, kept: Kept) -> None:
    logging.getLogger("schools").warning("Message to %s was not sent", "asha@example.org")
    assert client.get("/", HTTP_HOST="evil.example").status_code == 400
    assert not kept.events


def test_pages_ask_for_nothing_from_elsewhere(client: Client, kept: Kept) -> None:
    page = client.get(reverse("account_login"))
    assert "sentry" not in page.headers["Content-Security-Policy"]
    assert "sentry" not in page.content.decode()
    assert not kept.events
