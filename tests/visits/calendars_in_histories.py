"""The calendars in the histories of bookings: that of each volunteer or school, and that of each of their addresses."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from schools.models import Session
from tests.visits.calendar_client import CalendarClient, Times

HERE = ZoneInfo("Europe/London")
CALENDARS = ("calendar REQUEST", "calendar CANCEL")
"""What parts of mails do, as histories count them."""


class CalendarsInHistories:
    """What mails do in the calendars of their readers, and what they should have done in the end."""

    def __init__(self, seen: Counter[str]) -> None:
        self.seen = seen
        self.of_person: defaultdict[Any, CalendarClient] = defaultdict(CalendarClient)
        self.of_address: defaultdict[str, CalendarClient] = defaultdict(CalendarClient)
        self.told: defaultdict[Any, set[str]] = defaultdict(set)
        """The starts of sessions of which a mail has said that they are expected there."""

    def arrive(self, person: Any, address: str, parts: Iterable[Any], expected: Iterable[str]) -> None:
        """Take what a mail brings; `expected` are the starts of the sessions of which it says that they take place."""
        parts = list(parts)
        for client in (self.of_person[person], self.of_address[address]):
            client.take(parts)
        self.told[person].update(expected)
        self.seen.update(f"calendar {part.method}" for part in parts)

    def hold(self, person: Any, address: str, sessions: Iterable[Session], *, arrive: timedelta = timedelta(0)) -> None:
        """See that what mails have told of stands in both calendars, each morning once, and nothing else does."""
        ordered = sorted(sessions, key=lambda session: (session.visit_id, session.day, session.starts))
        true: dict[Times, bool] = {}
        for _, rows in groupby(ordered, key=lambda session: (session.visit_id, session.day)):
            theirs = list(rows)
            first, last = theirs[0], max(session.ends for session in theirs)
            begins = datetime.combine(first.day, first.starts, HERE).astimezone(UTC) - arrive
            is_told = any(f"{session.starts:%-H:%M}" in self.told[person] for session in theirs)
            true[begins, datetime.combine(first.day, last, HERE).astimezone(UTC)] = is_told
        for client in (self.of_person[person], self.of_address[address]):
            mornings = client.mornings
            assert len(set(mornings)) == len(mornings), (person, address, mornings)
            assert set(mornings) <= true.keys(), (person, address, "stands there and is not so", mornings, true)
            missing = {times for times, is_told in true.items() if is_told} - set(mornings)
            assert not missing, (person, address, "does not stand there", missing, client)
            assert not client.ignored, (person, address, "a number fell")
