"""The schools in the histories of bookings: two hosts and a guest, each with somebody who reads mails and believes them."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.core.words import long_day
from schools.messages.hours import AT_ONCE_WITHIN, is_quiet
from schools.models import Batch, Contact, Headcount, OutboxMessage, School, Session, Visit
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.notifications import mark_told
from schools.visits.queries.notifications import as_read
from tests.factories import SchoolFactory
from tests.visits.bookings_in_histories import BookingsInHistories
from tests.visits.calendars_in_histories import CalendarsInHistories
from tests.visits.mail_in_histories import faults
from tests.visits.reading import DAYS, DOWN, SCHOOL_SENTENCES, Belief, Reader, days_of, key_of

TO_SCHOOLS = ("visits", "school-pack", "school-week", "school-day-before")
AT_SCHOOLS = ("agree", "agree many", "guest comes", "guest goes", "phone school", "address of school")
"""What histories count of this."""
OF_DAYS = {long_day(day): day for day in DAYS}
"""Each day by how mails write it."""

THEY_COME = ("is coming", "are coming", "our visit", "Our visit", "checked under", " am:")
"""What stands in no mail that is only about what the school shows by itself."""

schools = st.integers(0, 2)


def with_contact(school: School) -> School:
    """Somebody there who gets mail."""
    Contact.objects.create(school=school, name="Nia", email=f"school{school.pk}@example.org")
    return school


class SchoolsInHistories(BookingsInHistories):
    """What schools do in a history, and what they read."""

    parties: ClassVar[list[School]]
    """The two hosts, a school that may be a guest of the first, and another such one to which no mail goes."""
    calendars: CalendarsInHistories
    school_readers: list[Reader]

    @classmethod
    def make_schools(cls) -> None:
        """Make the guests, and somebody at each school; one of them has a phone alone."""
        guest: School = SchoolFactory(name="Fern Primary")
        cls.parties = [with_contact(school) for school in (*(visit.school for visit in cls.bookings[:2]), guest)]
        cls.parties.append(SchoolFactory(name="Gorse Primary"))
        Contact.objects.create(school=cls.parties[3], name="Gus", phone="+441632960555")

    def begin_schools(self) -> None:
        """Begin with the second visit planned and the others agreed; every school knows it."""
        agreed = [self.bookings[0].pk, self.bookings[2].pk]
        Visit.objects.filter(pk__in=agreed).update(stage="confirmed", agreed_on=date(2026, 11, 2))
        self.school_readers = [Reader(sentences=SCHOOL_SENTENCES) for _ in self.parties]
        for number, reader in enumerate(self.school_readers):
            for key, belief in self.truth_of_school(number).items():
                reader.believe(key, belief)

    def agreed_with(self, number: int) -> list[Session]:
        """Return the sessions that are agreed with the school, as host or guest, from the rows alone."""
        school = self.parties[number].pk
        guests = set(Headcount.objects.filter(school=school).values_list("session", flat=True))
        sessions = Session.objects.select_related("visit", "type").filter(stage="scheduled", visit__stage="confirmed")
        return [session for session in sessions if session.visit.school_id == school or session.pk in guests]

    def truth_of_school(self, number: int) -> dict[str, Belief]:
        """Return what is agreed with the school, from the rows alone."""
        return {key_of(session): (DOWN, days_of(session)) for session in self.agreed_with(number)}

    @rule(visits=st.sets(st.integers(0, 2), min_size=1), fault=faults)
    def is_agreed(self, visits: set[int], fault: str | None) -> None:
        """A coordinator notes that one school, or many, have agreed; this can be undone."""
        planned = (
            Visit.objects.filter(stage="planned", pk__in=[each.pk for each in self.booked])
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        ids = list(planned)[: len(visits)] or [self.booked[visit].pk for visit in sorted(visits)]
        given: dict[str, Any] = {"agreed_on": self.now.date(), "agreed_with": "", "by": self.by, "now": self.now}
        self.does("agree" if len(ids) == 1 else "agree many", lambda: confirm_many(ids, **given))
        self.wake(fault)

    @rule(there=st.booleans(), fault=faults)
    def guests_change(self, there: bool, fault: str | None) -> None:
        """The guest's pupils come into a session of the first visit, or leave it, by the form of the session."""
        session = self.booked[0].sessions.order_by("pk")[0]
        stored: dict[str, Any] = {"room": session.room, "language": session.language, "until_day": session.until_day}
        others = session.headcounts.filter(school=self.parties[3])
        expected: dict[School, dict[int, int | None]] = {self.parties[0]: {3: 20}}
        if others.exists():
            expected[self.parties[3]] = {row.year_group: row.expected for row in others}
        if there:
            expected[self.parties[2]] = {4: 20}

        def verb() -> None:
            change_session(session, **stored, expected=expected, seen=as_stored(session), by=self.by, now=self.now)

        self.does("guest comes" if there else "guest goes", verb)
        self.wake(fault)

    @rule(visit=st.integers(0, 2))
    def host_is_phoned(self, visit: int) -> None:
        """A coordinator phones the host and ticks that it knows."""
        rows = self.booked[visit].sessions.select_related("type")
        news = [each for each in rows if each.school_news and each.school_told_at is None]
        if not news:
            return
        self.does("phone school", lambda: mark_told(sessions={each.pk: as_read(each) for each in news}, by=self.by, now=self.now))
        self.notes_call(self.booked[visit].pk)
        number = self.parties.index(self.booked[visit].school)
        true, reader = self.truth_of_school(number), self.school_readers[number]
        for key in map(key_of, news):
            reader.believes.pop(key, None)
            if key in true:
                reader.believe(key, true[key])

    def notes_call(self, visit: int) -> None:
        """Remember that a school was phoned about the visit, and what had been done by then."""
        newest = Batch.objects.order_by("-pk").values_list("pk", flat=True).first()
        self.rung.append((visit, newest or 0))

    @rule(number=schools)
    def school_has_another_address(self, number: int) -> None:
        """Somebody else reads the school's mails from now on, and knows what the one before knew."""
        self.new_address_of_school(number)
        self.seen["address of school"] += 1

    def new_address_of_school(self, number: int) -> None:
        self.numbers += 1
        self.parties[number].contacts.update(email=f"school{number}-{self.numbers}@example.org")

    def school_of(self, address: str) -> int | None:
        """Return the number of the school with the address."""
        contacts = Contact.objects.filter(email=address, school__in=self.parties)
        return next((self.parties.index(contact.school) for contact in contacts.select_related("school")), None)

    def school_reads(self, message: OutboxMessage) -> set[str]:
        """Somebody at a school reads a mail: all of it is true at this moment, and none comes when nobody writes to schools.

        Return of which sessions it speaks.
        """
        number = self.school_of(message.to)
        assert number is not None
        reader = self.school_readers[number]
        spoken = reader.read(message.body)
        assert spoken or (message.kind == "visits" and message.calendar), message.body
        self.is_true_at_school(number, spoken, message)
        self.announces_only_who_comes(number, spoken, message)
        if message.kind == "visits":
            expected = {key for key in spoken if key in reader.believes}
            self.calendars.arrive(self.parties[number], message.to, message.calendar, expected)
        if is_quiet(self.now, weekends=True):
            assert message.kind == "visits"
            assert self.begins(spoken, reader) <= self.now + AT_ONCE_WITHIN
        return spoken

    def is_true_at_school(self, number: int, spoken: set[str], message: OutboxMessage) -> None:
        """See that what a school has just read is so."""
        true, believes = self.truth_of_school(number), self.school_readers[number].believes
        wrong = {key for key in spoken if believes.get(key) != true.get(key)}
        assert not wrong, (message.subject, message.body, true)

    def announces_only_who_comes(self, number: int, spoken: set[str], message: OutboxMessage) -> None:
        """See that no mail says of what the school shows by itself that somebody comes, nor on the first day of it alone."""
        assert not self.school_readers[number].announced, (message.subject, message.body)
        self.seen["online, in a mail"] += any(key.startswith("Online") for key in spoken)
        if spoken and all(key.startswith("Online") for key in spoken):
            self.seen["online alone, in a mail"] += 1
            assert not any(words in f"{message.subject}\n{message.body}" for words in THEY_COME), (message.subject, message.body)
        if message.kind == "school-day-before":
            coming = {days_of(session) for session in self.agreed_with(number) if session.type.presenters}
            assert any(message.subject.endswith(f", {day}") for day in coming), message.subject
            assert not any(key.startswith("Online") for key in spoken), message.body

    def begins(self, spoken: set[str], reader: Reader) -> datetime:
        """Return when the first of what a mail speaks of begins, as it is or as its reader thought."""
        return min(
            timezone.make_aware(datetime.combine(day, session.starts))
            for session in Session.objects.select_related("type")
            if (key := key_of(session)) in spoken
            for day in (session.day, *(OF_DAYS[days.split(" – ")[0]] for days in reader.ever[key]))
        )

    def schools_know(self) -> None:
        """Every school knows what is agreed with it."""
        for number, reader in enumerate(self.school_readers):
            assert reader.believes == self.truth_of_school(number), self.parties[number]
            school = self.parties[number]
            if address := school.contacts.get().email:
                self.calendars.hold(school, address, self.agreed_with(number))
