"""Every party of one visit, with the last message to it about the visit and what became of that."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from schools.core.words import moment
from schools.directory.models import School
from schools.directory.queries import with_contacts
from schools.messages.hours import QUIET_FROM, at
from schools.messages.masking import subject_to_show
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.visits.models import Cover, Headcount, KnownBy, MessageAbout, Session, Visit
from schools.visits.phoning import Slot, phone_until, slots_of
from schools.visits.queries.known import ANEW
from schools.visits.queries.parties import phone_of
from schools.visits.queries.standings import UNCONFIRMED, Standing
from schools.volunteers.models import Volunteer


def became(message: OutboxMessage) -> str:
    """Return what became of a message, as a sentence."""
    if message.sent_at:
        return f"Mailed to {message.to} on {moment(timezone.localtime(message.sent_at))}."
    if message.stopped_at and message.last_error == NO_LONGER_TRUE:
        return f"The mail to {message.to} was taken back: it is true no longer, and may have arrived before."
    if message.stopped_at:
        return did_not_arrive(message.to, message.last_error)
    return f"A mail to {message.to} is on its way."


def did_not_arrive(to: str, why: str) -> str:
    """Return that a mail to the address was stopped, with what to do, as a sentence; `why`: the mail server's words."""
    return f"The mail to {to} came back or got no answer, so phone them: {why}"


@dataclass(frozen=True)
class PartyTold:
    """A school or a volunteer of a visit, and what it was told last."""

    who: School | Volunteer
    role: str
    phone: str
    """A number at which they are rung, as people read it; "" where none is known."""
    message: OutboxMessage | None
    """The last one to them about the visit; None: none was written."""
    known_otherwise: str
    """When it was written down since that they know it otherwise, as by phone; "" where it was not."""

    @property
    def subject(self) -> str:
        """The subject of the message, as the office may read it."""
        return subject_to_show(self.message) if self.message else ""

    @property
    def became(self) -> str:
        """What became of the message, as a sentence; "" where there is none."""
        return became(self.message) if self.message else ""


def parties_told(visit: Visit) -> list[PartyTold]:
    """Return the host, the guests and the volunteers of the visit, those of before too who heard of it; seven queries at most."""
    rows = list(
        MessageAbout.objects.filter(visit=visit).exclude(known_by=KnownBy.BEFORE).select_related("message").order_by("pk")
    )
    of_schools, of_people = defaultdict[int, list[MessageAbout]](list), defaultdict[int, list[MessageAbout]](list)
    for row in rows:
        if row.school_id:
            of_schools[row.school_id].append(row)
        elif row.volunteer_id:
            of_people[row.volunteer_id].append(row)
    there = set(Headcount.objects.filter(session__visit=visit).order_by().values_list("school", flat=True))
    return [*_schools(visit, there, of_schools), *_people(visit, of_people)]


def _schools(visit: Visit, there: Collection[int], rows: dict[int, list[MessageAbout]]) -> Iterable[PartyTold]:
    schools = School.objects.filter(pk__in={visit.school_id, *there, *rows}).prefetch_related(*with_contacts())
    for school in sorted(schools, key=lambda school: (school.pk != visit.school_id, school.name, school.pk)):
        is_host = school.pk == visit.school_id
        named = visit.contact if is_host else None
        role = "the school" if is_host else "a guest" if school.pk in there else "a guest before"
        yield _party(school, role, phone_of(named, school), rows.get(school.pk, []))


def _people(visit: Visit, rows: dict[int, list[MessageAbout]]) -> Iterable[PartyTold]:
    there = set(Cover.objects.live().filter(session__visit=visit).order_by().values_list("volunteer", flat=True))
    for volunteer in Volunteer.objects.filter(pk__in=there | rows.keys()).order_by("name", "pk"):
        role = "volunteer" if volunteer.pk in there else "not down for it"
        phone = volunteer.phone.as_national if volunteer.phone else ""
        yield _party(volunteer, role, phone, rows.get(volunteer.pk, []))


def _party(who: School | Volunteer, role: str, phone: str, rows: Collection[MessageAbout]) -> PartyTold:
    last = next((row for row in reversed(list(rows)) if row.message), None)
    # Who reads for the school anew knows nothing by that. Who took a place, or agreed to it, is still to be told that it stands.
    otherwise = [row for row in rows if row.known_by == KnownBy.OTHERWISE and not row.facts.startswith(ANEW)]
    otherwise = [row for row in otherwise if not _is_unconfirmed(row)]
    since = next((row for row in reversed(otherwise) if last is None or row.pk > last.pk), None)
    known = moment(timezone.localtime(since.at)) if since else ""
    return PartyTold(who, role, phone, last.message if last else None, known)


def _is_unconfirmed(row: MessageAbout) -> bool:
    """Whether the row says that somebody took a place, or agreed to it on the phone, and no message has told them since."""
    standings = [Standing(*each) for each in row.says]
    return any(each.at == UNCONFIRMED for each in standings if row.speaks_of is None or each.session in row.speaks_of)


@dataclass(frozen=True)
class LastMail:
    """The last mail to a school or a volunteer about a visit."""

    became: str = ""
    """What became of it; "" where there was none."""
    sent_at: datetime | None = None
    """None: none has gone, or the last waits."""

    def may_be_late(self, sessions: Sequence[Session], *, on: date) -> bool:
        """Whether it may be read too late for the news of these sessions, which began soon when it went, or would have.

        One that has not gone by the day is as one of its evening.
        """
        slots = [slot for session in sessions for slot in slots_of(session, None)]
        slots += [
            Slot(session.was_day, session.was_starts, session.was_day)
            for session in sessions
            if session.was_day and session.was_starts
        ]
        return phone_until(slots, now=self.sent_at or at(on, QUIET_FROM)) is not None


type LastMails = Mapping[tuple[int, int | None, int | None], LastMail]
NO_MAIL = LastMail()


def last_mails(visits: list[int], *, in_vain: Collection[int]) -> LastMails:
    """Return the last mail of news about each visit, by the ids of visit, volunteer and school.

    `in_vain`: the ids of rows of reminders that came back and that somebody is phoned for; such a one is the last to its reader.
    """
    news = MessageAbout.objects.filter(Q(is_reminder=False) | Q(pk__in=in_vain), visit__in=visits, message__isnull=False)
    rows = news.select_related("message").order_by("pk")
    return {
        (row.visit_id, row.volunteer_id, row.school_id): LastMail(became(row.message), row.message.sent_at)
        for row in rows
        if row.message
    }
