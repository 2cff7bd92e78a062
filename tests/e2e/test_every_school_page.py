"""Every page for schools, as people who see little or use no mouse read it, and what of it goes over the wire."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from schools.models import Volunteer
from tests.e2e.conftest import PHONE, Opener, Visitor
from tests.e2e.test_portal import SMALL_TARGETS, WITHOUT_RING
from tests.e2e.wire import as_in_production
from tests.school_portal.asking import shut_the_door
from tests.school_portal.every_page import DEAD, DEAD_STATES, FILE, NOW, every_page, every_state, of_asking, of_dates
from tests.school_portal.letters import agreed

MOST_AT_FIRST = 60_000
"""Bytes over the wire of a page that is the first: nearly always somebody comes by a link in a mail."""
NARROW, USUAL = {"width": 320, "height": 640}, {"width": PHONE[0], "height": PHONE[1]}

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def pages() -> dict[str, str]:
    """The path of each page, by what it shows; files, which a browser stores, are none."""
    return {name: path for name, path in every_page().items() if name != FILE}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("way", "context"),
    [
        ("narrow-and-large", {"viewport": NARROW}),
        ("dark", {"color_scheme": "dark", "viewport": USUAL}),
        ("forced-colours", {"forced_colors": "active", "reduced_motion": "reduce", "viewport": USUAL}),
    ],
)
def test_every_page_for_schools_is_sound_however_somebody_reads(visitor: Opener, way: str, context: dict[str, Any]) -> None:
    with time_machine.travel(NOW, tick=True):
        size = context["viewport"]
        ruth = visitor(f"school-{way}", size=(size["width"], size["height"]))
        ruth.page.emulate_media(**{name: value for name, value in context.items() if name != "viewport"})
        ruth.may_fail = {404}
        paths = {**pages(), **every_state()}
        agreed(*Volunteer.objects.all())  # so that a letter names somebody
        for name, path in paths.items():
            answer = ruth.goes_to(path)
            assert answer
            assert answer.status == (404 if name in {DEAD, *DEAD_STATES} else 200), name
            is_sound(ruth, name, is_large=way == "narrow-and-large")
        ruth.goes_to(paths["pack"])
        ruth.page.get_by_role("button", name="Open the letter").click()
        expect(ruth.page.get_by_role("button", name="Make it anew")).to_be_visible()
        is_sound(ruth, "letter", is_large=way == "narrow-and-large")
        shut_the_door()
        ruth.goes_to(paths["ask-unlisted"])
        expect(ruth.page.get_by_role("heading", name="You cannot ask for a visit here yet")).to_be_visible()
        is_sound(ruth, "shut", is_large=way == "narrow-and-large")


def is_sound(somebody: Visitor, name: str, *, is_large: bool) -> None:
    """Look at the page that is open, with large letters where somebody reads it so, and at what the keyboard shows."""
    if is_large:
        somebody.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    somebody.looks(name)
    small = somebody.page.evaluate(SMALL_TARGETS)
    assert small == [], f"{name}: {small}"
    # By keyboard: only then does a browser show where somebody is.
    somebody.page.keyboard.press("Tab")
    ringless = somebody.page.evaluate(WITHOUT_RING)
    assert ringless == [], f"{name}: {ringless}"


def tabs_to(page: Page, name: str) -> None:
    """Press Tab until what has this name or says these words has the focus."""
    here = "[document.activeElement.name, document.activeElement.innerText].join(' ')"
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(here):
            return
    pytest.fail(f"nothing called {name} is reached by Tab")


def test_somebody_at_a_school_chooses_a_date_and_prepares_the_visit_by_keyboard_alone(visitor: Opener) -> None:
    with time_machine.travel(NOW, tick=True):
        ruth = visitor("school-keyboard", size=(NARROW["width"], NARROW["height"]))
        page = ruth.page
        ruth.goes_to(of_dates()["dates"])
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        tabs_to(page, "half_day")
        page.keyboard.press("Space")
        tabs_to(page, "given_by")
        page.keyboard.type("Ruth Bowness")
        tabs_to(page, "Choose this date")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Thank you: your visit is booked")).to_be_visible()
        tabs_to(page, "Prepare the visit")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Our visit")).to_be_visible()
        tabs_to(page, "parking")
        page.keyboard.type("Behind the hall")
        tabs_to(page, "given_by")
        page.keyboard.type("Ruth Bowness")
        tabs_to(page, "Send it")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Thank you. We have it")).to_be_visible()


@pytest.mark.exhaustive
def test_somebody_at_a_school_asks_for_a_visit_by_keyboard_alone(visitor: Opener) -> None:
    with time_machine.travel(NOW, tick=True):
        paths = of_asking()
        ruth = visitor("school-asks-by-keyboard", size=(NARROW["width"], NARROW["height"]))
        page = ruth.page
        ruth.goes_to(paths["ask-area"])
        boxes = (("words", "larch"), ("name", "Pat Head"), ("role", "head teacher"), ("email", "pat@larch.example.org"))
        for box, typed in boxes:
            tabs_to(page, box)
            page.keyboard.type(typed)
        tabs_to(page, "Mail me the link")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
        ruth.goes_to(paths["to confirm"])
        tabs_to(page, "Yes, we ask for it")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Thank you: we have your request")).to_be_visible()


@pytest.mark.exhaustive
def test_little_of_each_page_for_schools_goes_over_the_wire_when_it_is_the_first(browser: Browser, tmp_path: Path) -> None:
    with time_machine.travel(NOW, tick=True), as_in_production(tmp_path / "static") as address:
        too_much = {}
        for name, path in pages().items():
            # A window of its own each time, which has kept nothing.
            context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, service_workers="block")
            page, sent = context.new_page(), list[int]()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            wire.on("Network.loadingFinished", lambda event, sent=sent: sent.append(event["encodedDataLength"]))
            page.goto(f"{address}{path}", wait_until="networkidle")
            if not 0 < sum(sent) <= MOST_AT_FIRST:
                too_much[name] = sum(sent)
            context.close()
        assert too_much == {}
