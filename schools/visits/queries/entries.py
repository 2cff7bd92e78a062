"""Entries: what our mails have put into people’s calendars and taken out of them, one for each morning (docs/messages.md)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from django.utils import timezone

from schools.programme.models import Channel
from schools.visits.models import Session, SessionStage


class Entry(NamedTuple):
    """One morning in somebody’s calendar, as it is stored and compared."""

    uid: str
    """Its name for ever."""
    begins: str
    """The day and time on the school’s wall, as ISO writes them; of an online window the first day alone."""
    ends: str
    """Likewise; of an online window the last day."""
    sessions: tuple[int, ...]
    """The ids of the sessions that it holds, or held when it was taken out."""
    is_there: bool
    """False: it was taken out."""

    @classmethod
    def of_row(cls, values: list[Any]) -> Self:
        """Return the entry that a column of JSON holds."""
        uid, begins, ends, sessions, is_there = values
        return cls(uid, begins, ends, tuple(sessions), is_there)

    @property
    def as_row(self) -> list[Any]:
        """What a column of JSON keeps of it."""
        return [self.uid, self.begins, self.ends, list(self.sessions), self.is_there]

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return date.fromisoformat(self.begins[:10])

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        return date.fromisoformat(self.ends[:10])

    @property
    def is_window(self) -> bool:
        """Whether it is an online window, which takes whole days."""
        return "T" not in self.begins

    def has_ended(self, now: datetime) -> bool:
        """Return whether the morning, or the last day of the window, is over."""
        if self.is_window:
            return self.last_day < timezone.localdate(now)
        return timezone.make_aware(datetime.fromisoformat(self.ends)) <= now


class Mailed(NamedTuple):
    """What one mail, which may have arrived, did in somebody’s calendar."""

    to: str | None
    """Its address in small letters; "" where it was erased, None where the message is gone: nobody knows it any more."""
    is_doubtful: bool
    """Whether it may also not have arrived, and was not sent again."""
    entries: tuple[Entry, ...]
    is_unanswered: bool = False
    """Whether no server answered for it, so that nobody knows whether it went out."""

    @property
    def is_sure(self) -> bool:
        """Whether nothing speaks against its having arrived."""
        return not self.is_doubtful and not self.is_unanswered


@dataclass(frozen=True)
class SessionFacts:
    """What entries need to know of a session besides how somebody stands to it."""

    until: str = ""
    """The last day of an online window, as ISO writes it; blank: people come."""
    is_reported: bool = False
    """Whether it is over, so that its entry stays as it is."""


def session_facts(visits: Collection[int]) -> dict[int, SessionFacts]:
    """Return the facts about the sessions of the visits, by the session’s id, in one query."""
    rows = Session.objects.filter(visit__in=visits).order_by()
    columns = ("pk", "day", "until_day", "stage", "recorded_at", "type__channel")
    return {
        pk: SessionFacts(
            (until or day).isoformat() if channel == Channel.ONLINE else "",
            recorded_at is not None or stage == SessionStage.DELIVERED,
        )
        for pk, day, until, stage, recorded_at, channel in rows.values_list(*columns)
    }
