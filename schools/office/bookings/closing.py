"""What a visit's pages say where its school, or a guest school, is closed by then, and what to do about it (rule 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import prefetch_related_objects

from schools.accounts.models import User
from schools.directory.models import School
from schools.directory.models.schools import Status
from schools.office.bookings.guests import WITH_SCHOOLS, guests_of
from schools.office.schools.facts import LinkLine, links_of
from schools.visits.models import Session, Visit
from schools.visits.rules import Warned
from schools.visits.rules.closing_schools import days_at_closing_school, warning_of_closing


@dataclass(frozen=True)
class Closing:
    """A visit with sessions to come at a school that is closed by then."""

    words: str
    """What is wrong, in a sentence."""
    has_closed: bool
    """Whether the school is closed already."""
    may_ask: bool
    """Whether nobody knows the day on which it closes."""
    may_move: bool
    """Whether there is a day to come on which it is still open."""
    followers: list[LinkLine]
    """The schools that followed it."""


def closing_of(visit: Visit, sessions: Iterable[Session], *, user: User, on: date) -> Closing | None:
    """Return what to say of the visit’s school; None where it is open on all days to come, and then nothing is asked."""
    school = visit.school
    days = days_at_closing_school(school, sessions, on=on)
    if not days:
        return None
    links = links_of(school, user, on=on)
    return Closing(
        words=warning_of_closing(school, days),
        has_closed=school.status == Status.CLOSED,
        may_ask=school.status == Status.CLOSING and school.closed is None,
        may_move=school.status != Status.CLOSED and school.closed is not None and school.closed > on,
        followers=[line for line in links if line.link.predecessor_id == school.pk and not line.is_feeder],
    )


def warnings_of_moving(host: School, moved: Iterable[Session], *, on: date) -> list[Warned]:
    """Return a severe warning for the host, and each guest school, that is closed by a day to which its sessions would move.

    `moved` are the sessions as they would be. One query, for the guests.
    """
    sessions = list(moved)
    prefetch_related_objects(sessions, WITH_SCHOOLS)
    days = days_at_closing_school(host, sessions, on=on)
    of_host = [warning_of_closing(host, days, would_be=True)] if days else []
    return [Warned(words, is_severe=True) for words in (*of_host, *guests_closing(sessions, on=on, would_be=True))]


def guests_closing(sessions: Iterable[Session], *, on: date, would_be: bool = False) -> list[str]:
    """Return a sentence for each guest school that is closed by a day on which its pupils are to come, or would be."""
    sessions = list(sessions)
    return [
        warning_of_closing(guest, days, is_guest=True, would_be=would_be)
        for guest in guests_of(sessions)
        if (days := days_at_closing_school(guest, _with_pupils_of(guest, sessions), on=on))
    ]


def _with_pupils_of(guest: School, sessions: Iterable[Session]) -> list[Session]:
    return [session for session in sessions if any(count.school_id == guest.pk for count in session.headcounts.all())]
