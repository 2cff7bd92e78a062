"""The schools in the histories of bookings: two hosts and a guest, each with somebody who reads mails and believes them."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from schools.core.words import long_day
from schools.messages.hours import AT_ONCE_WITHIN, is_quiet
from schools.models import Contact, Headcount, OutboxMessage, School, Session, User, Visit
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.notifications import mark_told
from schools.visits.queries.notifications import as_read
from tests.factories import SchoolFactory
from tests.visits.calendars_in_histories import CalendarsInHistories
from tests.visits.reading import DOWN, SCHOOL_SENTENCES, Belief, Reader

TO_SCHOOLS = ("visits", "school-pack", "school-week", "school-day-before")
AT_SCHOOLS = ("agree", "agree many", "guest comes", "guest goes", "phone school", "address of school")
"""What histories count of this."""

schools = st.integers(0, 2)
faults = st.sampled_from([None, "refused", "away", "no answer", "killed before", "killed after", "two at once", ""])


def with_contact(school: School) -> School:
    """Somebody there who gets mail."""
    Contact.objects.create(school=school, name="Nia", email=f"school{school.pk}@example.org")
    return school


class SchoolsInHistories(RuleBasedStateMachine):
    """What schools do in a history, and what they read."""

    bookings: ClassVar[list[Visit]]
    booked: list[Visit]
    """The same, or the visits that were booked in their place."""
    parties: ClassVar[list[School]]
    """The two hosts, and a school that may be a guest of the first."""
    by: ClassVar[User]
    seen: ClassVar[Counter[str]]
    now: datetime
    fault: str
    numbers: int
    calendars: CalendarsInHistories
    does: Callable[[str, Callable[[], object]], bool]
    wake: Callable[[str | None], None]

    @classmethod
    def make_schools(cls) -> None:
        """Make the guest, and somebody at each school."""
        guest: School = SchoolFactory(name="Fern Primary")
        cls.parties = [with_contact(school) for school in (*(visit.school for visit in cls.bookings), guest)]

    def begin_schools(self) -> None:
        """Begin with the first visit agreed and the second planned; every school knows it."""
        Visit.objects.filter(pk=self.bookings[0].pk).update(stage="confirmed", agreed_on=date(2026, 11, 2))
        self.school_readers = [Reader(sentences=SCHOOL_SENTENCES) for _ in self.parties]
        for number, reader in enumerate(self.school_readers):
            reader.believes = self.truth_of_school(number)

    def truth_of_school(self, number: int) -> dict[str, Belief]:
        """Return what is agreed with the school, from the rows alone."""
        school = self.parties[number].pk
        guests = set(Headcount.objects.filter(school=school).values_list("session", flat=True))
        sessions = Session.objects.select_related("visit").filter(stage="scheduled", visit__stage="confirmed")
        return {
            f"{session.starts:%-H:%M}": (DOWN, long_day(session.day))
            for session in sessions
            if session.visit.school_id == school or session.pk in guests
        }

    @rule(visits=st.sets(st.integers(0, 1), min_size=1), fault=faults)
    def is_agreed(self, visits: set[int], fault: str | None) -> None:
        """A coordinator notes that one school, or many, have agreed; this can be undone."""
        ids = [self.booked[visit].pk for visit in sorted(visits)]
        given: dict[str, Any] = {"agreed_on": self.now.date(), "agreed_with": "", "by": self.by, "now": self.now}
        self.does("agree" if len(ids) == 1 else "agree many", lambda: confirm_many(ids, **given))
        self.wake(fault)

    @rule(there=st.booleans(), fault=faults)
    def guests_change(self, there: bool, fault: str | None) -> None:
        """The guest's pupils come into a session of the first visit, or leave it."""
        session = self.booked[0].sessions.order_by("pk")[0]
        stored: dict[str, Any] = {"room": session.room, "language": session.language, "until_day": session.until_day}
        expected: dict[School, dict[int, int | None]] = {self.parties[0]: {3: 20}}
        if there:
            expected[self.parties[2]] = {4: 20}

        def verb() -> None:
            change_session(session, **stored, expected=expected, seen=as_stored(session), by=self.by, now=self.now)

        self.does("guest comes" if there else "guest goes", verb)
        self.wake(fault)

    @rule(visit=st.integers(0, 1))
    def host_is_phoned(self, visit: int) -> None:
        """A coordinator phones the host and ticks that it knows."""
        news = [each for each in self.booked[visit].sessions.all() if each.school_news and each.school_told_at is None]
        if not news:
            return
        self.does("phone school", lambda: mark_told(sessions={each.pk: as_read(each) for each in news}, by=self.by, now=self.now))
        true = self.truth_of_school(visit)
        for session in news:
            start = f"{session.starts:%-H:%M}"
            self.school_readers[visit].believes.pop(start, None)
            if start in true:
                self.school_readers[visit].believes[start] = true[start]

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

    def school_reads(self, message: OutboxMessage) -> None:
        """Somebody at a school reads a mail: all of it is true at this moment, and none comes when nobody writes to schools."""
        number = self.school_of(message.to)
        assert number is not None
        reader = self.school_readers[number]
        before = dict(reader.believes)
        spoken = reader.read(message.body)
        assert spoken or (message.kind == "visits" and message.calendar), message.body
        true = self.truth_of_school(number)
        wrong = {start for start in spoken if reader.believes.get(start) != true.get(start)}
        assert not wrong, (message.subject, message.body, true)
        if message.kind == "visits":
            expected = {start for start in spoken if start in reader.believes}
            self.calendars.arrive(self.parties[number], message.to, message.calendar, expected)
        if is_quiet(self.now, weekends=True):
            assert message.kind == "visits"
            assert self.begins(spoken, before) <= self.now + AT_ONCE_WITHIN

    def begins(self, spoken: set[str], before: dict[str, Belief]) -> datetime:
        """Return when the first of what a mail speaks of begins, as it is or as its reader thought."""
        first = date(2026, 12, 1)
        days = {long_day(first + timedelta(days=number)): first + timedelta(days=number) for number in range(200)}
        return min(
            timezone.make_aware(datetime.combine(day, session.starts))
            for session in Session.objects.all()
            if (start := f"{session.starts:%-H:%M}") in spoken
            for day in (session.day, *([days[before[start][1]]] if start in before else []))
        )

    def schools_know(self) -> None:
        """Every school knows what is agreed with it."""
        for number, reader in enumerate(self.school_readers):
            assert reader.believes == self.truth_of_school(number), self.parties[number]
            school = self.parties[number]
            guests = set(Headcount.objects.filter(school=school).values_list("session", flat=True))
            sessions = Session.objects.select_related("visit").filter(stage="scheduled", visit__stage="confirmed")
            there = [session for session in sessions if session.visit.school_id == school.pk or session.pk in guests]
            self.calendars.hold(school, school.contacts.get().email, there)
