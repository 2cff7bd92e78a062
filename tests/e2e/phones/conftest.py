"""Phones of volunteers, and the server that they reach or not."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, expect

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
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], server: AnyServer, tmp_path: Path
) -> Generator[PhoneOpener]:
    phones: list[Phone] = []
    flags = [*browser_type_launch_args["args"], *server.trusting]

    def launch(folder: Path, **options: Any) -> Any:
        return browser_type.launch_persistent_context(
            folder, **{**browser_type_launch_args, "args": flags, **options}, locale="en-GB", timezone_id="Europe/London"
        )

    def opened(name: str) -> Phone:
        phones.append(Phone(launch, tmp_path / name, server, name=name))
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
