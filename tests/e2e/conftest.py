"""A browser beside a live server: console and errors are watched, pages are checked by axe and pictured on request.

Run with `pytest tests/e2e`. SPEAKOUT_CHROMIUM names the browser (Debian's if not said),
SPEAKOUT_SCREENSHOTS a folder for pictures of each page at five widths, light and dark.
"""

import os
import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, ViewportSize
from pytest_django.live_server_helper import LiveServer

from tests.e2e.charity import PASSWORD, Charity, make_charity

# The sync playwright runs a loop of its own in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

NOW = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
"""A Thursday in term, after the morning's assemblies."""

EXPECTED = ("Failed to load resource", "Service Worker registration blocked")
"""What a console says of its own accord: answers are judged by themselves, and only tests of the phone have a worker."""

BOTH = [True, pytest.param(False, marks=pytest.mark.exhaustive)]
"""With scripts, and once more without them."""

CHROMIUM = os.environ.get("SPEAKOUT_CHROMIUM", "/usr/bin/chromium-headless-shell")
"""Chromium without the windows of a desk: the same pages for three quarters of the processor time."""

PHONE, TABLET, DESK = (360, 740), (768, 1024), (1280, 900)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS_OF_PICTURES = (PHONE, (390, 844), TABLET, (1024, 768), DESK)
NARROWEST: ViewportSize = {"width": 320, "height": 640}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, quiet towards the network."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Take away what an earlier run's server thread left beside SQLite's test file; a new file cannot be opened beside it."""
    if connection.vendor == "sqlite":
        for ending in ("-wal", "-shm"):
            Path(f"{settings.DATABASES['default']['TEST']['NAME']}{ending}").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _now() -> Generator[None]:
    """Server and tests agree on the day; time goes on from there."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def charity(transactional_db: None) -> Charity:
    """A small charity with a coordinator, an analyst and four volunteers."""
    return make_charity()


VANISHED = """() => [...document.querySelectorAll('main form')].filter((form) =>
    !form.closest('[hidden], details:not([open]), dialog:not([open])')
    && form.querySelector('input:not([type=hidden]), select, textarea, button') && !form.getClientRects().length
).map((form) => form.outerHTML.slice(0, 120))"""
"""Forms that stand on the page and take no room on it: nobody can fill them in."""
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 90)).slice(0, 5)"""


SHOWN = """() => {
    const hidden = /(name="csrfmiddlewaretoken" value|nonce)="[^"]*"/g;
    const media = ["prefers-color-scheme: dark", "forced-colors: active"].map((query) => matchMedia(`(${query})`).matches);
    const boxes = [...document.querySelectorAll("input, select, textarea")].map((box) => `${box.value} ${box.checked}`);
    const seen = [document.documentElement.outerHTML.replace(hidden, ""), innerWidth, media, boxes, getSelection().toString()];
    return seen.join("\\n");
}"""
"""Everything by which axe could judge this page in another way than the same page before."""
HAVE_PASSED: set[str] = set()
"""Pages, each as it was shown, in which axe found nothing: the page to sign in, seen by every test, is judged once."""
JUST_VIOLATIONS = {"resultTypes": ["violations"]}
"""What passed is not listed node by node: on a page of many rows the list takes longer than the look."""

OF_WHOLE_PAGES = frozenset({"landmark-one-main", "page-has-heading-one", "region"})
"""Rules for a page of a site: a mail stands inside the page of a mail program, which has landmarks and headings of its own."""


class Visitor:
    """Somebody with a browser window of their own; every page they see is looked over."""

    def __init__(self, context: BrowserContext, address: str, *, name: str, scripts: bool) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.name = name
        self.scripts = scripts
        self.troubles: list[str] = []
        self.may_fail: set[int] = set()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error on the page: {error}"))
        self.page.on("response", self._answered)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser reports an expected 404 or 400 as an error too; answers are judged by _answered.
        if message.type in {"error", "warning"} and not any(words in message.text for words in EXPECTED):
            self.troubles.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.may_fail:
            self.troubles.append(f"{response.status} {response.url}")

    def goes_to(self, path: str) -> Response | None:
        """Open the page at the path."""
        return self.page.goto(f"{self.address}{path}")

    def opens_folded(self, name: str) -> None:
        """Open a place of the office's header that is folded under “More”."""
        self.page.locator(".office-more > summary").click()
        self.page.get_by_role("link", name=name, exact=True).click()

    def leaves_the_rest(self) -> None:
        """In the form about a day, say of each session that was not told that it is not over yet."""
        for session in self.page.locator("[data-session]").all():
            if not session.locator("[data-required]:checked").count() and session.get_by_label("Not yet", exact=True).count():
                session.get_by_label("Not yet", exact=True).check()

    def signs_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in by address and password."""
        self.goes_to("/accounts/login/")
        self.looks("sign-in")
        self.page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill(email)
        self.page.get_by_label(re.compile("password", re.IGNORECASE)).first.fill(password)
        self.page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def looks(self, what: str, *, axe: bool = True) -> None:
        """Look the page over: axe finds nothing, nothing is too wide, no form has vanished; take pictures where asked to.

        A browser without scripts runs no axe either, so there only the pictures are taken.
        """
        if not self.scripts:
            self._picture(what)
            return
        if axe:
            self.page.wait_for_load_state()  # axe finds no document while a page is on its way
            shown = self.page.evaluate(SHOWN)
            if shown not in HAVE_PASSED:
                wrong = self._wrong()
                assert wrong == [], f"{what}: {wrong}"
                HAVE_PASSED.add(shown)
        widths = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1] + 1, (
            f"{what} is {widths[0]} wide in a window of {widths[1]}: {self.page.evaluate(TOO_WIDE)}"
        )
        assert self.page.evaluate(VANISHED) == [], what
        self._picture(what)

    def _wrong(self) -> list[str]:
        """What axe finds on the page as it is shown now, from minor to critical."""
        is_mail = self.page.url == "about:blank"  # set by a test, from no site
        return [
            f"{problem['id']} ({problem['impact']}): {problem['help']}: {[node['html'][:200] for node in problem['nodes'][:3]]}"
            for problem in Axe().run(self.page, options=JUST_VIOLATIONS).response["violations"]
            if not (is_mail and problem["id"] in OF_WHOLE_PAGES)
        ]

    def looks_at_each_width(self, what: str) -> None:
        """Look the page over on a desk, a tablet and a phone; between the two, axe has nothing of its own to find."""
        for size in (DESK, TABLET, PHONE):
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
            self.looks(f"{what}-{size[0]}", axe=size != TABLET)
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})

    def _picture(self, what: str) -> None:
        folder = os.environ.get("SPEAKOUT_SCREENSHOTS")
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        before = self.page.viewport_size
        was_dark = self.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        # On a phone the state as it is looked at; else at each width.
        on_a_phone = before is not None and before["width"] <= PHONE[0]
        for width, height in [(before["width"], before["height"])] if before and on_a_phone else WIDTHS_OF_PICTURES:
            self.page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                file = Path(folder) / f"{self.name}-{what}-{width}-{scheme}.png"
                self.page.screenshot(path=file, full_page=True, animations="disabled")
        self.page.emulate_media(color_scheme="dark" if was_dark else "light")
        if before:
            self.page.set_viewport_size(before)


type Opener = Callable[..., Visitor]


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer) -> Generator[Opener]:
    """Opens a window for somebody: `visitor("coordinator", size=DESK, scripts=True)`; what they stumble over fails the test."""
    windows: list[tuple[Visitor, BrowserContext]] = []

    def open_window(name: str, *, size: tuple[int, int] = DESK, scripts: bool = True) -> Visitor:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            timezone_id="Europe/London",
            java_script_enabled=scripts,
            service_workers="block",
        )
        context.set_default_timeout(15_000)
        windows.append((Visitor(context, live_server.url, name=name, scripts=scripts), context))
        return windows[-1][0]

    yield open_window
    troubles = {window.name: window.troubles for window, _ in windows if window.troubles}
    for _, context in windows:
        context.close()
    assert troubles == {}
