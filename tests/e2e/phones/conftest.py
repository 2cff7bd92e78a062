"""Phones of volunteers, and the server that they reach or not."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from schools.visits.models import Session
from tests.e2e.charity import Charity
from tests.e2e.phone import TODAY, AnyServer, Phone, PhoneOpener, Server, of
from tests.e2e.production import Installation
from tests.portal.pages import morning_at

# A machine may have much to do; in 5 seconds the phone itself has not yet stopped waiting for an answer.
expect.set_options(timeout=15_000)


@pytest.fixture
def server(charity: Charity, request: pytest.FixtureRequest, tmp_path: Path) -> Generator[AnyServer]:
    """The development server; with the parameter “production” the site as it is installed (`on_both_servers`)."""
    if getattr(request, "param", "development") == "production":
        installed = Installation(tmp_path)
        yield installed
        installed.close()
        return
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def phone(
    browser: Browser, browser_type_launch_args: dict[str, Any], server: AnyServer, tmp_path: Path
) -> Generator[PhoneOpener]:
    """Opens somebody's phone: `phone("margaret")`, or `phone("margaret", restarts=True)` where its browser is closed and opened.

    Only one that restarts needs a browser process of its own, which takes seconds; the others share one and nothing else.
    """
    phones: list[Phone] = []
    options: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/London"}
    launched = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *server.trusting]}

    def opened(name: str, *, restarts: bool = False) -> Phone:
        def launch(**size: Any) -> BrowserContext:
            if restarts or server.trusting:
                return browser.browser_type.launch_persistent_context(tmp_path / name, **launched, **options, **size)
            return browser.new_context(**options, **size)

        phones.append(Phone(launch, server, name=name, restarts=restarts))
        return phones[-1]

    yield opened
    troubles = {one.name: one.troubles for one in phones if one.troubles}
    for one in phones:
        one.context.close()
    assert troubles == {}


@pytest.fixture
def sessions(charity: Charity) -> list[Session]:
    """An assembly and a workshop this morning; Margaret leads, Asha presents."""
    return morning_at(charity.school, of("Margaret"), of("Asha"), day=TODAY)
