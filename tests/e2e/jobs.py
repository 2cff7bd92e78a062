"""What one job costs, counted by a listener in the page: clicks, keys that do something, pages that load, screens.

A screen is a page on which they have to do something: it is counted when they first click there, and not where they only read.

Letters of a name are no keys; the key that opens a box, arrows and Enter are. The words of each page and what is typed into
its boxes are counted besides: by these, and by the clicks, a job's time is reckoned.
"""

from collections import Counter

from playwright.sync_api import Page

from tests.e2e.conftest import Visitor

LISTENER = """
(() => {
    if (window.jobListens) return;
    window.jobListens = true;
    window.jobWords = (isMeant) => {
        const texts = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
        let words = 0;
        while (texts.nextNode()) {
            const node = texts.currentNode;
            const isRead = !node.parentElement.closest("option:not(:checked), [aria-hidden=true], script, style");
            if (isRead && isMeant(node)) words += (node.data.match(/\\S+/g) ?? []).length;
        }
        return words;
    };
    addEventListener("mousedown", () => window.jobHands?.("click"), true);
    addEventListener("submit", (event) => {
        const boxes = [...event.target.elements].filter((box) => /^(?:text|search|email|tel|textarea)$/.test(box.type));
        window.jobHands?.("letter", boxes.reduce((sum, box) => sum + box.value.length, 0));
        window.jobHands?.("box", boxes.filter((box) => box.value).length);
        const button = event.submitter;
        if (button) window.jobHands?.("below", window.jobWords((node) => button.compareDocumentPosition(node) === 4));
    }, true);
    addEventListener("keydown", (event) => {
        const types = event.target.matches?.("input, textarea") && event.key.length === 1;
        if (!types || event.ctrlKey || event.metaKey) {
            if (!["Control", "Shift", "Alt", "Meta"].includes(event.key)) window.jobHands?.("key");
        }
    }, true);
})();
"""


WORDS = """window.jobHands?.("word", window.jobWords(() => true));"""
WORDS_A_MINUTE, LETTERS_A_MINUTE = 238, 5 * 36
"""How fast adults read to themselves, and write on a phone, on average (M. Brysbaert 2019; K. Palin and others 2019)."""
SECONDS_A_CLICK = 1.3
"""To point at something, 1.1 seconds, and to press, 0.2 (S. Card, T. Moran and A. Newell 1983); a finger is not slower."""


class Job:
    """What was counted since the job began."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.words: list[int] = []
        """Of each page, in order."""

    @property
    def cost(self) -> tuple[int, int, int]:
        """Clicks, keys and loads."""
        return self.counts["click"], self.counts["key"], self.counts["load"]

    @property
    def minutes(self) -> float:
        """How long it takes somebody who reads, clicks into each box that they fill, types, and clicks all the rest.

        Every word of every page is read, down to the button that they press; of a closed list the choice that stands there.
        """
        clicks = self.counts["click"] + self.counts["box"]
        writes = self.counts["letter"] / LETTERS_A_MINUTE + clicks * SECONDS_A_CLICK / 60
        return (sum(self.words) - self.counts["below"]) / WORDS_A_MINUTE + writes

    @property
    def minutes_until_done(self) -> float:
        """The same without reading the last page: it says that all is done, which the click before it did."""
        return self.minutes - sum(self.words[-1:]) / WORDS_A_MINUTE


class Jobs:
    """The jobs that somebody does on a page and on those that follow, one after the other."""

    def __init__(self, page: Page) -> None:
        """Listen from now on; the page is open already, and is no load of any job."""
        self.job, self.page = Job(), page
        self._is_clicked = False
        page.expose_function("jobHands", self._count)
        page.add_init_script(f'window.jobHands?.("load");\n{LISTENER}\naddEventListener("DOMContentLoaded", () => {{{WORDS}}});')
        page.evaluate(LISTENER)

    def begins(self) -> Job:
        """Return a new job; what was done before is no part of it, but the page that is open is read."""
        self.job, self._is_clicked = Job(), False
        self.page.evaluate(WORDS)
        return self.job

    def _count(self, kind: str, number: int = 1) -> None:
        self.job.counts[kind] += number
        if kind == "click" and not self._is_clicked:
            self.job.counts["screen"] += 1
        self._is_clicked = kind == "click" or (self._is_clicked and kind != "load")
        if kind == "word":
            self.job.words.append(number)


def hands_of(visitor: Visitor) -> Jobs | None:
    """What counts what they do; None in a browser without scripts, which has no listener, so nothing is counted there."""
    return Jobs(visitor.page) if visitor.scripts else None


def counted(hands: Jobs | None) -> Job:
    """Count what they do from now on."""
    return hands.begins() if hands else Job()
