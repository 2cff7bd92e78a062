"""Somebody who reads their mails and believes them: where they think they are expected, or asked to come.

It knows nothing of how mails come about; it reads the sentences.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

DOWN, ASKED = "down", "asked"

SENTENCES = {
    "You’re down for this. Thank you.": DOWN,
    "Could you take this morning?": ASKED,
    "asks whether you could take this": ASKED,
    "The time has changed a little. You’re still down for it.": DOWN,
    "Can you come then too?": ASKED,
    "This was moved to a time at which you can’t come": None,
    "This will not take place:": None,
    "it takes place as planned. You’re down for it again.": DOWN,
    "it takes place as planned. Can you come?": ASKED,
    "You’re no longer down for this.": None,
    "so you need not answer": None,
    "so you’re still down for this": DOWN,
    "so you’re not expected there": None,
    "You’re expected there:": DOWN,
}
"""What a sentence makes its reader believe; None: that nobody expects them."""

SCHOOL_SENTENCES = {
    "is coming, as we have agreed:": DOWN,
    "Our visit has moved to another time:": DOWN,
    "This will not take place. We are sorry.": None,
    "it takes place as planned.": DOWN,
    "We have still to talk about it:": None,
    "Your pupils are no longer expected at this:": None,
    "This is what you should know before": DOWN,
    "We are coming soon.": DOWN,
    "This is to remind you that we are coming:": DOWN,
}
"""The same for a school: down is what is agreed with it."""

LINE = re.compile(r"^- (?:[^:]*: )?(?:(?P<day>\w{3} \d+ \w+ \d{4}), )?(?P<start>\d+:\d\d)", re.MULTILINE)
HEADING = re.compile(r", (?P<day>\w{3} \d+ \w+ \d{4})$", re.MULTILINE)

type Belief = tuple[str, str]
"""Down or asked, and the day as mails write it."""


@dataclass
class Reader:
    """A reader of mails about sessions of which each begins at another time of day."""

    believes: dict[str, Belief] = field(default_factory=dict)
    """By the start of the session."""
    sentences: Mapping[str, str | None] = field(default_factory=lambda: SENTENCES)

    def read(self, body: str) -> set[str]:
        """Believe a mail; return the starts of the sessions that it speaks of."""
        spoken: set[str] = set()
        state: str | None = None
        day = ""
        for paragraph in body.split("\n\n"):
            for sentence, belief in self.sentences.items():
                if sentence in paragraph:
                    state = belief
            heading = HEADING.search(paragraph.split("\n- ")[0])
            day = heading["day"] if heading else day
            for line in LINE.finditer(paragraph):
                self._believe(line["start"], state, line["day"] or day)
                spoken.add(line["start"])
        return spoken

    def _believe(self, start: str, state: str | None, day: str) -> None:
        if state is None:
            self.believes.pop(start, None)
        else:
            self.believes[start] = (state, day)
