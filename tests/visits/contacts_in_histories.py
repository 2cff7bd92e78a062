"""Who reads for the schools in the histories of bookings: two people at each host, one at each guest.

A visit names one of the two, and from some moment on the other. Each knows what they have read themselves and nothing else, so
whoever begins to read has to be told; what the one before still thinks is nobody's concern.

Where the first has no address any more, the second reads, whom no visit names. What the school thought is what they think then,
as colleagues talk; but only what they have read is said in words.
"""

from collections import defaultdict
from dataclasses import fields, replace
from typing import ClassVar

from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.models import Contact, MessageAbout, School, Session, Visit
from schools.visits.actions.editing import change_visit
from schools.visits.rules import VisitDetails
from tests.factories import SchoolFactory
from tests.visits.bookings_in_histories import BookingsInHistories, visits
from tests.visits.calendars_in_histories import CalendarsInHistories
from tests.visits.mail_in_histories import faults
from tests.visits.reading import DOWN, SCHOOL_SENTENCES, Belief, Reader, days_of, key_of

CONTACTS = ("contact", "contact, told", "address of school", "address of school, emptied")
"""What histories count of this."""
HOSTS = (0, 1)
PARTY_OF = (0, 1, 2, 3, *HOSTS)
"""At which school somebody is, by their own number: the first there, then the second at each host."""
SECOND = 4
"""What is added to the number of a host for the second there."""

who_reads = st.sampled_from([0, 1, 2, 0, 1, 2, 4, 5])
"""Those who read mail, the first of each school more often: the second begins to read only where a visit names them."""


class ContactsInHistories(BookingsInHistories):
    """Who reads at schools, and what they think is agreed."""

    parties: ClassVar[list[School]]
    """The two hosts, a school that may be a guest of the first, and another such one to which no mail goes."""
    contacts: ClassVar[list[Contact]]
    """Who is there, each at their own number."""
    calendars: CalendarsInHistories
    school_readers: list[Reader]
    """The same people as readers; who has no address believes what they hear on the phone."""

    @classmethod
    def make_schools(cls) -> None:
        """Make the guests, and somebody at each school; one of them has a phone alone."""
        hosts = [visit.school for visit in cls.bookings[:2]]
        cls.parties = [*hosts, SchoolFactory(name="Fern Primary"), SchoolFactory(name="Gorse Primary")]
        add = Contact.objects.create
        cls.contacts = [add(school=school, name="Nia", email=f"school{school.pk}@example.org") for school in cls.parties[:3]]
        cls.contacts.append(add(school=cls.parties[3], name="Gus", phone="+441632960555"))
        cls.contacts += [add(school=school, name="Owen", email=f"second{school.pk}@example.org") for school in hosts]

    def begin_contacts(self) -> None:
        """Begin with everybody who knows what is agreed with their school, and visits that name nobody."""
        self.school_readers = [Reader(sentences=SCHOOL_SENTENCES) for _ in PARTY_OF]
        self.new_readers: set[tuple[int, str]] = set()
        """Who has begun to read of which session, and has not been told of it by mail yet."""
        self.without_address: set[int] = set()
        self.said_at: defaultdict[str, set[str]] = defaultdict(set)
        """The sessions, by `key_of`, of which whoever reads at an address was ever told in words there, or as they began."""
        self.heard_by_phone: defaultdict[int, set[str]] = defaultdict(set)
        """By reader those of which they were told on the phone, wherever their mails go afterwards."""
        for number, reader in enumerate(self.school_readers):
            for key, belief in self.truth_of_reader(number).items():
                reader.believe(key, belief)
            self.said_at[self.contacts[number].email] |= reader.believes.keys()

    def reader_of(self, visit: Visit, party: int) -> int:
        """Return who reads for the school about the visit: of its host, whom it names; else the first who has an address."""
        if party not in HOSTS or visit.school_id != self.parties[party].pk:
            return party
        second = party + SECOND
        is_second = visit.contact_id is not None and visit.contact_id == self.contacts[second].pk
        order = (second, party) if is_second else (party, second)
        return next((number for number in order if number not in self.without_address), party)

    def agreed_with(self, number: int) -> list[Session]:
        """Return the sessions that are agreed with the school, as host or guest, from the rows alone."""
        school, rows = self.parties[number].pk, self.rows
        agreed = (each for each in rows.sessions if (each.stage, each.visit.stage) == ("scheduled", "confirmed"))
        return [each for each in agreed if each.visit.school_id == school or (each.pk, school) in rows.coming]

    def agreed_as_read_by(self, reader: int) -> list[Session]:
        """Return those of them about which this person reads for the school."""
        party = PARTY_OF[reader]
        return [session for session in self.agreed_with(party) if self.reader_of(session.visit, party) == reader]

    def truth_of_school(self, number: int) -> dict[str, Belief]:
        """Return what is agreed with the school, from the rows alone."""
        return {key_of(session): (DOWN, days_of(session)) for session in self.agreed_with(number)}

    def truth_of_reader(self, reader: int) -> dict[str, Belief]:
        """Return what is agreed with the school of those visits about which this person reads."""
        return {key_of(session): (DOWN, days_of(session)) for session in self.agreed_as_read_by(reader)}

    def guests_at(self, session: Session) -> str:
        """Return whose pupils come to the host of the session, as mails write it."""
        rows = self.rows
        guests = {school for coming, school in rows.coming if coming == session.pk} - {session.visit.school_id}
        return " and ".join(sorted({rows.schools[guest] for guest in guests}))

    def wrong_about_guests(self, reader: int) -> set[str]:
        """Return the sessions, by `key_of`, of whose guests this person, who reads for the host, thinks what is not so."""
        host, thinks = self.parties[PARTY_OF[reader]], self.school_readers[reader].guests
        agreed = [session for session in self.agreed_as_read_by(reader) if session.visit.school_id == host.pk]
        return {key_of(session) for session in agreed if thinks.get(key_of(session), "") != self.guests_at(session)}

    def read_by(self, reader: int) -> set[str]:
        """Return the sessions, by `key_of`, about which this person reads for their school, whatever has become of them."""
        party = PARTY_OF[reader]
        return {key_of(session) for session in self.rows.sessions if self.reader_of(session.visit, party) == reader}

    @rule(visit=visits, fault=faults)
    def visit_names_another(self, visit: int, fault: str | None) -> None:
        """The visit names the other person of its host from now on; nobody but our mails tells them what is agreed."""
        booked = Visit.objects.select_related("school", "contact", "safeguarding_contact", "coordinator").get(
            pk=self.booked[self.with_news(self.alive(visit))].pk
        )
        party = self.parties.index(booked.school)
        other = party if self.reader_of(booked, party) == party + SECOND else party + SECOND
        stored = VisitDetails(**{field.name: getattr(booked, field.name) for field in fields(VisitDetails)})
        details = replace(stored, contact=Contact.objects.get(pk=self.contacts[other].pk))  # as a form reads them
        before = self.reader_of(booked, party)
        if self.does("contact", lambda: change_visit(booked, details, by=self.by, now=self.now)):
            reader = self.reader_of(Visit.objects.get(pk=booked.pk), party)
            if reader != before:
                self.begins_to_read(booked, reader)
        self.wake(fault)

    def with_news(self, visit: int) -> int:
        """Return the place of the visit, or of another one whose host was told of a change, where this one’s never was."""
        hosts_told = MessageAbout.objects.filter(school=F("visit__school"), is_reminder=False)
        told = set(hosts_told.values_list("visit", flat=True))
        places = sorted(range(len(self.booked)), key=lambda place: place != visit)
        return next((place for place in places if self.booked[place].pk in told), visit)

    def begins_to_read(self, visit: Visit, reader: int) -> None:
        """Remember whom our mails have to tell; where nobody has changed the visit yet, the one before has told them all."""
        theirs = [session for session in self.agreed_as_read_by(reader) if session.visit_id == visit.pk]
        if MessageAbout.objects.filter(visit=visit, school=visit.school_id, is_reminder=False).exists():
            self.new_readers |= {(reader, key_of(session)) for session in theirs}
            return
        for session in theirs:
            self.school_readers[reader].believe(key_of(session), (DOWN, days_of(session)))
            self.school_readers[reader].guests[key_of(session)] = self.guests_at(session)
            self.said_at[self.address_of(reader)].add(key_of(session))

    def is_told_anew(self, reader: int, spoken: set[str]) -> None:
        """Count who was told of what they have begun to read of."""
        told = {(reader, key) for key in spoken} & self.new_readers
        self.seen["contact, told"] += bool(told)
        self.new_readers -= told

    @rule(reader=who_reads)
    def school_has_another_address(self, reader: int) -> None:
        """Their mails go to another address from now on; whoever reads there knows what was known at the one before.

        Of what is not theirs to read they know nothing, and nobody can tell any more what was read at the one before.
        """
        self.new_address_at_school(reader)
        self.seen["address of school"] += 1

    @rule(host=st.sampled_from(HOSTS), fault=faults)
    def first_at_school_is_gone(self, host: int, fault: str | None) -> None:
        """The first person at a host has no address any more; or another one, where they had none."""
        if host in self.without_address:
            self.new_address_at_school(host)
        else:
            self.is_written_to_at(host, "")
            self.seen["address of school, emptied"] += 1
        self.wake(fault)

    def new_address_at_school(self, reader: int) -> None:
        self.numbers += 1
        theirs, reads = self.school_readers[reader], self.read_by(reader)
        theirs.believes = {key: belief for key, belief in theirs.believes.items() if key in reads}
        self.is_written_to_at(reader, f"school{reader}-{self.numbers}@example.org")

    def is_written_to_at(self, reader: int, address: str) -> None:
        """Their mails go there from now on; whoever reads in their place, or again, thinks what the school thought."""
        if address and self.address_of(reader) in self.may_have_read:
            self.may_have_read.add(address)
        before = self.readers_by_visit(PARTY_OF[reader])
        addresses = {old: self.address_of(old) for old in before.values()}
        Contact.objects.filter(pk=self.contacts[reader].pk).update(email=address)
        self.without_address = {*self.without_address, reader} if not address else self.without_address - {reader}
        after = self.readers_by_visit(PARTY_OF[reader])
        for session in Session.objects.select_related("type").filter(visit__in=list(before)):
            old, new, key = before[session.visit_id], after[session.visit_id], key_of(session)
            if old != new:
                self.school_readers[new].takes_over(key, self.school_readers[old])
                self.calendars.told[f"school {new}"] |= self.calendars.told[f"school {old}"] & {key}
            if addresses[old] in self.may_have_read:
                self.may_have_read.add(self.address_of(new))

    def readers_by_visit(self, party: int) -> dict[int, int]:
        return {visit.pk: self.reader_of(visit, party) for visit in Visit.objects.filter(school=self.parties[party])}

    def address_of(self, reader: int) -> str:
        return self.rows.addresses[self.contacts[reader].pk]

    def reader_at(self, address: str) -> int | None:
        """Return the number of whoever at a school has the address."""
        there = Contact.objects.filter(email=address).values_list("pk", flat=True).first()
        return next((number for number, contact in enumerate(self.contacts) if contact.pk == there), None)
