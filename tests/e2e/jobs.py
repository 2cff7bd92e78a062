"""What one job of the office costs, counted by a listener in the page: clicks, keys that move or press, pages that load.

Letters of a name are not counted; the key that opens a box, arrows and Enter are.
"""

from collections import Counter
from typing import Self

from playwright.sync_api import Page

LISTENER = """
(() => {
    window.jobHands?.("load");
    if (window.jobListens) return;
    window.jobListens = true;
    addEventListener("mousedown", () => window.jobHands?.("click"), true);
    addEventListener("keydown", (event) => {
        const types = event.target.matches?.("input, textarea") && event.key.length === 1;
        if (!types || event.ctrlKey || event.metaKey) {
            if (!["Control", "Shift", "Alt", "Meta"].includes(event.key)) window.jobHands?.("key");
        }
    }, true);
})();
"""


class Job:
    """`with Job(page) as job:` counts what happens in between; the page is open already. One after the other on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Begin to count, on this page and on those that follow."""
        if not self.page.evaluate("Boolean(window.jobHands)"):
            self.page.expose_function("jobHands", lambda kind: self.page.jobs[-1].counts.update([kind]))  # type: ignore[attr-defined]  # kept there
            self.page.add_init_script(LISTENER)
            self.page.jobs = []  # type: ignore[attr-defined]  # the same
        self.page.jobs.append(self)  # type: ignore[attr-defined]  # the same
        self.page.evaluate(LISTENER)
        self.counts.clear()  # the page that is open already is no load of the job
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting: what comes is another job's."""
        self.page.jobs.append(Job(self.page))  # type: ignore[attr-defined]  # the same

    @property
    def clicks(self) -> int:
        """Clicks of the mouse, or taps."""
        return self.counts["click"]

    @property
    def keys(self) -> int:
        """Keys that do something by themselves."""
        return self.counts["key"]

    @property
    def loads(self) -> int:
        """Pages that were loaded."""
        return self.counts["load"]

    @property
    def in_words(self) -> str:
        """What was counted."""
        return str(dict(self.counts))
