"""The calendars in the histories of bookings: that of each volunteer or school, and that of each of their addresses."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from schools.models import Session
from tests.visits.calendar_client import CalendarClient, Times, whole_days
from tests.visits.reading import key_of

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
        """The sessions, by `key_of`, of which a mail has made them think that they take place."""

    def arrive(self, person: Any, address: str, parts: Iterable[Any], expected: Iterable[str]) -> None:
        """Take what a mail brings; `expected` are the sessions, by `key_of`, of which it says that they take place."""
        parts = list(parts)
        for client in (self.of_person[person], self.of_address[address]):
            client.take(parts)
        self.told[person].update(expected)
        self.seen.update(f"calendar {part.method}" for part in parts)

    def hold(
        self,
        person: Any,
        address: str,
        sessions: Iterable[Session],
        *,
        now: datetime,
        about: Collection[int] | None = None,
        arrive: timedelta = timedelta(0),
    ) -> None:
        """See that what mails have told of stands in both calendars, each morning once, and nothing else does.

        What was over by `now`, or was reported while its window lasts, is left aside, and so are visits that are not among
        `about` (by id; None: all count): somebody else reads of those, and nobody is written to only to take out what stood
        there.
        """
        ordered = sorted(sessions, key=morning_of)
        true: dict[Times, bool] = {}
        for _, rows in groupby(ordered, key=morning_of):
            theirs = list(rows)
            is_told = any(key_of(session) in self.told[person] for session in theirs)
            true[_times(theirs, arrive=arrive)] = is_told
        reported = Session.objects.exclude(recorded_at=None).values_list("pk", flat=True)
        for client in (self.of_person[person], self.of_address[address]):
            mornings = [times for times in client.mornings_of(about, but=reported) if times[1] > now]
            assert len(set(mornings)) == len(mornings), (person, address, mornings)
            assert set(mornings) <= true.keys(), (person, address, "stands there and is not so", mornings, true)
            missing = {times for times, is_told in true.items() if is_told} - set(mornings)
            assert not missing, (person, address, "does not stand there", missing, client)
            assert not client.ignored, (person, address, "a number fell")


def morning_of(session: Session) -> tuple[int, Any, int]:
    """Return by what sessions are one entry; what the school shows by itself is an entry of its own."""
    return session.visit_id, session.day, session.pk if session.type.is_online else 0


def _times(sessions: list[Session], *, arrive: timedelta) -> Times:
    """Return from when to when the entry is; that of an online session takes whole days."""
    first, last_day = min(sessions, key=lambda session: session.starts), sessions[0].until_day or sessions[0].day
    if first.type.is_online:
        return whole_days(first.day, last_day + timedelta(days=1))
    begins = datetime.combine(first.day, first.starts, HERE).astimezone(UTC) - arrive
    return begins, datetime.combine(first.day, max(session.ends for session in sessions), HERE).astimezone(UTC)
