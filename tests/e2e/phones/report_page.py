"""The page on which somebody reports how a session went, as a test uses it: open it, type, confirm, read what it shows.

The histories know no other page of reports: another form is tested by another class with the same verbs.
"""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from schools.visits.models import Session

READ = (Path(__file__).parent / "read_report.js").read_text()


def ask(page: Page, script: str, argument: Any = None) -> Any:
    """What the script, a function, says in the page; an Error after 30 seconds, as `evaluate` may wait for ever for a page that
    is on its way to another."""
    asked = f"async (argument) => ({{ value: await ({script})(argument) }})"
    return page.wait_for_function(asked, arg=argument, polling=50, timeout=30_000).json_value()["value"]


class ReportPage:
    """The form of one session in one tab; the number of Year 5 stands for all that is told."""

    def __init__(self, page: Page, session: Session) -> None:
        self.page = page
        self.session = session
        self.box = page.locator(f"input[name='pupils_{session.visit.school_id}_5']")

    @staticmethod
    def path_of(session: Session) -> str:
        """Where the session's form is."""
        return f"/sessions/{session.pk}/outcome/"

    @property
    def path(self) -> str:
        """Where it is."""
        return self.path_of(self.session)

    def type(self, number: int) -> None:
        """Say that it went ahead, and how many came."""
        self.page.get_by_label("Yes", exact=True).check(timeout=5000)
        self.box.fill(str(number), timeout=5000)

    def confirm(self) -> str:
        """Press the button and wait until the page says what becomes of it: "kept", "write-down", or "left" for another page."""
        ask(self.page, "() => document.querySelector('form[data-report]').requestSubmit()")
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
        """Which state it is in: "form", "kept", "write-down", or "left" where the tab shows another page."""
        try:
            state: str = ask(self.page, READ, ["state", self.path])
        except Error:  # it is on its way to another page
            return "left"
        return state

    def typed(self) -> int | None:
        """The number in the box; None where it is empty or not there."""
        try:
            typed: str = ask(self.page, READ, ["typed", self.box_name])
        except Error:
            return None
        return int(typed) if typed else None

    @property
    def box_name(self) -> str:
        """The box for Year 5."""
        return f"pupils_{self.session.visit.school_id}_5"

    def shown(self) -> set[int]:
        """Every number that stands in the form or beside it."""
        lines: list[str] = ask(self.page, READ, ["beside", self.box_name])
        beside = {int(number) for line in lines for number in re.findall(r"\d+$", line)}
        return beside | ({number} if (number := self.typed()) is not None else set())

    @staticmethod
    def number_in(entries: list[list[str]]) -> int:
        """The number among the names and values that the phone stores."""
        return next(int(value) for name, value in entries if name.startswith("pupils_") and name.endswith("_5"))
