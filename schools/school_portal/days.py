"""How the page of a visit lists its days and sessions, and says when something was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.words import long_day, short_time, time_range
from schools.directory.models import Site
from schools.visits.models import Session, SessionStage


@dataclass(frozen=True)
class Day:
    """The sessions of one day, as the page lists them."""

    day: date
    sessions: list[Session]

    @property
    def site(self) -> Site | None:
        """At which of the school's sites we are; None: at its own address, or nobody comes."""
        # What was cancelled may have been at another one.
        there = [each for each in self.sessions if each.stage != SessionStage.CANCELLED] or self.sessions
        return next((each.site for each in there if each.site_id), None)

    @property
    def lines(self) -> list[tuple[str, str, bool]]:
        """The times, the name, and whether it was cancelled, of each session; of an online one the last day to show it."""
        return [(_times(each), each.name, each.stage == SessionStage.CANCELLED) for each in self.sessions]


def _times(session: Session) -> str:
    if session.type.is_online:
        return _("online, until %(day)s") % {"day": long_day(session.last_day)}
    return time_range(session.starts, session.ends)


def clock(moment: datetime) -> str:
    """Return the time of a moment as the pages say it."""
    return short_time(timezone.localtime(moment).time())


def clock_on(moment: datetime, *, on: date) -> str:
    """Return the same for a page of the day `on`, with the day of the moment where that is another."""
    day = timezone.localdate(moment)
    return clock(moment) if day == on else f"{clock(moment)}, {long_day(day)}"


def moment_words(moment: datetime) -> str:
    """Return a moment as the pages say it: its day and its time."""
    return f"{long_day(timezone.localdate(moment))}, {clock(moment)}"


def days_of(sessions: Iterable[Session]) -> list[Day]:
    """Return the days of the sessions, each with its own; the sessions are in order of time."""
    days: dict[date, list[Session]] = {}
    for session in sessions:
        days.setdefault(session.day, []).append(session)
    return [Day(day, of_day) for day, of_day in days.items()]
