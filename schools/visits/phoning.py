"""Until when whoever is mailed a change of what begins soon is to be phoned as well: the mail may be read too late."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import NamedTuple

from django.utils import timezone

from schools.messages.hours import AT_ONCE_WITHIN, at
from schools.visits.models import Session
from schools.visits.queries.standings import Standing


class Slot(NamedTuple):
    """When something is, or was to be for all that its reader knows."""

    day: date
    starts: time
    last_day: date
    """The day itself, or the last one of an online window."""
    ends: time | None = None
    """When it ends on that day; None: that is not known, or a school shows it by itself, at any hour."""

    @property
    def begins(self) -> datetime:
        """The moment at which it begins."""
        return at(self.day, self.starts)

    def has_ended(self, now: datetime) -> bool:
        """Return whether it is over: from then on it is news to nobody."""
        if self.ends is None:
            return self.last_day < timezone.localdate(now)
        return at(self.last_day, self.ends) <= now


def slots_of(session: Session | None, known: Standing | None) -> list[Slot]:
    """Return when the session is as it stands, and when it was as its reader knows it; either may be unknown.

    Reads the session's type.
    """
    is_online = (session is not None and session.type.is_online) or bool(known and known.until)
    slots = [Slot(session.day, session.starts, session.last_day, None if is_online else session.ends)] if session else []
    if known:
        last_day, ends = date.fromisoformat(known.until or known.day), None if is_online else time.fromisoformat(known.ends)
        slots.append(Slot(date.fromisoformat(known.day), time.fromisoformat(known.starts), last_day, ends))
    return slots


def phone_until(slots: Iterable[Slot], *, now: datetime) -> date | None:
    """Return the last day of those that begin within 36 hours, or are open, and have not ended; None: there are none."""
    soon = (slot for slot in slots if not slot.has_ended(now) and slot.begins <= now + AT_ONCE_WITHIN)
    return max((slot.last_day for slot in soon), default=None)


def begins_soon(slots: Iterable[Slot], *, now: datetime) -> bool:
    """Whether any of those that have not ended begins within 36 hours, or is open: of that people are told at any hour."""
    return phone_until(slots, now=now) is not None


def are_over(slots: Iterable[Slot], *, now: datetime) -> bool:
    """Whether all of them have ended, so that nobody is told of it any more."""
    return all(slot.has_ended(now) for slot in slots)
