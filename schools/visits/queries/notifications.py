"""Who has to be told what about bookings, with texts to send."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from django.db.models import F
from django.utils import timezone

from schools.accounts.models import User
from schools.core.words import long_day, moment, short_time
from schools.directory.models import Contact, School
from schools.directory.queries import contacts_of
from schools.messages.models import OutboxMessage
from schools.visits.models import Cover, CoverNews, Headcount, MessageAbout, SchoolNews, Session, Visit, VisitStage
from schools.volunteers.models import Volunteer


def as_read(row: Session | Cover) -> str:
    """Return what a page shows about a row that can be ticked: its news and the session's time; it changes with either."""
    news, session = (row.school_news, row) if isinstance(row, Session) else (row.news, row.session)
    return f"{news}:{session.day.isoformat()}T{session.starts:%H:%M}"


def _tick_value(rows: Iterable[Session | Cover]) -> str:
    return " ".join(f"{row.pk}:{as_read(row)}" for row in rows)


@dataclass(frozen=True)
class SchoolNotification:
    """What the school of a visit has to be told."""

    visit: Visit
    sessions: tuple[Session, ...]
    mailed: str = ""
    """What became of the last mail to the school about the visit; "" where there was none."""

    @property
    def box(self) -> str:
        """The value of its tick box: each session with what the page shows about it."""
        return _tick_value(self.sessions)

    @property
    def contacts(self) -> list[Contact]:
        """The people to phone: the visit's own contact first, then the school's others."""
        others = sorted(contacts_of(self.visit.school), key=lambda contact: contact.pk != self.visit.contact_id)
        return [contact for contact in others if contact.phone or contact.email]

    @property
    def text(self) -> str:
        """The text of a message, ready to be copied."""
        lines = "\n".join(_line_for_school(session) for session in self.sessions)
        first = self.visit.contact.name if self.visit.contact else "everybody"
        return f"Hello {first},\n\nabout our visit to {self.visit.school}:\n{lines}\n\nPlease tell us if this does not suit you."


ASKED = frozenset({CoverNews.OFFERED, CoverNews.ASK_AGAIN})
COMING = ASKED | {CoverNews.ASSIGNED, CoverNews.MOVED, CoverNews.BACK}
"""The kinds of news for somebody who is to come, or is asked to."""


@dataclass(frozen=True)
class VolunteerNotification:
    """What one volunteer has to be told about one visit."""

    volunteer: Volunteer
    covers: tuple[Cover, ...]
    mailed: str = ""
    """What became of the last mail to them about the visit; "" where there was none."""

    @property
    def box(self) -> str:
        """The value of their tick box: each cover with what the page shows about it."""
        return _tick_value(self.covers)

    @property
    def why(self) -> str:
        """The reasons for the news, for whoever phones them."""
        return " ".join(dict.fromkeys(cover.news_why for cover in self.covers if cover.news_why))

    @property
    def text(self) -> str:
        """The text of a message, ready to be copied.

        Somebody who is to come also reads the address, and whether the school has still to agree.
        """
        visit = self.covers[0].session.visit
        news = {cover.news for cover in self.covers}
        at_places: dict[int | None, list[Cover]] = {}
        for cover in self.covers:
            at_places.setdefault(cover.session.site_id, []).append(cover)
        places = "\n\n".join(map(_lines_at_one_place, at_places.values()))
        if news & COMING and visit.stage == VisitStage.PLANNED:
            places += "\nThe school hasn’t agreed to the day yet."
        closing = "Can you come? A no is fine." if news & ASKED else "Thank you."
        return f"Hello {self.volunteer.first_name},\n\n{places}\n\n{closing}"


@dataclass(frozen=True)
class GuestNotification:
    """A school whose pupils are, or were, guests of the visit: it is mailed what concerns them, and phoned where that fails."""

    school: School
    mailed: str = ""
    """What became of the last mail to it about the visit; "" where there was none."""
    text: str = ""
    """What it has to be told on the phone, ready to be copied; "" where mail tells it."""
    box: str = ""
    """The value of its tick box: visit, school, and what the page shows about it; "" where nothing is to be ticked."""
    first_day: date = date.max
    """The first day of which it has to be told."""

    @property
    def contacts(self) -> list[Contact]:
        """The people to phone."""
        return [contact for contact in contacts_of(self.school) if contact.phone or contact.email]


@dataclass(frozen=True)
class VisitNotifications:
    """Everybody who has to be told something about one visit."""

    visit: Visit
    school: SchoolNotification | None
    volunteers: tuple[VolunteerNotification, ...]
    guests: tuple[GuestNotification, ...] = ()


def people_to_tell(
    user: User, *, on: date, visit_id: int | None = None, guests: Mapping[int, Sequence[GuestNotification]] | None = None
) -> list[VisitNotifications]:
    """Return who has to be told what about the visits that the user sees, the soonest first, in a constant number of queries.

    `guests`: those that have to be phoned, by the id of a visit that the user sees (`guests_to_tell`).
    """
    to_phone = guests or {}
    visits = Visit.objects.for_user(user, on=on).with_people_to_tell(on=on, besides=list(to_phone))
    if visit_id is not None:
        visits = visits.filter(pk=visit_id)
    visits = visits.select_related("school", "contact").prefetch_related("school__contacts", "school__shared_contacts")
    known = {visit.pk: visit for visit in visits}
    of_visits = {"visit__in": list(known)}
    sessions = Session.objects.school_to_tell(on=on).filter(**of_visits).select_related("type")
    covers = Cover.objects.to_tell(on=on).filter(session__visit__in=list(known))
    covers = covers.select_related("volunteer", "session__type", "session__site").order_by(
        "session__day", "session__starts", "pk"
    )
    by_visit = {pk: (_sessions_of(pk, sessions, known), _covers_of(pk, covers, known)) for pk in known}
    mailed, there = _mailed(list(known)), _guests(list(known))
    rows = [
        VisitNotifications(
            visit,
            SchoolNotification(visit, theirs, mailed.get((pk, None, visit.school_id), ""))
            if (theirs := by_visit[pk][0])
            else None,
            _by_volunteer(by_visit[pk][1], mailed),
            tuple(
                replace(guest, mailed=mailed.get((pk, None, guest.school.pk), ""))
                for guest in _each_once(to_phone.get(pk, ()), there.get(pk, ()))
            ),
        )
        for pk, visit in known.items()
    ]
    return sorted(rows, key=lambda row: (_first_day(row), row.visit.pk))


def _each_once(to_phone: Sequence[GuestNotification], there: Iterable[School]) -> list[GuestNotification]:
    """Return the guests that have to be phoned, then those of which mail takes care."""
    phoned = {guest.school.pk for guest in to_phone}
    return [*to_phone, *(GuestNotification(school) for school in there if school.pk not in phoned)]


def _guests(visits: list[int]) -> dict[int, list[School]]:
    """Return the guests of sessions of these visits about which the host has to be told, by the visit's id."""
    there = Headcount.objects.filter(session__visit__in=visits).exclude(session__school_news="")
    pairs = sorted(set(there.exclude(school=F("session__visit__school")).values_list("session__visit", "school")))
    schools = School.objects.filter(pk__in={school for _, school in pairs}).prefetch_related("contacts", "shared_contacts")
    by_pk = {school.pk: school for school in schools}
    return {visit: [by_pk[school] for _, school in rows] for visit, rows in groupby(pairs, key=lambda pair: pair[0])}


def _mailed(visits: list[int]) -> dict[tuple[int, int | None, int | None], str]:
    """Return what became of the last mail about each visit, by the ids of visit, volunteer and school."""
    news = MessageAbout.objects.filter(visit__in=visits, message__isnull=False, is_reminder=False)
    rows = news.select_related("message").order_by("pk")
    return {(row.visit_id, row.volunteer_id, row.school_id): _became(row.message) for row in rows if row.message}


def _became(message: OutboxMessage) -> str:
    if message.sent_at:
        return f"Mailed to {message.to} on {moment(timezone.localtime(message.sent_at))}."
    if message.stopped_at:
        return f"The mail to {message.to} came back or got no answer, so phone them: {message.last_error}"
    return f"A mail to {message.to} is on its way."


def _sessions_of(visit_id: int, sessions: Iterable[Session], known: dict[int, Visit]) -> tuple[Session, ...]:
    theirs = tuple(session for session in sessions if session.visit_id == visit_id)
    for session in theirs:
        session.visit = known[visit_id]
    return theirs


def _covers_of(visit_id: int, covers: Iterable[Cover], known: dict[int, Visit]) -> list[Cover]:
    theirs = [cover for cover in covers if cover.session.visit_id == visit_id]
    for cover in theirs:
        cover.session.visit = known[visit_id]
    return theirs


def _by_volunteer(
    covers: Sequence[Cover], mailed: Mapping[tuple[int, int | None, int | None], str]
) -> tuple[VolunteerNotification, ...]:
    ordered = sorted(covers, key=lambda cover: (cover.volunteer.name, cover.volunteer_id))
    return tuple(
        VolunteerNotification(
            theirs[0].volunteer,
            tuple(sorted(theirs, key=lambda cover: (cover.session.day, cover.session.starts))),
            mailed.get((theirs[0].session.visit_id, theirs[0].volunteer_id, None), ""),
        )
        for _, rows in groupby(ordered, key=lambda cover: cover.volunteer_id)
        for theirs in [list(rows)]
    )


def _first_day(row: VisitNotifications) -> date:
    of_school = [session.day for session in row.school.sessions] if row.school else []
    of_volunteers = [cover.session.day for notification in row.volunteers for cover in notification.covers]
    return min([*of_school, *of_volunteers, *(guest.first_day for guest in row.guests)])


def _name(session: Session) -> str:
    return session.name


def _was(session: Session) -> str:
    if session.was_day is None or session.was_starts is None:
        return ""
    return f" (it was {long_day(session.was_day)}, {short_time(session.was_starts)})"


def _line_for_school(session: Session) -> str:
    match session.school_news:
        case SchoolNews.MOVED:
            return f"- {_name(session)} is now on {session.when}{_was(session)}."
        case SchoolNews.CANCELLED:
            return f"- {_name(session)} on {session.when} will not take place: {_because(session)}."
        case _:
            return f"- {_name(session)} on {session.when} takes place after all."


def _because(session: Session) -> str:
    return session.get_cancelled_code_display().lower()


def _lines_at_one_place(covers: Sequence[Cover]) -> str:
    """Return where these covers of a visit are, with the address for whoever is to come there, and a line for each."""
    at = covers[0].session.where
    known = (at.address, at.postcode) if {cover.news for cover in covers} & COMING else ()
    where = ", ".join(part for part in (at.name, *known) if part)
    return "\n".join([f"{where}:", *map(_line_for_volunteer, covers)])


def _line_for_volunteer(cover: Cover) -> str:
    session = cover.session
    when = f"{_name(session)}, {session.when}"
    return {
        CoverNews.ASSIGNED: f"- {when}: you’re down for it.",
        CoverNews.OFFERED: f"- {when}: could you take it?",
        CoverNews.MOVED: f"- {when}{_was(session)}: the time has changed a little; you’re still down for it.",
        CoverNews.ASK_AGAIN: f"- {when}{_was(session)}: it was moved; can you come then?",
        CoverNews.DROPPED: f"- {when}{_was(session)}: you’re no longer down for it.",
        CoverNews.TAKEN_OFF: f"- {when}: you’re no longer down for it.",
        CoverNews.CANCELLED: f"- {when}: it will not take place.",
        CoverNews.BACK: f"- {when}: it takes place after all.",
    }.get(CoverNews(cover.news), f"- {when}")
