"""The words of the mails to coordinators; none names a pupil, a clearance or what a child said."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.words import joined, long_day
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.emails import when_and_where
from schools.visits.models import PRESENTING_ROLES, Cover, Session
from schools.visits.queries import by_visit_day
from schools.visits.queries.given_back import were_taken_off

MOST_LISTED = 20
"""So many visit days are named in each part of a list; the office shows the others."""


def mail_that_somebody_cannot_come(covers: Sequence[Cover], *, coordinator: User, needing: Collection[int]) -> Mail:
    """Return the mail to a coordinator that a volunteer no longer comes to these sessions, all given back or ended at once.

    `needing` are the ids of the sessions that need somebody now. The subject names the first day on which somebody is needed, and
    those sessions are marked where others need nobody.
    """
    days = by_visit_day(cover.session for cover in covers)
    needed = {cover.session_id for cover in covers if cover.session_id in needing and cover.role in PRESENTING_ROLES}
    first = next((day for day, sessions in days if any(session.pk in needed for session in sessions)), days[0][0])
    which = "" if needed else "-where-nobody-is-needed"
    are_some = bool(needed) and any(cover.session_id not in needed for cover in covers)
    how = "given-back.taken-off" if were_taken_off(covers) else "given-back"
    with in_language_of(coordinator):
        subject = wording(f"{how}.subject{which}" if which else "given-back.subject", {"where": first})
        if len(days) > 1:
            subject = wording("shared.and-more", {"first": subject})
        opening = wording(f"{how}.opening", {"name": covers[0].volunteer})
        why = covers[0].get_gave_back_why_display()
        reasons = [wording("given-back.why", {"why": why})] if why else []
        closing = wording(f"given-back.closing{'-where-some-need-nobody' if are_some else which}")
        listed = [when_and_where(sessions, needing=needed if are_some else ()) for _day, sessions in days]
        parts = [opening, *listed, *reasons, closing]
    return subject, "\n\n".join(parts) + "\n"


@dataclass
class MorningList:
    """What is on a coordinator's list of one morning."""

    today: list[Session] = field(default_factory=list)
    needing: list[Session] = field(default_factory=list)
    """Sessions of the next days that need people."""
    unreported: list[Session] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything on it."""
        return bool(self.today or self.needing or self.unreported)


def mail_of_morning(listed: MorningList, going: dict[int, list[Cover]], *, coordinator: User, on: date) -> Mail:
    """Return the list of the morning; `going` are the covers of today's sessions, by the session's id."""
    with in_language_of(coordinator):
        subject = wording("morning-list.subject", {"day": long_day(on)})
        parts = [
            *_part(wording("morning-list.above-today"), listed.today, going),
            *_part(wording("morning-list.above-what-needs-people"), listed.needing, {}),
            *_part(wording("morning-list.above-what-nobody-reported"), listed.unreported, {}),
        ]
    return subject, "\n\n".join(parts) + "\n"


def _part(heading: str, sessions: Sequence[Session], going: dict[int, list[Cover]]) -> list[str]:
    days = by_visit_day(sessions)
    lines = [f"- {day}, {len(of_day)} × {_('session')}{_who(of_day, going)}" for day, of_day in days[:MOST_LISTED]]
    if len(days) > MOST_LISTED:
        lines.append(_("… and %(number)s more visit days: see the office.") % {"number": len(days) - MOST_LISTED})
    return ["\n".join([heading, *lines])] if lines else []


def _who(sessions: Iterable[Session], going: dict[int, list[Cover]]) -> str:
    covers = [cover for session in sessions for cover in going.get(session.pk, ())]
    names = dict.fromkeys(str(cover.volunteer) for cover in covers)
    return f": {joined(names)}" if names else ""


@dataclass(frozen=True)
class Undelivered:
    """A mail that did not arrive, as its coordinator reads of it."""

    party: str
    """The volunteer, the school, or somebody there."""
    where: str
    """The visit that it was about; "": none."""
    subject: str
    """"": only its reader may know what it is about."""
    to: str
    why: str


def mail_of_undelivered(rows: Sequence[Undelivered], *, coordinator: User) -> Mail:
    """Return the mail to a coordinator about mails that did not arrive: whom they have to reach in another way."""
    with in_language_of(coordinator):
        subject = wording("undelivered.subject", {"first": rows[0].subject or wording("undelivered.private")})
        if len(rows) > 1:
            subject = wording("shared.and-more", {"first": subject})
        opening = wording("undelivered.opening")
        body = "\n".join([f"{opening}\n", *map(_line_of_undelivered, rows)])
    return subject, f"{body}\n"


def _line_of_undelivered(row: Undelivered) -> str:
    who = ", ".join(filter(None, (f"{row.party} ({row.to})", row.where)))
    which = f"“{row.subject}”" if row.subject else wording("undelivered.private")
    return f"- {who}: {which}. {row.why}".rstrip()
