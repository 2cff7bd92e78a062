"""A phone of its own: a browser that keeps its storage when it is closed, and a server that can be stopped and started again."""

import re
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from playwright.sync_api import BrowserContext, Error, Locator, expect

from schools.visits.models import Headcount, Session
from schools.volunteers.models import Volunteer
from tests.e2e.conftest import NARROWEST, NOW, PHONE, Visitor

# Without motion nothing is caught half way from one colour to the other.
WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dark", {"color_scheme": "dark", "reduced_motion": "reduce"}),
    ("forced", {"forced_colors": "active", "reduced_motion": "reduce"}),
)


FORGET = """async path => {
    for (const name of await caches.keys()) await (await caches.open(name)).delete(path);
    await new Promise(soon => setTimeout(soon, 200));
    return !(await caches.match(path));
}"""
"""Takes a page out of everything that is kept; true if it does not come back by itself."""
PUT_AWAY = """() => {
    for (const state of ["hidden", "visible"]) {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }
    delete document.visibilityState;
}"""
"""The page hears that the phone is put away, and taken out again: a browser without a window always says that it is seen."""


class _Thread(LiveServerThread):
    def _create_server(self, connections_override: Any = None) -> ThreadedWSGIServer:
        # Else the port stays taken for a minute after the server was stopped.
        address = (self.host, self.port)
        return ThreadedWSGIServer(
            address, QuietWSGIRequestHandler, allow_reuse_address=True, connections_override=connections_override
        )


class AnyServer(Protocol):
    """The site at one address, whether or not it runs."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    @property
    def address(self) -> str: ...

    @property
    def trusting(self) -> list[str]:
        """Options with which the browser trusts its certificate; none where it has none."""


on_both_servers = pytest.mark.parametrize(
    "server", ["development", pytest.param("production", marks=pytest.mark.exhaustive)], indirect=True
)
"""For a test that also runs under gunicorn with production settings, in `.ci/full` and `make e2e`."""


class Server:
    """The site under Django's own server, as in development."""

    trusting: list[str] = []  # noqa: RUF012  # nobody changes it

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        self._thread = _Thread("127.0.0.1", StaticFilesHandler, port=self.port)
        self._thread.daemon = True
        self._thread.start()
        self._thread.is_ready.wait()
        if self._thread.error:
            raise self._thread.error
        self.port = self._thread.port

    def stop(self) -> None:
        self._thread.terminate()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Phone(Visitor):
    """Somebody's phone; `restart` closes the browser and opens it again with everything that it keeps."""

    def __init__(self, launch: Callable[..., BrowserContext], server: AnyServer, *, name: str, restarts: bool) -> None:
        self._launch = launch
        self._restarts = restarts
        self.server = server
        self._open(name)

    def _open(self, name: str) -> None:
        self.context = self._launch(viewport={"width": PHONE[0], "height": PHONE[1]})
        self.context.set_default_timeout(15_000)
        super().__init__(self.context, self.server.address, name=name, scripts=True)

    def looks(self, what: str, *, axe: bool = True) -> None:
        """Look the state over, also in the dark, in forced colours, and on the narrowest phone with letters twice as large."""
        super().looks(what, axe=axe)
        for way, media in WAYS:
            self.page.emulate_media(**media)
            super().looks(f"{what}-{way}", axe=axe and way == "dark")
            self.page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="no-preference")
        before = self.page.viewport_size
        self.page.set_viewport_size(NARROWEST)
        self.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        super().looks(f"{what}-large", axe=False)
        self.page.evaluate("document.documentElement.style.removeProperty('font-size')")
        if before:
            self.page.set_viewport_size(before)

    def restart(self) -> None:
        assert self._restarts, "this phone shares its browser: open it with restarts=True"
        troubles = self.troubles
        self.context.close()
        self._open(self.name)
        self.troubles += troubles

    def hears_nothing(self) -> None:
        """The pages of this browser get no answer to what they ask by themselves, until `hears`; nothing is sent behind them."""
        self.page.add_init_script(
            """
            const real = self.fetch;
            self.fetch = (...asked) => (self.name === "hears" ? real(...asked) : Promise.reject(new TypeError("no signal")));
            Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined });
            """
        )

    def hears(self) -> None:
        self.page.evaluate("self.name = 'hears'")

    def has(self, path: str) -> None:
        """Wait until the page at the path is kept."""
        self._until("path => caches.match(path).then(Boolean)", path)

    def forgets(self, path: str) -> None:
        """Let the kept page at the path be gone, though it may just be kept once more."""
        self._until(FORGET, path)

    def remembers(self) -> None:
        """Wait until what was typed is stored."""
        self._until("() => Speakout.all('drafts').then(rows => rows.length > 0)")

    def _until(self, asked: str, told: str = "") -> None:
        for _ in range(150):
            if self.page.evaluate(asked, told):
                return
            self.page.wait_for_timeout(100)
        msg = f"{told or asked} never came"
        raise AssertionError(msg)

    def rows(self, table: str = "waiting") -> list[dict[str, Any]]:
        """What the phone stores; a page that was just loaded again has its scripts first."""
        self._until("() => Boolean(self.Speakout)")
        found: list[dict[str, Any]] = self.page.evaluate("table => Speakout.all(table)", table)
        return found

    def is_put_away(self) -> None:
        """Put the phone into a pocket, and take it out again."""
        self.page.evaluate(PUT_AWAY)

    def cuts(self) -> None:
        """No signal: whatever the phone asks the server fails."""
        self.context.set_offline(True)

    def finds_signal(self) -> None:
        self.context.set_offline(False)

    def part(self, session: Session) -> Locator:
        """The part of the day's form about the session."""
        return self.page.locator(f"#session-{session.pk}")

    def box(self, session: Session, name: str = "Year 5") -> Locator:
        """The box for a number in the session's part of the form."""
        return self.part(session).get_by_role("textbox", name=name, exact=True)

    def tells(self, session: Session, counts: dict[str, str], *, went_ahead: str = "Yes") -> None:
        """Fill in how the session went; what is said of the day's others stays as it is, or waits."""
        self.part(session).get_by_label(went_ahead, exact=True).check()
        for year_group, pupils in counts.items():
            self.box(session, year_group).fill(pupils)
        self.leaves_the_rest()

    def reports(self, session: Session, counts: dict[str, str]) -> None:
        """Open the day's form, fill in how the session went and press the button."""
        self.goes_to(outcome_of(session))
        self.tells(session, counts)
        self.page.get_by_role("button", name="Store").click()

    def is_safe(self) -> None:
        """Wait until the report is safe here and the first attempt to send it is over.

        As long as that attempt lasts, a signal would lead from this page to the one about what was stored.
        """
        expect(self.page.get_by_role("heading", name="It is safe on this phone")).to_be_visible()
        over = self.page.locator("#report-kept [data-when]:not([data-when=sending]):visible")
        expect(over.first).to_be_visible(timeout=15_000)

    def sees_it_received(self) -> None:
        """Wait until the person sees that the report has come: on the page about it, or here, where this page waits no longer.

        Where the first request after the signal is lost, the page tries again by itself after 15 seconds, and then after 30.
        """
        there = self.page.get_by_role("heading", name="How it went", exact=True)
        expect(there.or_(self.page.get_by_text(RECEIVED)).first).to_be_visible(timeout=60_000)

    def has_sent_all(self) -> None:
        """Wait until nothing waits here any more, whoever sent it: a page that was left, the one that is open, or the worker."""
        for _ in range(300):
            if not self.rows():
                return
            self.page.wait_for_timeout(200)
        pytest.fail(f"it is never sent: {self.rows()}")


TODAY = NOW.date()
MARGARET, ASHA = "margaret@example.org", "asha@example.org"
RECEIVED = re.compile("^Received: ")

type PhoneOpener = Callable[..., Phone]


def of(name: str) -> Volunteer:
    return Volunteer.objects.get(name__startswith=name)


def outcome_of(session: Session) -> str:
    """The address of the form about the session's day."""
    return f"/mornings/{session.visit_id}/{session.day}/outcome/"


def box_of(session: Session) -> str:
    """The name of the box for Year 5."""
    return f"s{session.pk}-pupils_{session.visit.school_id}_5"


def until(has_come: Callable[[], object], mine: Phone) -> None:
    for _ in range(400):  # twenty seconds: a slow machine may have several browsers at work
        if _is_so(has_come):
            return
        mine.page.wait_for_timeout(50)
    pytest.fail("it never came")


def _is_so(has_come: Callable[[], object]) -> bool:
    """Ask the page; where it opens another one just then, and the answer is lost, it is not so yet."""
    try:
        return bool(has_come())
    except Error as error:
        if "Execution context was destroyed" in error.message:
            return False
        raise


def pupils() -> list[int | None]:
    return list(Headcount.objects.order_by("session", "year_group").values_list("pupils", flat=True))
