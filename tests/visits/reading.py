"""Somebody who reads their mails and believes them: where they think they are expected, or asked to come.

It knows nothing of how mails come about; it reads the sentences, and those of an SMS.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import ClassVar

from schools.core.words import long_day
from schools.models import Session
from schools.visits.queries.notifications import as_read, guests_by_session
from schools.visits.queries.standings import Standing

DOWN, ASKED = "down", "asked"

SENTENCES = {
    "You’re down for this. Thank you.": DOWN,
    "Could you take this?": ASKED,
    "asks whether you could take this": ASKED,
    "The time has changed a little. You’re still down for it.": DOWN,
    "Can you come then too?": ASKED,
    "This was moved to a time at which you can’t come": None,
    "This will not take place:": None,
    "it takes place as planned. You’re down for it again.": DOWN,
    "it takes place as planned. Can you come?": ASKED,
    "You’re down for this after all, as before.": DOWN,
    "You’re no longer down for this.": None,
    "You need not answer any more.": None,
    "so you’re still down for this": DOWN,
    "so you’re not expected there": None,
    "what you’re down for:": DOWN,
}
"""What a sentence makes its reader believe; None: that nobody expects them."""

SCHOOL_SENTENCES = {
    "is coming, as we have agreed:": DOWN,
    "Our visit has moved to another time:": DOWN,
    "This part of our visit has moved to another time:": DOWN,
    "This will not take place. We are sorry.": None,
    "it takes place as planned.": DOWN,
    "We have still to talk about it:": None,
    "Your pupils are no longer expected at this:": None,
    "This is what you should know before": DOWN,
    "We are coming soon.": DOWN,
    "This is to remind you that we are coming:": DOWN,
    "you show this to your pupils online": DOWN,
    "before you show this to your pupils online": DOWN,
    "The days on which you can show this online have changed:": DOWN,
    "Soon you can show this to your pupils online.": DOWN,
    "come to this address from now on. This is what is agreed:": DOWN,
    "The guests at this have changed:": DOWN,
}
"""The same for a school: down is what is agreed with it. Of several in a paragraph the last here counts."""
WITH_GUESTS = frozenset({
    "is coming, as we have agreed:", "Our visit has moved to another time:", "This part of our visit has moved to another time:",
    "it takes place as planned.", "The guests at this have changed:",
    "you show this to your pupils online", "The days on which you can show this online have changed:",
    "come to this address from now on. This is what is agreed:",
})  # fmt: skip
"""Those whose lines say to the host whose pupils come to it besides, or that none do."""
COMING = frozenset({
    "is coming, as we have agreed:", "Our visit has moved to another time:", "This part of our visit has moved to another time:",
    "This is what you should know before", "We are coming soon.", "This is to remind you that we are coming:",
})  # fmt: skip
"""Those that say that somebody comes: what nobody comes for may not stand under one of them."""

SMS_FACTS = {
    "Cancelled: ": None,
    "Moved, say yes or no again: ": ASKED,
    "Moved, so you're not down for it: ": None,
    "Moved: ": DOWN,
    "Takes place after all, say yes or no: ": ASKED,
    "Takes place after all: ": DOWN,
    "You're down after all for ": DOWN,
    "You're no longer down for ": None,
    "You're still down for ": DOWN,
    "Our visit is cancelled: ": None,
    "Part of our visit is cancelled: ": None,
    "Not for your pupils any more: ": None,
    "Part of our visit is moved: ": DOWN,
    "Part of our visit takes place after all: ": DOWN,
    "Our visit is moved: ": DOWN,
    "Our visit takes place after all: ": DOWN,
    "The online session is cancelled: ": None,
    "The online session is moved: ": DOWN,
    "The online session takes place after all: ": DOWN,
}
"""What the beginning of a line of an SMS makes its reader believe."""

GUESTS = r"(?:, (?:with pupils of (?P<guests>[^\n]+)|without pupils of other schools))?$"
LINE = re.compile(rf"^- (?:[^:]*: )?(?:(?P<day>\w{{3}} \d+ \w+ \d{{4}}), )?(?P<start>\d+:\d\d)[^\n]*?{GUESTS}", re.MULTILINE)
HEADING = re.compile(r", (?P<day>\w{3} \d+ \w+ \d{4})$", re.MULTILINE)
ONLINE = re.compile(
    r"^- (?P<days>\w{3} \d+ \w+ \d{4}(?: – \w{3} \d+ \w+ \d{4})?)(?: \(it was from [^)]*\))?: (?P<name>Online [^(,\n]*?)"
    rf"(?P<mark> \(online, nobody comes\))?{GUESTS}",
    re.MULTILINE,
)
"""The line of a session that the school shows by itself: its days, and no time."""
IN_SMS = re.compile(r"(?P<where>.*?), (?P<days>\w{3} \d+ \w{3}(?: - \w{3} \d+ \w{3})?)(?:, (?P<start>\d+:\d\d) am)?$")

DAYS = [date(2026, 11, 20) + timedelta(days=number) for number in range(200)]
"""Those on which anything of a history can be."""
OF_DAYS = {long_day(day): day for day in DAYS}
"""Each day by how mails write it."""
OF_SHORT = {f"{day:%a} {day.day} {day:%b}": long_day(day) for day in DAYS}
"""Each day as mails write it, by how an SMS does."""

type Belief = tuple[str, str]
"""Down or asked, and the day as mails write it; of an online session all of its days."""


def key_of(session: Session) -> str:
    """Return by what a reader knows the session: when it begins, and one that the school shows by itself by its name."""
    return session.type.name if session.type.is_online else f"{session.starts:%-H:%M}"


def days_of(session: Session) -> str:
    """Return its day as mails write it; of an online session the first and the last."""
    return _days(session.day, session.until_day)


def read(sessions: Iterable[Session]) -> dict[int, str]:
    """Return what a coordinator reads of the sessions under *Tell these people*, and ticks."""
    rows = list(sessions)
    guests = guests_by_session(session.pk for session in rows)
    return {session.pk: as_read(session, guests[session.pk]) for session in rows}


def days_as_known(standing: Standing) -> str:
    """Return the same of a session as somebody was told of it."""
    return _days(date.fromisoformat(standing.day), date.fromisoformat(standing.until) if standing.until else None)


def _days(first: date, last: date | None) -> str:
    return " – ".join(long_day(day) for day in dict.fromkeys((first, last)) if day)


@dataclass
class Reader:
    """A reader of mails about sessions of which each begins at another time of day."""

    believes: dict[str, Belief] = field(default_factory=dict)
    """By what they know the session by (`key_of`)."""
    sentences: Mapping[str, str | None] = field(default_factory=lambda: SENTENCES)
    announced: set[str] = field(default_factory=set)
    """The online sessions of which a mail has made them think that somebody comes."""
    ever: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The days on which they have ever expected a session."""
    guests: dict[str, str] = field(default_factory=dict)
    """To whom else a host thinks that it is host, by the session."""
    turns: Counter[str] = field(default_factory=Counter)
    """How often they have come to think something else of a session."""
    heard_at: dict[str, int] = field(default_factory=dict)
    """When they last heard of a session, counted by what anybody has heard."""
    heard: ClassVar[Iterator[int]] = count(1)

    def read(self, body: str) -> set[str]:
        """Believe a mail; return by what they know the sessions of which it speaks."""
        spoken: set[str] = set()
        state: str | None = None
        under, day = "", ""
        for paragraph in body.split("\n\n"):
            for sentence, belief in self.sentences.items():
                if sentence in paragraph:
                    state, under = belief, sentence
            heading = HEADING.search(paragraph.split("\n- ")[0])
            day = heading["day"] if heading else day
            for line in LINE.finditer(paragraph):
                self._believe(line["start"], state, line["day"] or day)
                self._hears_of_guests(line["start"], under, line["guests"])
                spoken.add(line["start"])
            for line in ONLINE.finditer(paragraph):
                self._believe(line["name"], state, line["days"])
                self._hears_of_guests(line["name"], under, line["guests"])
                spoken.add(line["name"])
                if under in COMING and not line["mark"]:
                    self.announced.add(line["name"])
        return spoken

    def read_sms(self, words: str, online: Mapping[tuple[str, str], str], *, tomorrow: date) -> set[str]:
        """Believe an SMS; return the sessions of which it speaks.

        `online` names the session that a school, by its name, shows by itself on these days.
        """
        spoken: set[str] = set()
        is_reminder = words.startswith("Tomorrow: ")
        for line in words.splitlines():
            begins = next((begin for begin in SMS_FACTS if line.startswith(begin)), "")
            fact = IN_SMS.fullmatch(line.removeprefix(begins)) if begins else None
            start = re.search(r", (?P<start>\d+:\d\d) am(?: \(not agreed yet\))?$", line) if is_reminder else None
            if fact:
                spoken.add(self._believe_fact(fact, SMS_FACTS[begins], online))
            elif start:
                self._believe(start["start"], DOWN, long_day(tomorrow))
                spoken.add(start["start"])
        return spoken

    def _believe_fact(self, fact: re.Match[str], state: str | None, online: Mapping[tuple[str, str], str]) -> str:
        days = " – ".join(OF_SHORT[day] for day in fact["days"].split(" - "))
        key: str = fact["start"] or online[fact["where"], days]
        self._believe(key, state, days)
        return key

    def _hears_of_guests(self, key: str, sentence: str, guests: str | None) -> None:
        if sentence in WITH_GUESTS:
            self.guests[key] = guests or ""

    def _believe(self, key: str, state: str | None, day: str) -> None:
        before = self.believes.get(key)
        self.is_told(key, None if state is None else (state, day))
        self.turns[key] += self.believes.get(key) != before

    def is_told(self, key: str, belief: Belief | None) -> None:
        """Hear of a session, and think this of it from now on; None: that nobody comes."""
        self.heard_at[key] = next(self.heard)
        self.believes.pop(key, None)
        if belief is not None:
            self.believe(key, belief)

    def believe(self, key: str, belief: Belief) -> None:
        """Think this of a session from now on."""
        self.believes[key] = belief
        self.ever[key].add(belief[1])

    def takes_over(self, key: str, other: "Reader") -> None:
        """Think of a session what somebody else thought, unless they have heard of it themselves since that one did."""
        self.ever[key] |= other.ever[key]
        if self.heard_at.get(key, 0) > other.heard_at.get(key, 0):
            return
        self.heard_at[key] = other.heard_at.get(key, 0)
        self.guests[key] = other.guests.get(key, "")
        if key in other.believes:
            self.believes[key] = other.believes[key]
        else:
            self.believes.pop(key, None)
