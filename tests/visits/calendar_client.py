"""Somebody’s calendar that takes what mails bring, as RFC 5546 says; it shares nothing with what writes the entries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

type Times = tuple[datetime, datetime]
"""From when to when, by the clock of the world."""


@dataclass
class CalendarClient:
    """Keeps one entry for each name. What has a lower number, or is older under the same number, is not taken."""

    entries: dict[str, Event] = field(default_factory=dict)
    versions: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    ignored: int = 0

    def take(self, parts: Iterable[Any]) -> None:
        """Take what a mail brings: each part has a method, and a text that says the same."""
        for part in parts:
            calendar = IcsCalendarStream.calendar_from_ics(part.text)
            assert calendar.method == part.method
            [event] = calendar.events
            self._take(event, is_cancelled=part.method == "CANCEL")

    def _take(self, event: Event, *, is_cancelled: bool) -> None:
        assert event.uid
        assert event.sequence is not None
        assert isinstance(event.dtstamp, datetime)
        assert (event.status == "CANCELLED") == is_cancelled
        version = event.sequence, event.dtstamp.astimezone(UTC)
        if version < self.versions.get(event.uid, version):
            self.ignored += 1
            return
        self.versions[event.uid] = version
        if is_cancelled:
            self.entries.pop(event.uid, None)
        else:
            self.entries[event.uid] = event

    @property
    def mornings(self) -> list[Times]:
        """When something stands in it, in order."""
        return self.mornings_of(None)

    def mornings_of(self, visits: Collection[int] | None, *, but: Collection[int] = ()) -> list[Times]:
        """Return when something of these visits (by id) stands in it, in order, but for what is named after these sessions.

        The name of an entry begins with its visit and a session.
        """
        theirs, left_out = {f"{visit}" for visit in visits or ()}, {f"{session}" for session in but}
        named = ((uid.split("-"), event) for uid, event in self.entries.items())
        return sorted(
            times_of(event)
            for (visit, session, *_), event in named
            if (visits is None or visit in theirs) and session.partition(".")[0] not in left_out
        )


def times_of(event: Event) -> Times:
    """Return from when to when an entry is; the reader has worked the time zone out by itself."""
    if not isinstance(event.dtstart, datetime) or not isinstance(event.dtend, datetime):
        return whole_days(event.dtstart, event.dtend)
    return event.dtstart.astimezone(UTC), event.dtend.astimezone(UTC)


def whole_days(first: Any, after: Any) -> Times:
    """Return an entry of whole days, from the first to the one after the last, so that it can stand beside the others."""
    return datetime(first.year, first.month, first.day, tzinfo=UTC), datetime(after.year, after.month, after.day, tzinfo=UTC)
