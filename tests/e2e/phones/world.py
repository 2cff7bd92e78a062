"""A small world for the histories: two phones, three people, the site behind a bad line, and what each person may expect."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.sessions.models import Session as SignIn
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from playwright.sync_api import BrowserContext, Error, Page
from playwright.sync_api import TimeoutError as NeverCame

from schools.visits.models import Cover, Headcount, Session
from tests.e2e.charity import PASSWORD
from tests.e2e.phone import TODAY, Server, of
from tests.e2e.phones.faulty_proxy import HURRY, FaultyProxy, Line
from tests.e2e.phones.report_page import ReportPage, ask
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory

MARKS = {"Margaret": "Kingfisher School", "Asha": "Lapwing School", "Tom": "Plover School"}
"""The people, and the school of the session that each of them has alone: its name may stand on no page of anybody else."""
FORM = ReportPage
"""The page that the histories fill in."""

TAPS_AGAIN = 15_000
"""Milliseconds after which somebody whose page does not come taps again. The worker shows something within 2 seconds, but a page
hangs that Chromium asks for in the very moment in which another release's worker takes over (a second tab was put away)."""

EMPTY = """async () => {
    for (const table of ["waiting", "drafts", "meta"])
        for (const row of await Speakout.all(table)) if (row.id !== "person") await Speakout.remove(table, row.id);
}"""
"""Empties what a phone stores, but for whose its pages are."""

HEARS = """there => {
    Object.defineProperty(navigator, "onLine", { value: there, configurable: true });
    dispatchEvent(new Event(there ? "online" : "offline"));
}"""
"""The page hears that there is signal, or none."""

type Launch = Callable[..., BrowserContext]


@dataclass(frozen=True)
class Place:
    """Where somebody reports something: which phone, who, and which report (the name of a person, or "both")."""

    phone: int
    person: str
    report: str


@dataclass
class Tab:
    """A tab that shows the form of a report, as the person opened it."""

    place: Place
    form: ReportPage


@dataclass
class Handset:
    """One phone: its browser, who holds it, and the form in each of its two tabs."""

    number: int
    launch: Launch
    folder: Path
    line: Line
    context: BrowserContext
    person: str = ""
    pages: list[Page] = field(default_factory=list)
    tabs: dict[int, Tab] = field(default_factory=dict)

    @classmethod
    def new(cls, number: int, launch: Launch, folder: Path, line: Line) -> "Handset":
        """Open the browser of a phone that holds nothing yet."""
        handset = cls(number, launch, folder, line, launch(folder))
        handset.is_opened()
        return handset

    def is_opened(self) -> None:
        """Open two tabs, with the limits of time that the tests use."""
        self.context.add_init_script(HURRY)
        self.context.set_default_timeout(60_000)
        self.pages = [*self.context.pages, self.context.new_page(), self.context.new_page()][-2:]
        self.tabs.clear()
        for page in self.pages:
            page.on("dialog", lambda dialog: dialog.accept())
        self.signal(there=self.line.has_signal)

    def signal(self, *, there: bool) -> None:
        """The signal is there from now on, or gone; the pages hear of it, as on a phone.

        Not by the context's `set_offline`: as long as a page is on its way, Chromium answers no such thing, and one may hang.
        """
        self.line.has_signal = there
        for page in self.pages:
            with suppress(Error):  # it is on its way, and hears of it there
                ask(page, HEARS, there)

    def restart(self) -> None:
        """Close the browser and open it again with what it keeps."""
        self.context.close()
        self.context = self.launch(self.folder)
        self.is_opened()


class World:
    """Everything that a history may touch; `owed` and `confirmed` are what it has to hold to in the end."""

    def __init__(self, launch: Launch, folder: Path, server: Server) -> None:
        self.server = server
        self.is_up = True
        self.proxy = FaultyProxy(lambda: server.port)
        self.schools = {name: SchoolFactory(name=mark) for name, mark in MARKS.items()} | {
            "both": SchoolFactory(name="Heron School")
        }
        self.phones = [
            Handset.new(number, launch, folder / f"phone-{number}", line) for number, line in enumerate(self.proxy.lines)
        ]

    # ---- beginning

    def begin(self) -> None:
        """Forget the history before: new sessions, empty phones, Margaret on the first phone and Asha on the second."""
        self.numbers = count(1)
        self.writes: list[tuple[int, int]] = []
        self.confirmed: dict[Place, list[int]] = defaultdict(list)
        self.discarded: set[int] = set()
        self.corrected: set[int] = set()
        self.owed: dict[Place, set[int]] = defaultdict(set)
        self.signed_out: set[Place] = set()
        cache.clear()
        Cover.objects.all().delete()
        self.days = {report: self._day(report) for report in self.schools}
        for handset, person in zip(self.phones, ("Margaret", "Asha"), strict=True):
            self._empty(handset, person)

    def _day(self, report: str) -> list[Session]:
        """Make the day of a report: one session, or two where Margaret and Asha come together."""
        sessions: list[Session] = [SessionFactory(visit__school=self.schools[report], day=TODAY)]
        if report == "both":
            sessions.append(SessionFactory(visit=sessions[0].visit, day=TODAY, starts=time(10), ends=time(11)))
        people = ("Margaret", "Asha") if report == "both" else (report,)
        for session in sessions:
            HeadcountFactory(session=session, year_group=5, expected=30)
            for number, person in enumerate(people):
                CoverFactory(session=session, volunteer=of(person), role="presenter" if number else "lead", state="accepted")
        return sessions

    def _empty(self, handset: Handset, person: str) -> None:
        handset.tabs.clear()
        handset.signal(there=True)
        handset.person = ""
        self._comes(handset, "/phone/")
        ask(handset.pages[0], EMPTY)
        self._let_in(handset, person)
        self._comes(handset, "/")

    def _comes(self, handset: Handset, path: str) -> None:
        for _ in range(5):
            try:
                handset.pages[0].goto(f"{handset.line.address}{path}", timeout=TAPS_AGAIN)
            except Error:
                handset.pages[0].wait_for_timeout(100)
            else:
                return
        msg = f"{path} does not open, and nothing has happened yet"
        raise AssertionError(msg)

    def _let_in(self, handset: Handset, person: str) -> None:
        client, user = Client(), of(person).user
        assert user is not None
        client.force_login(user)
        handset.context.clear_cookies()
        cookie = client.cookies["sessionid"].value
        handset.context.add_cookies([{"name": "sessionid", "value": cookie, "url": handset.line.address}])
        handset.person = person

    def note_write(self, sender: object, instance: Headcount, **_: object) -> None:
        """Keep each number that the server stores, in order, once it stays."""
        if instance.pupils is not None:
            written = (instance.session_id, instance.pupils)
            transaction.on_commit(lambda: self.writes.append(written))

    # ---- what people do

    def goes(self, handset: Handset, tab: int, path: str) -> bool:
        """Open the page in a tab; whatever stands there is nobody else's. Returns whether a page came at all."""
        handset.tabs.pop(tab, None)
        page = handset.pages[tab]
        try:
            page.goto(f"{handset.line.address}{path}", wait_until="domcontentloaded", timeout=TAPS_AGAIN)
            page.wait_for_timeout(40)
            content: str = ask(page, "() => document.documentElement.outerHTML")
        except NeverCame:
            with suppress(Error):
                page.goto("about:blank", timeout=TAPS_AGAIN)  # what hangs is asked for no longer
            return False
        except Error as problem:
            if "ERR_" in str(problem) or "navigat" in str(problem) or "interrupted" in str(problem):
                return False
            raise
        others = [mark for name, mark in MARKS.items() if name != handset.person and mark in content]
        assert not others, f"{handset.person or 'nobody'} reads {others} at {path}"
        return True

    def opens(self, handset: Handset, tab: int, report: str) -> Tab | None:
        """Open the form of a report; None where the phone shows something else."""
        form = FORM(handset.pages[tab], self.days[report])
        if not self.goes(handset, tab, form.path) or form.state() != "form":
            return None
        handset.tabs[tab] = Tab(Place(handset.number, handset.person, report), form)
        return handset.tabs[tab]

    def types(self, tab: Tab) -> int:
        """Type a number that nobody has typed before, over what stood there."""
        before, number = tab.form.typed(), next(self.numbers)
        tab.form.type(number)
        if before is not None:
            self.owed[tab.place].discard(before)
        self.owed[tab.place].add(number)
        return number

    def confirms(self, tab: Tab) -> None:
        """Press the button: from now on this number is owed to the person."""
        number = tab.form.typed()
        if number is None or number not in self.owed[tab.place]:
            number = self.types(tab)
        self.owed[tab.place].discard(number)
        self.confirmed[tab.place].append(number)
        state = tab.form.confirm()
        assert state in {"kept", "left"}, state

    def signs_in(self, handset: Handset, person: str) -> None:
        """Somebody signs in as people do; whoever was signed in before is so no more."""
        if handset.person:
            self.expire(handset)
        self.proxy.spare("opening")
        handset.tabs.pop(0, None)
        handset.person = ""
        before = len(self._sign_ins(person))
        for _ in range(3):
            with suppress(Error):  # it may have come in although the page after it hangs
                self._fills_in(handset, person)
            if len(self._sign_ins(person)) > before:
                handset.person = person
                return
        msg = f"{person} cannot sign in"
        raise AssertionError(msg)

    def _fills_in(self, handset: Handset, person: str) -> None:
        page = handset.pages[0]
        for _ in range(10):  # where the server is slow, the phone shows its own page first
            if self.goes(handset, 0, "/accounts/login/") and page.get_by_label("e-mail").is_visible():
                break
            page.wait_for_timeout(300)
        page.get_by_label("e-mail").fill(f"{person.lower()}@example.org", timeout=TAPS_AGAIN)
        page.get_by_label("password").first.fill(PASSWORD, timeout=TAPS_AGAIN)
        page.get_by_role("button", name="Sign in").first.click(timeout=TAPS_AGAIN)
        page.wait_for_url(lambda url: "/login" not in url, wait_until="domcontentloaded", timeout=TAPS_AGAIN)

    def expire(self, handset: Handset) -> None:
        """End the sign-in of the phone's person, on every phone of theirs."""
        for sign_in in self._sign_ins(handset.person):
            sign_in.delete()

    def _sign_ins(self, person: str) -> list[SignIn]:
        user = str(getattr(of(person).user, "pk", ""))
        return [sign_in for sign_in in SignIn.objects.all() if sign_in.get_decoded().get("_auth_user_id") == user]

    # ---- the end

    def arrives(self, handset: Handset, path: str) -> None:
        """Open the page, again where the tab is on its way somewhere else; it comes, or the page to sign in."""
        for _ in range(10):
            if self.goes(handset, 0, path) and urlsplit(handset.pages[0].url).path in {path, "/accounts/login/"}:
                return
            handset.pages[0].wait_for_timeout(100)
        msg = f"{path} does not open: {handset.pages[0].url}"
        raise AssertionError(msg)

    def rows(self, handset: Handset, table: str = "waiting") -> list[dict[str, Any]]:
        """What the phone stores."""
        for _ in range(10):
            try:
                stored: list[dict[str, Any]] = ask(handset.pages[0], "table => Speakout.all(table)", table)
            except Error:  # the page is on its way to another
                self.arrives(handset, "/phone/")
            else:
                return stored
        msg = f"the page says nothing: {handset.pages[0].content()[:500]}"
        raise AssertionError(msg)

    def name_of(self, user: str) -> str:
        """The person whose id it is."""
        return next(name for name in MARKS if str(getattr(of(name).user, "pk", "")) == user)

    def written(self, report: str) -> list[int]:
        """The numbers that the server stored for a report, in order: the same for each session of its day."""
        numbers = [[number for one, number in self.writes if one == session.pk] for session in self.days[report]]
        assert all(other == numbers[0] for other in numbers), f"a day is stored by halves: {numbers}"
        return numbers[0]

    def stored(self, report: str) -> int | None:
        """The number that the server has now."""
        stored = Headcount.objects.filter(session__in=self.days[report], year_group=5).values_list("pupils", flat=True)
        assert len(set(stored)) == 1, f"a day is stored by halves: {stored}"
        return stored[0]
