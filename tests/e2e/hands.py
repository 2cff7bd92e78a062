"""What a person's hands do on our pages, counted in the page: clicks, keys that move or press, choices in a list, pastes.

Letters and numbers that are typed are not counted; reaching the box into which they go is.
"""

from collections import Counter

from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Visitor

LISTENER = """
(() => {
    const count = (what) => window.countHand?.(what);
    const keys = ["Enter", "Tab", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
    addEventListener("mousedown", () => count("click"), true);
    addEventListener("keydown", (event) => {
        const presses = event.key === " " && !/^(?:text|search|email|password|textarea)$/.test(event.target.type ?? "");
        if (keys.includes(event.key) || presses) { count("key"); }
    }, true);
    addEventListener("paste", () => count("paste"), true);
    addEventListener("change", (event) => {
        // A list is opened and chosen from; a file is chosen in a window of the browser's own.
        if (event.target.tagName === "SELECT") { count("list"); count("list"); }
        if (event.target.type === "file") { count("file"); }
    }, true);
})();
"""


class Hands:
    """The hands of everybody in a test: what they do on any page is counted by the step that is under way."""

    def __init__(self) -> None:
        self.step = ""
        self.counts: dict[str, Counter[str]] = {}

    def watch(self, visitor: Visitor) -> None:
        """Count on every page of the visitor's window from now on."""
        context = visitor.page.context
        context.expose_binding("countHand", lambda _source, what: self._count(what))
        context.add_init_script(LISTENER)
        context.grant_permissions(["clipboard-read", "clipboard-write"])

    def _count(self, what: str) -> None:
        self.counts.setdefault(self.step, Counter())[what] += 1

    @property
    def total(self) -> int:
        """Everything that was counted."""
        return sum(sum(counts.values()) for counts in self.counts.values())

    @property
    def in_words(self) -> str:
        """The number of each step, and of what."""
        lines = (f"{sum(counts.values()):>3}  {step}: {dict(counts)}" for step, counts in self.counts.items())
        return "\n".join(("clicks, keys and pastes by step:", *lines, f"{self.total:>3}  in all"))


def types(box: Locator, text: str) -> None:
    """Write the text into the box, after a click into it unless the page puts the cursor there."""
    reaches(box)
    box.fill(text)


def reaches(box: Locator) -> None:
    """Click into the box, unless the page puts the cursor there by itself."""
    if box.get_attribute("autofocus") is None:
        box.click()
    else:
        expect(box).to_be_focused()


def pastes(box: Locator, text: str) -> None:
    """Paste the text from the clipboard, as from a spreadsheet."""
    box.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    reaches(box)
    box.page.keyboard.press("Control+v")


def chooses_file(box: Locator, path: str) -> None:
    """Press the button of a file's box and choose the file."""
    with box.page.expect_file_chooser() as chooser:
        box.click()
    chooser.value.set_files(path)
