"""What one job of the office costs, counted by a listener in the page: clicks, keys that do something, pages that load.

Letters of a name are not counted; the key that opens a box, arrows and Enter are.
"""

from collections import Counter

from playwright.sync_api import Page

LISTENER = """
(() => {
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
    """What was counted since the job began."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    @property
    def cost(self) -> tuple[int, int, int]:
        """Clicks, keys and loads."""
        return self.counts["click"], self.counts["key"], self.counts["load"]


class Jobs:
    """The jobs that somebody does on a page and on those that follow, one after the other."""

    def __init__(self, page: Page) -> None:
        """Listen from now on; the page is open already, and is no load of any job."""
        self.job = Job()
        page.expose_function("jobHands", self._count)
        page.add_init_script(f'window.jobHands?.("load");\n{LISTENER}')
        page.evaluate(LISTENER)

    def begins(self) -> Job:
        """Return a new job; what was done before is no part of it."""
        self.job = Job()
        return self.job

    def _count(self, kind: str) -> None:
        self.job.counts[kind] += 1
