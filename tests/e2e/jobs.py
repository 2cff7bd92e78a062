"""What one job costs, counted by a listener in the page: clicks, keys that do something, pages that load.

Letters of a name are no keys; the key that opens a box, arrows and Enter are. The words of each page and what is typed into
its boxes are counted besides: by these, and the clicks, a job's time is reckoned.
"""

from collections import Counter

from playwright.sync_api import Page

LISTENER = """
(() => {
    if (window.jobListens) return;
    window.jobListens = true;
    addEventListener("mousedown", () => window.jobHands?.("click"), true);
    addEventListener("submit", (event) => {
        const boxes = [...event.target.elements].filter((box) => /^(?:text|search|email|tel|textarea)$/.test(box.type));
        window.jobHands?.("letter", boxes.reduce((sum, box) => sum + box.value.length, 0));
    }, true);
    addEventListener("keydown", (event) => {
        const types = event.target.matches?.("input, textarea") && event.key.length === 1;
        if (!types || event.ctrlKey || event.metaKey) {
            if (!["Control", "Shift", "Alt", "Meta"].includes(event.key)) window.jobHands?.("key");
        }
    }, true);
})();
"""


WORDS = """
window.jobHands?.("word", (document.querySelector("main")?.innerText.match(/\\S+/g) ?? []).length);
"""
WORDS_A_MINUTE, LETTERS_A_MINUTE = 238, 5 * 36
"""How fast adults read to themselves, and write on a phone, on average (M. Brysbaert 2019; K. Palin and others 2019)."""
SECONDS_A_CLICK = 1.3
"""To point at something, 1.1 seconds, and to press, 0.2 (S. Card, T. Moran and A. Newell 1983); a finger is not slower."""


class Job:
    """What was counted since the job began."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    @property
    def cost(self) -> tuple[int, int, int]:
        """Clicks, keys and loads."""
        return self.counts["click"], self.counts["key"], self.counts["load"]

    @property
    def minutes(self) -> float:
        """How long it takes somebody who reads every word of every page, types all that was typed, and clicks each click."""
        reads_and_writes = self.counts["word"] / WORDS_A_MINUTE + self.counts["letter"] / LETTERS_A_MINUTE
        return reads_and_writes + self.counts["click"] * SECONDS_A_CLICK / 60


class Jobs:
    """The jobs that somebody does on a page and on those that follow, one after the other."""

    def __init__(self, page: Page) -> None:
        """Listen from now on; the page is open already, and is no load of any job."""
        self.job, self.page = Job(), page
        page.expose_function("jobHands", self._count)
        page.add_init_script(f'window.jobHands?.("load");\n{LISTENER}\naddEventListener("DOMContentLoaded", () => {{{WORDS}}});')
        page.evaluate(LISTENER)

    def begins(self) -> Job:
        """Return a new job; what was done before is no part of it, but the page that is open is read."""
        self.job = Job()
        self.page.evaluate(WORDS)
        return self.job

    def _count(self, kind: str, number: int = 1) -> None:
        self.job.counts[kind] += number
