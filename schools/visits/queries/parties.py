"""The schools of a visit, hosts and guests, each with whom to write to and the sessions in which its pupils sit."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Self

from django.db.models import F, QuerySet

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.directory.queries import contacts_of, still_at, with_contacts
from schools.messages.hours import at
from schools.visits.models import Headcount, Session, Visit

type Counts = dict[int, int | None]
"""Pupils by the session's id; None: a year group was not counted."""


@dataclass
class Party:
    """One school of a visit, with the sessions that concern it."""

    visit: Visit
    school: School
    contact: Contact
    sessions: list[Session] = field(default_factory=list)
    expected: Counts = field(default_factory=dict)
    counted: Counts = field(default_factory=dict)
    """The school's own pupils, as expected beforehand, and as counted; sessions without any number are left out."""

    @property
    def is_guest(self) -> bool:
        """Whether its pupils go to another school."""
        return self.school.pk != self.visit.school_id

    @property
    def somebody_comes(self) -> bool:
        """Whether anybody goes to one of these sessions; else the school shows all of them by itself."""
        return any(session.type.is_gone_to for session in self.sessions)

    @property
    def pupils_are_there(self) -> bool:
        """Whether any of these sessions is for pupils; else all are for adults, such as a workshop for parents."""
        return any(session.type.is_for_pupils for session in self.sessions)

    @property
    def where(self) -> str:
        """The name of where people go; of the school alone where its sessions are at several of its sites."""
        names = {session.where.name for session in self.sessions if session.type.is_gone_to}
        return names.pop() if len(names) == 1 else self.visit.school.name

    @property
    def where_somebody_comes(self) -> Self | None:
        """The same with those sessions alone to which anybody goes; None: the school shows all of them by itself."""
        there = [session for session in self.sessions if session.type.is_gone_to]
        return replace(self, sessions=there) if there else None

    @property
    def first_day(self) -> date:
        """The day of the first of these sessions."""
        return min(session.day for session in self.sessions)

    @property
    def begins(self) -> datetime:
        """When the first of these sessions begins."""
        return min(at(session.day, session.starts) for session in self.sessions)

    @property
    def last_day(self) -> date:
        """The day, or the end of the window, of the last of these sessions."""
        return max(session.last_day for session in self.sessions)


def schools_of(visit: Visit) -> QuerySet[School]:
    """Return the schools of the visit: its host, and those whose pupils sit in its sessions."""
    host = School.objects.filter(pk=visit.school_id).order_by().values("pk")
    guests = Headcount.objects.filter(session__visit=visit).order_by().values("school")
    # Two short lists, each read from an index: with OR, databases go through every school and its headcounts.
    return School.objects.filter(pk__in=host.union(guests, all=True))


def own_schools_of(visit: Visit, user: User, *, on: date) -> QuerySet[School]:
    """Return those of the schools of the visit that the user may see on the day: a guest may lie in an area of others."""
    return School.objects.for_user(user, on=on).filter(pk__in=schools_of(visit).order_by().values("pk"))


def contact_to_write_to(visit: Visit, school: School) -> Contact | None:
    """Return who gets the mails: of the host, whom the visit names, while they are there; else the first with an address.

    None: nobody has one.
    """
    named = still_at(visit.contact, school) if school.pk == visit.school_id else None
    return next((contact for contact in (named, *contacts_of(school)) if contact and contact.email), None)


def phone_of(contact: Contact | None, school: School) -> str:
    """Return the number at which the contact, while they are there, else anybody at the school, else the school itself is rung.

    "" where none is known. Reads the people at the school.
    """
    people = (still_at(contact, school), *contacts_of(school))
    numbers = (str(person.phone.as_national) for person in people if person and person.phone)
    return next(numbers, school.phone)


def parties_of(sessions: QuerySet[Session]) -> list[Party]:
    """Return the schools of these sessions to which somebody can write, in a constant number of queries.

    One reader may be that of several: each school has its own sessions, pupils and agreement.
    """
    of_visit: defaultdict[int, list[Session]] = defaultdict(list)
    # What many rows share, like types, coordinators and schools, is read once and not with each of them: those rows are wide.
    for session in sessions.select_related("site").prefetch_related("type").order_by("day", "starts", "pk"):
        of_visit[session.visit_id].append(session)
    guests, expected, counted = _headcounts(of_visit)
    with_people = Visit.objects.select_related("contact", "safeguarding_contact").prefetch_related("coordinator")
    visits = with_people.in_bulk(of_visit)
    wanted = {visit.school_id for visit in visits.values()} | {school for schools in guests.values() for school in schools}
    known = School.objects.filter(pk__in=wanted).prefetch_related(*with_contacts()).in_bulk()
    parties = []
    for visit_id, theirs in sorted(of_visit.items()):
        visit = visits[visit_id]
        visit.school = known[visit.school_id]
        for session in theirs:
            session.visit = visit
        for school in (visit.school_id, *sorted(guests.get(visit_id, ()))):
            contact = contact_to_write_to(visit, known[school])
            is_host = school == visit.school_id
            if contact is None:
                continue
            own = theirs if is_host else [session for session in theirs if session.pk in guests[visit_id][school]]
            if not own:  # it comes to other sessions of the visit than these, or its own was cancelled
                continue
            party = Party(visit, known[school], contact, own)
            party.expected = {session.pk: expected[session.pk, school] for session in own if (session.pk, school) in expected}
            party.counted = {session.pk: counted[session.pk, school] for session in own if (session.pk, school) in counted}
            parties.append(party)
    return parties


type _BySchool = dict[tuple[int, int], int | None]


def _headcounts(visits: Iterable[int]) -> tuple[dict[int, dict[int, set[int]]], _BySchool, _BySchool]:
    """Return the guests of each visit with their sessions, and what is expected and was counted, by session and school."""
    guests: defaultdict[int, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    expected: _BySchool = {}
    counted: _BySchool = {}
    rows = Headcount.objects.filter(session__visit__in=list(visits)).annotate(host=F("session__visit__school"))
    columns = ("session__visit", "session", "school", "host", "expected", "pupils")
    for visit, session, school, host, before, after in rows.order_by().values_list(*columns):
        if school != host:
            guests[visit][school].add(session)
        for sums, number in ((expected, before), (counted, after)):
            total = sums.get((session, school), 0)
            sums[session, school] = None if total is None or number is None else total + number
    return {visit: dict(schools) for visit, schools in guests.items()}, expected, counted
