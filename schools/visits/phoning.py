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

    @property
    def begins(self) -> datetime:
        """The moment at which it begins."""
        return at(self.day, self.starts)


def slots_of(session: Session | None, known: Standing | None) -> list[Slot]:
    """Return when the session is as it stands, and when it was as its reader knows it; either may be unknown."""
    slots = [Slot(session.day, session.starts, session.last_day)] if session else []
    if known:
        last_day = date.fromisoformat(known.until or known.day)
        slots.append(Slot(date.fromisoformat(known.day), time.fromisoformat(known.starts), last_day))
    return slots


def phone_until(slots: Iterable[Slot], *, now: datetime) -> date | None:
    """Return the last day of those that begin within 36 hours, or are open, and are not over; None: there are none."""
    on = timezone.localdate(now)
    return max((slot.last_day for slot in slots if slot.last_day >= on and slot.begins <= now + AT_ONCE_WITHIN), default=None)


def begins_soon(slots: Iterable[Slot], *, now: datetime) -> bool:
    """Whether any of those that are not over begins within 36 hours, or is open: of that people are told at any hour."""
    return phone_until(slots, now=now) is not None
