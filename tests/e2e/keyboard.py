"""Somebody without a mouse: from stop to stop by the Tab key, each of which has to show where one is."""

import pytest
from playwright.sync_api import Locator, Page

MOST_STOPS = 120
"""So many stops are more than anybody goes through to one place of a page."""

STOP = """(wanted) => {
    const here = document.activeElement;
    const isGone = !wanted.isConnected;
    if (!here || here === document.body) return { there: false, shows: true, isGone, html: "the page" };
    const rings = [here, ...(here.labels ?? [])].map((one) => getComputedStyle(one));
    const shows = rings.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    return { there: here === wanted, shows, isGone, html: here.outerHTML.slice(0, 120) };
}"""
"""Whether the focus is where somebody wants to go, whether one sees where it is, and whether that place was drawn anew."""


class Keyboard:
    """The keys of one page; nothing here moves a mouse or sets the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script("addEventListener('mousedown', (event) => event.isTrusted && (window.hadMouse = true), true);")

    def to(self, wanted: Locator) -> None:
        """Press Tab until this has the focus; fail where a stop before it does not show, or it is never reached."""
        wanted.wait_for()
        place = wanted.element_handle()
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(STOP, place)
            assert stop["shows"], f"nobody sees that the keyboard is at {stop['html']}"
            if stop["there"]:
                return
            if stop["isGone"]:
                place = wanted.element_handle()
        pytest.fail(f"{wanted} is not reached by {MOST_STOPS} Tabs")

    def presses(self, wanted: Locator, key: str = "Enter") -> None:
        """Go there and press the key: Enter for links and buttons, Space for ticks and choices."""
        self.to(wanted)
        self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(text)

    @property
    def alone(self) -> bool:
        """Whether no mouse was used on the page that is open."""
        return not self.page.evaluate("Boolean(window.hadMouse)")
