"""The words of the entries that mails put into calendars; none names a pupil, a clearance, or anybody."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from schools.charity.queries import current
from schools.core.words import long_day, short_time, time_range
from schools.directory.models import School, Whereabouts
from schools.messages.wording import wording
from schools.visits.calendars import ALARM, ARRIVE_BEFORE, EntryWords
from schools.visits.models import Session, Visit
from schools.visits.queries import NOON
from schools.visits.queries.entries import Entry
from schools.visits.queries.phone_lines import with_guests

SCHOOL_ALARM = timedelta(days=1)
"""How long before a visit the calendar of a school reminds of it: enough to prepare the room."""


def words_for_volunteer(visit: Visit, entry: Entry, sessions: Iterable[Session]) -> EntryWords:
    """Return what the entry says to a volunteer who goes there."""
    begins = datetime.fromisoformat(entry.begins)
    is_morning = begins.time() < NOON
    title = _("Your morning at %(school)s") if is_morning else _("Your afternoon at %(school)s")
    title %= {"school": visit.school}
    link = f"{settings.SPEAKOUT_ADDRESS}{reverse('morning', args=[visit.pk, entry.first_day])}"
    sessions = list(sessions)
    lines = [*_running_order(entry, sessions), _("Where to go, whom to ask for and what to bring: %(link)s") % {"link": link}]
    arrive = timedelta(0)
    if not entry.is_window:
        arrive = ARRIVE_BEFORE
        lines = [_("Be there at %(time)s.") % {"time": short_time((begins - arrive).time())}, *lines]
    return EntryWords(_titled(title, entry), "\n".join(lines), _where(visit, sessions), link, ALARM, arrive)


def words_for_school(visit: Visit, entry: Entry, sessions: Iterable[Session]) -> EntryWords:
    """Return what the entry says to the host of a visit, or to a guest whose pupils go there."""
    title = _("%(charity)s at %(school)s") % {"charity": current().brand, "school": visit.school}
    sessions = list(sessions)
    lines = [*_running_order(entry, sessions), _("The reference of the visit is %(reference)s.") % {"reference": visit.reference}]
    return EntryWords(_titled(title, entry), "\n".join(lines), _where(visit, sessions), "", SCHOOL_ALARM)


def _where(visit: Visit, sessions: Sequence[Session]) -> Whereabouts:
    """Return where people go on that day: all of its sessions are at one place (rule 33)."""
    return next((session.where for session in sessions if not session.type.is_online), visit.school)


def _titled(title: str, entry: Entry) -> str:
    return title if entry.is_there else _("Cancelled: %(what)s") % {"what": title}


def _running_order(entry: Entry, sessions: Iterable[Session]) -> list[str]:
    """Return a line for each session: what every mail about it tells, and nothing that may change without one."""
    if not entry.is_there or entry.is_window:
        return [session.name for session in sessions]
    return [f"{time_range(session.starts, session.ends)}, {session.name}" for session in sessions]


def calendar_paragraph(
    visit: Visit, entries: Sequence[Entry], anew: Sequence[tuple[Session, Sequence[School]]] | None = None
) -> tuple[str, str]:
    """Return the subject and the text where a mail only puts the calendar right, because its reader knows the rest already.

    `anew`: the sessions that it puts there, each with the guests that its reader hosts, where the last mail of the visit went
    elsewhere. Nobody knows what they know, so it says what is agreed, and what is taken out. None: they know it.
    """
    where = f"{visit.school}, {long_day(entries[0].first_day)}"
    subject = wording("shared.calendar.subject", {"where": where})
    if anew:
        agreed = [f"- {session.when}: {session.name}{with_guests(guests)}" for session, guests in anew]
        text = "\n".join([wording("shared.calendar.opening-anew"), "", str(anew[0][0].where), *agreed])
        off = [_line(visit, entry) for entry in entries if not entry.is_there]
        return subject, "\n".join([text, "", *off]) if off else text
    opening = wording("shared.calendar.opening" if anew is None else "shared.calendar.opening-now")
    return subject, "\n".join([opening, "", *(_line(visit, entry) for entry in entries)])


def _line(visit: Visit, entry: Entry) -> str:
    now_there, taken_out = _("%(where)s: it stands there as it is now"), _("%(where)s: it is taken out")
    return f"- {(now_there if entry.is_there else taken_out) % {'where': f'{visit.school}, {long_day(entry.first_day)}'}}"
