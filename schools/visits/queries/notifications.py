"""Who has to be told what about bookings, with texts to send."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from django.db.models import F

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.directory.queries import contacts_of, still_at, with_contacts
from schools.visits.models import Cover, CoverNews, Headcount, Session, Visit, VisitStage
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.parties_told import NO_MAIL, LastMail, LastMails, last_mails
from schools.visits.queries.phone_lines import ASKED, COMING, line_for_school, line_of_news_for_school, lines_at_one_place
from schools.visits.queries.to_phone import ToPhone, covers_to_phone, not_reported, who_to_phone
from schools.volunteers.models import Volunteer, VolunteerStatus


def as_read(row: Session | Cover, guests: Iterable[int] = ()) -> str:
    """Return what a page shows about a row that can be ticked: its news and the session's time; it changes with either.

    Where there is no news of it, it is how the row stands. `guests` are the schools (ids) whose pupils come to a session's host.
    """
    if isinstance(row, Session):
        news, session = row.school_news or f"{row.visit.stage}-{row.stage}", row
    else:
        news, session = row.news or row.state, row.session
    return "+".join([f"{news}:{session.day.isoformat()}T{session.starts:%H:%M}", *map(str, sorted(guests))])


def guests_by_session(sessions: Iterable[int]) -> defaultdict[int, set[int]]:
    """Return the schools (ids) whose pupils come to the hosts of these sessions, by the session's id; one query."""
    there = Headcount.objects.filter(session__in=list(sessions)).exclude(school=F("session__visit__school")).order_by()
    guests: defaultdict[int, set[int]] = defaultdict(set)
    for session, school in there.values_list("session", "school"):
        guests[session].add(school)
    return guests


type GuestsOfSessions = Mapping[int, Sequence[School]]
"""The guests of some sessions, by the session's id."""


@dataclass(frozen=True)
class SchoolNotification:
    """What the school of a visit has to be told."""

    visit: Visit
    sessions: tuple[Session, ...]
    mailed: str = ""
    """What became of the last mail to the school about the visit; "" where there was none."""
    soon: Mapping[int, str] = field(default_factory=dict)
    """What schools were mailed of what begins soon, or in vain, a line for each, by the session's id: they are phoned as well."""
    came_back: bool = False
    """Whether its last mail came back or got no answer."""
    is_phoned: bool = False
    """Whether somebody has to ring it: no mail reaches it, or that is not enough. Else a tick is asked for and no more."""
    guests: GuestsOfSessions = field(default_factory=dict)
    """Whose pupils come to it besides."""

    @property
    def is_soon(self) -> bool:
        """Whether it was mailed, and is to be phoned because it begins soon or the mail came back."""
        return any(session.pk in self.soon for session in self.sessions)

    @property
    def box(self) -> str:
        """The value of its tick box: each session with what the page shows about it."""
        guests = {session: [school.pk for school in schools] for session, schools in self.guests.items()}
        return " ".join(f"{session.pk}:{as_read(session, guests.get(session.pk, ()))}" for session in self.sessions)

    @property
    def contacts(self) -> list[Contact]:
        """The people to phone: the visit's own contact first, then the school's others."""
        others = sorted(contacts_of(self.visit.school), key=lambda contact: contact.pk != self.visit.contact_id)
        return [contact for contact in others if contact.phone or contact.email]

    @property
    def text(self) -> str:
        """The text of a message, ready to be copied."""
        lines = (self.soon.get(each.pk) or line_of_news_for_school(each, self.guests.get(each.pk, ())) for each in self.sessions)
        text = "\n".join(lines)
        named = still_at(self.visit.contact, self.visit.school)
        hello = f"Hello {named.name if named else 'everybody'},\n\nabout our visit to {self.visit.school}:"
        return f"{hello}\n{text}\n\nPlease tell us if this does not suit you."


@dataclass(frozen=True)
class VolunteerNotification:
    """What one volunteer has to be told about one visit."""

    volunteer: Volunteer
    covers: tuple[Cover, ...]
    mailed: str = ""
    """What became of the last mail to them about the visit; "" where there was none."""
    phoned: Mapping[int, CoverNews] = field(default_factory=dict)
    """What people were mailed of what begins soon, or in vain, by the cover's id: they are to be phoned as well."""
    came_back: bool = False
    """Whether their last mail came back or got no answer."""
    is_phoned: bool = False
    """Whether somebody has to ring them: no mail reaches them, or that is not enough. Else a tick is asked for and no more."""

    @property
    def is_soon(self) -> bool:
        """Whether they were mailed, and are to be phoned because it begins soon or the mail came back."""
        return any(cover.pk in self.phoned for cover in self.covers)

    def _news(self, cover: Cover) -> str:
        return self.phoned.get(cover.pk) or cover.news

    @property
    def box(self) -> str:
        """The value of their tick box: each cover with what the page shows about it."""
        return " ".join(f"{cover.pk}:{as_read(cover)}" for cover in self.covers)

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
        news = {self._news(cover) for cover in self.covers}
        at_places: dict[int | None, list[Cover]] = {}
        for cover in self.covers:
            at_places.setdefault(cover.session.site_id, []).append(cover)
        places = "\n\n".join(lines_at_one_place([(cover, self._news(cover)) for cover in there]) for there in at_places.values())
        if news & COMING and visit.stage == VisitStage.PLANNED:
            places += "\nThe school hasn’t agreed to the day yet."
        closing = "Can you come? A no is fine." if news & ASKED else "Thank you."
        return f"Hello {self.volunteer.first_name},\n\n{places}\n\n{closing}"


@dataclass(frozen=True)
class GuestNotification:
    """A school whose pupils are, or were, guests of the visit: it is mailed what concerns them, and phoned where that fails.

    Or the host, of a session that was taken out of the visit, which has no row any more that could be ticked, and of its guests.
    """

    school: School
    role: str = "a guest"
    """What it is to the visit, as the page calls it."""
    mailed: str = ""
    """What became of the last mail to it about the visit; "" where there was none."""
    text: str = ""
    """What it has to be told on the phone, ready to be copied; "" where mail tells it."""
    box: str = ""
    """The value of its tick box: visit, school, and what the page shows about it; "" where nothing is to be ticked."""
    first_day: date = date.max
    """The first day of which it has to be told."""
    is_soon: bool = False
    """Whether it was mailed, and is to be phoned because it begins soon or the mail came back."""
    came_back: bool = False
    """Whether its last mail came back or got no answer."""

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

    @property
    def is_anybody(self) -> bool:
        """Whether anybody is to be told; False where what was mailed is known or over by now."""
        return bool(self.school or self.volunteers or any(guest.box for guest in self.guests))


def people_to_tell(
    user: User,
    *,
    on: date,
    visit_id: int | None = None,
    guests: Mapping[int, Sequence[GuestNotification]] | None = None,
    phoned: Collection[int] | None = None,
) -> list[VisitNotifications]:
    """Return who has to be told what about visits at the user's schools, the soonest first, in a constant number of queries.

    `guests`: those that have to be phoned, by the id of a visit that the user sees (`guests_to_tell`). `phoned`: the ids of all
    visits of which somebody is to be phoned as well, where the caller has them.
    """
    to_phone = guests or {}
    visits = Visit.objects.at_own_schools(user, on=on).with_people_to_tell(on=on, besides=list(to_phone), phoned=phoned)
    if visit_id is not None:
        visits = visits.filter(pk=visit_id)
    visits = visits.select_related("school", "contact").prefetch_related(*with_contacts("school__"))
    known = {visit.pk: visit for visit in visits}
    sessions, covers = _with_news(list(known), on=on)
    to_ring = who_to_phone(list(known), on=on)
    soon = _Soon.of(to_ring, known, sessions, covers)
    of_schools, people = [*sessions, *soon.sessions], [*covers, *soon.covers]
    by_visit = {pk: (_sessions_of(pk, of_schools, known), _covers_of(pk, people, known)) for pk in known}
    mailed, there = last_mails(list(known), in_vain=to_ring.rows_in_vain), _guests(list(known))
    rows = [
        VisitNotifications(
            visit,
            _of_host(visit, by_visit[pk][0], mailed.get((pk, None, visit.school_id), NO_MAIL), soon, there.get(pk, {}), on=on),
            _by_volunteer(by_visit[pk][1], mailed, soon, on=on),
            tuple(
                replace(guest, mailed=mailed.get((pk, None, guest.school.pk), NO_MAIL).became)
                for guest in _each_once(to_phone.get(pk, ()), there.get(pk, {}))
            ),
        )
        for pk, visit in known.items()
    ]
    return sorted((row for row in rows if row.is_anybody), key=lambda row: (_first_day(row), row.visit.pk))


def _with_news(visits: list[int], *, on: date) -> tuple[Iterable[Session], Sequence[Cover]]:
    """Return the sessions and covers of these visits (by id) of which the office has news to tell."""
    sessions = Session.objects.school_to_tell(on=on).filter(visit__in=visits).select_related("type")
    covers = Cover.objects.to_tell(on=on).filter(session__visit__in=visits)
    covers = covers.select_related("volunteer", "session__type", "session__site")
    return list(sessions), list(covers.order_by("session__day", "session__starts", "pk"))


@dataclass(frozen=True)
class _Soon:
    """What hosts and volunteers were mailed of what begins soon, or in vain, where the office has no news for them anyway."""

    sessions: Sequence[Session]
    lines: Mapping[int, str]
    guests: GuestsOfSessions
    covers: Sequence[Cover]
    news: Mapping[int, CoverNews]
    phoned: ToPhone

    def did_come_back(self, visit: Visit, volunteer: int | None = None) -> bool:
        """Whether the last mail to the volunteer (by id), or to the visit's host, came back or got no answer."""
        of_people, of_schools = self.phoned.volunteers, self.phoned.schools
        soon = of_schools.get((visit.pk, visit.school_id)) if volunteer is None else of_people.get((visit.pk, volunteer))
        return soon is not None and soon.came_back

    def is_enough(self, visit: Visit, volunteer: int | None = None) -> bool:
        """Whether mail is enough for the volunteer (by id), or the visit's host: nothing begins soon, and nothing came back."""
        if volunteer is None:
            return (visit.pk, visit.school_id) not in self.phoned.schools
        soon = self.phoned.volunteers.get((visit.pk, volunteer))
        return soon is None or soon.sessions <= self.phoned.known_anyway((visit.pk, volunteer))

    @classmethod
    def of(cls, phoned: ToPhone, visits: Mapping[int, Visit], sessions: Iterable[Session], covers: Iterable[Cover]) -> "_Soon":
        hosts = {(pk, visit.school_id) for pk, visit in visits.items()}
        on_page = {session.pk for session in sessions}
        wanted = phoned.sessions_of_hosts(hosts) - on_page
        rows = list(not_reported(wanted).select_related("type")) if wanted else []
        standings = {pk: standing for pair in hosts & phoned.schools.keys() for pk, standing in phoned.schools[pair].true.items()}
        ids = {pk: standings[pk].guest_ids for pk in (session.pk for session in rows) if pk in standings}
        schools = School.objects.in_bulk({pk for theirs in ids.values() for pk in theirs}) if any(ids.values()) else {}
        guests = {session: [schools[pk] for pk in theirs] for session, theirs in ids.items()}
        # Where a guest was mailed as well, that none comes any more may be what is new.
        with_guests = {visit for visit, school in phoned.schools if (visit, school) not in hosts}
        lines = {
            session.pk: line_for_school(
                session,
                standings.get(session.pk),
                is_guest=False,
                guests=guests.get(session.pk, ()),
                had_guests=session.visit_id in with_guests,
            )
            for session in rows
        }
        there = {cover.pk for cover in covers}
        news = {pk: news for pk, news in phoned.covers().items() if pk not in there}
        wanted_covers = [cover for cover in covers_to_phone(phoned) if cover.pk in news] if news else []
        return cls(rows, lines, guests, wanted_covers, news, phoned)


def _of_host(
    visit: Visit, sessions: tuple[Session, ...], mailed: LastMail, soon: _Soon, guests: GuestsOfSessions, *, on: date
) -> SchoolNotification | None:
    """Return what the host has to be told of these sessions; None where there are none.

    Of what was only planned no mail tells it, unless it had one that said otherwise (schools.visits.planned_messages).
    """
    if not sessions:
        return None
    is_mailed = contact_to_write_to(visit, visit.school) is not None and bool(visit.agreed_on or mailed.became)
    is_phoned = not (is_mailed and soon.is_enough(visit)) or mailed.may_be_late(sessions, on=on)
    return SchoolNotification(
        visit, sessions, mailed.became, soon.lines, soon.did_come_back(visit), is_phoned, {**soon.guests, **guests}
    )


def _each_once(to_phone: Sequence[GuestNotification], there: GuestsOfSessions) -> list[GuestNotification]:
    """Return the guests that have to be phoned, then those of which mail takes care."""
    phoned = {guest.school.pk for guest in to_phone}
    others = {school.pk: school for guests in there.values() for school in guests if school.pk not in phoned}
    return [*to_phone, *(GuestNotification(school) for _, school in sorted(others.items()))]


def _guests(visits: list[int]) -> dict[int, GuestsOfSessions]:
    """Return the guests of sessions of these visits about which the host has to be told, by the ids of visit and session."""
    there = Headcount.objects.filter(session__visit__in=visits).exclude(session__school_news="")
    there = there.exclude(school=F("session__visit__school"))
    rows = sorted(set(there.values_list("session__visit", "session", "school")))
    schools = School.objects.filter(pk__in={school for *_, school in rows}).prefetch_related(*with_contacts())
    by_pk = {school.pk: school for school in schools}
    guests: defaultdict[int, dict[int, list[School]]] = defaultdict(dict)
    for visit, session, school in rows:
        guests[visit].setdefault(session, []).append(by_pk[school])
    return dict(guests)


def _sessions_of(visit_id: int, sessions: Iterable[Session], known: dict[int, Visit]) -> tuple[Session, ...]:
    theirs = tuple(
        sorted((each for each in sessions if each.visit_id == visit_id), key=lambda each: (each.day, each.starts, each.pk))
    )
    for session in theirs:
        session.visit = known[visit_id]
    return theirs


def _covers_of(visit_id: int, covers: Iterable[Cover], known: dict[int, Visit]) -> list[Cover]:
    theirs = [cover for cover in covers if cover.session.visit_id == visit_id]
    for cover in theirs:
        cover.session.visit = known[visit_id]
    return theirs


def _by_volunteer(covers: Sequence[Cover], mailed: LastMails, soon: _Soon, *, on: date) -> tuple[VolunteerNotification, ...]:
    ordered = sorted(covers, key=lambda cover: (cover.volunteer.name, cover.volunteer_id))
    return tuple(
        _of_volunteer(sorted(rows, key=lambda cover: (cover.session.day, cover.session.starts)), mailed, soon, on=on)
        for _, rows in groupby(ordered, key=lambda cover: cover.volunteer_id)
    )


def _of_volunteer(covers: Sequence[Cover], mailed: LastMails, soon: _Soon, *, on: date) -> VolunteerNotification:
    visit, volunteer = covers[0].session.visit, covers[0].volunteer
    last = mailed.get((visit.pk, volunteer.pk, None), NO_MAIL)
    is_mailed = volunteer.user_id is not None and volunteer.status != VolunteerStatus.LEFT
    is_enough = is_mailed and soon.is_enough(visit, volunteer.pk)
    return VolunteerNotification(
        volunteer,
        tuple(covers),
        last.became,
        soon.news,
        soon.did_come_back(visit, volunteer.pk),
        is_phoned=not is_enough or last.may_be_late([cover.session for cover in covers], on=on),
    )


def _first_day(row: VisitNotifications) -> date:
    of_school = [session.day for session in row.school.sessions] if row.school else []
    of_volunteers = [cover.session.day for notification in row.volunteers for cover in notification.covers]
    return min([*of_school, *of_volunteers, *(guest.first_day for guest in row.guests)])
