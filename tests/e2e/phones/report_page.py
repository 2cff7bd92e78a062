"""The page on which somebody reports how a visit day went, as a test uses it: open it, type, confirm, read what it shows.

The histories know no other page of reports: another form is tested by another class with the same verbs.
"""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from schools.visits.models import Session
from tests.e2e.phone import box_of, outcome_of

CONFIRM = """() => {
    const form = document.querySelector("form[data-report]");
    form.requestSubmit();
    const questions = [...form.querySelectorAll(".sure input:not(:checked)")];
    for (const answer of questions) answer.click();
    if (questions.length) form.requestSubmit();
}"""
"""Presses the button; where the page asks whether a number is right, it is."""
LEFT = "context was destroyed"
"""What Playwright says where a page goes to another while it answers."""
READ = (Path(__file__).parent / "read_report.js").read_text()


def ask(page: Page, script: str, argument: Any = None) -> Any:
    """What the script, a function, says in the page; an Error after 30 seconds, as `evaluate` may wait for ever for a page that
    is on its way to another. A page that left in the middle of the answer is asked once more, when the next one is there."""
    asked = f"async (argument) => ({{ value: await ({script})(argument) }})"
    try:
        return page.wait_for_function(asked, arg=argument, polling=50, timeout=30_000).json_value()["value"]
    except Error as error:
        if LEFT not in error.message:
            raise
        return page.wait_for_function(asked, arg=argument, polling=50, timeout=30_000).json_value()["value"]


class ReportPage:
    """The form of a visit day in one tab; the number of Year 5, the same in each session, stands for all that is told."""

    def __init__(self, page: Page, sessions: list[Session]) -> None:
        self.page = page
        self.sessions = sessions

    @staticmethod
    def path_of(sessions: list[Session]) -> str:
        """Where the form of the sessions' day is."""
        return outcome_of(sessions[0])

    @property
    def path(self) -> str:
        """Where it is."""
        return self.path_of(self.sessions)

    def type(self, number: int) -> None:
        """Say that each session went ahead, and how many came."""
        for session in self.sessions:
            self.page.locator(f"#session-{session.pk}").get_by_label("Yes", exact=True).check(timeout=5000)
            self.page.locator(f"input[name='{box_of(session)}']").fill(str(number), timeout=5000)

    def confirm(self) -> str:
        """Press the button and wait until the page says what becomes of it: "kept", "write-down", or "left" for another page."""
        ask(self.page, CONFIRM)
        for _ in range(500):
            if (state := self.state()) != "form":
                return state
            self.page.wait_for_timeout(10)
        msg = "nothing happened for five seconds"
        raise AssertionError(msg)

    def change(self) -> None:
        """Go back from what is kept to the form."""
        ask(self.page, "() => document.getElementById('change-it').click()")

    def state(self) -> str:
        """Which state it is in: "form" once it is shown, "kept", "write-down", or "left" where the tab shows another page."""
        for _ in range(200):
            try:
                state: str = ask(self.page, READ, ["state", self.path])
            except Error:  # it is on its way to another page
                return "left"
            if state != "waits":
                return state
            self.page.wait_for_timeout(10)
        return "left"

    def typed(self) -> int | None:
        """The number in the boxes, the same in each; None where they are empty or not there."""
        try:
            typed: list[str] = ask(self.page, READ, ["typed", [box_of(session) for session in self.sessions]])
        except Error:
            return None
        assert len(set(typed)) == 1, f"what was typed together is torn apart: {typed}"
        return int(typed[0]) if typed[0] else None

    def shown(self) -> set[int]:
        """Every number that stands in the form or beside it."""
        lines: list[str] = ask(self.page, READ, ["beside", ""])
        beside = {int(number) for line in lines for number in re.findall(r"\d+$", line)}
        return beside | ({number} if (number := self.typed()) is not None else set())

    @staticmethod
    def number_in(entries: list[list[str]]) -> int:
        """The number among the names and values that the phone stores, the same for each session."""
        numbers = {int(value) for name, value in entries if "-pupils_" in name and name.endswith("_5")}
        assert len(numbers) == 1, f"what was typed together is torn apart: {numbers}"
        return numbers.pop()
