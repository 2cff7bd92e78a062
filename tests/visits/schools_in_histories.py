"""The schools in the histories of bookings: two hosts and guests, each with people who read mails and believe them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.messages.hours import AT_ONCE_WITHIN, is_quiet, opening
from schools.models import Batch, Contact, OutboxMessage, School, Session, Visit
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.notifications import mark_told
from tests.visits.contacts_in_histories import CONTACTS, PARTY_OF, ContactsInHistories
from tests.visits.mail_in_histories import faults
from tests.visits.reading import DOWN, OF_DAYS, Reader, days_of, key_of, read

TO_SCHOOLS = ("visits", "school-pack", "school-week", "school-day-before")
NOON = 12
AT_SCHOOLS = ("agree", "agree many", "guest comes", "guest goes", "phone school", "host reads of guests", *CONTACTS)
"""What histories count of this."""

THEY_COME = ("is coming", "are coming", "our visit", "Our visit", "checked under", " am:")
"""What stands in no mail that is only about what the school shows by itself."""


class SchoolsInHistories(ContactsInHistories):
    """What schools do in a history, and what they read."""

    def begin_schools(self) -> None:
        """Begin with the second visit planned, after noon the third as well, and the others agreed; every school knows it."""
        self.planned: defaultdict[str, set[date]] = defaultdict(set)
        """The days for which a session, by `key_of`, was ever planned without being agreed: the office may have named them."""
        agreed = [self.bookings[0].pk, *([] if self.now.hour >= NOON else [self.bookings[2].pk])]
        Visit.objects.filter(pk__in=agreed).update(stage="confirmed", agreed_on=date(2026, 11, 2))
        self.begin_contacts()

    def does(self, name: str, verb: Callable[[], object]) -> bool:
        """Do it, and remember which days were only planned before it."""
        for session in Session.objects.filter(visit__stage="planned").select_related("type"):
            self.planned[key_of(session)].add(session.day)
        return super().does(name, verb)

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
        """A coordinator phones whom the visit names at its host, and ticks that they know."""
        rows = self.booked[visit].sessions.select_related("type")
        news = [each for each in rows if each.school_news and each.school_told_at is None]
        if not news:
            return
        self.does("phone school", lambda: mark_told(sessions=read(news), by=self.by, now=self.now))
        self.notes_call(self.booked[visit].pk)
        party = self.parties.index(self.booked[visit].school)
        booked = Visit.objects.get(pk=self.booked[visit].pk)
        true, reader = self.truth_of_school(party), self.school_readers[self.reader_of(booked, party)]
        for key, session in zip(map(key_of, news), news, strict=True):
            reader.guests[key] = self.guests_at(session)
            reader.is_told(key, true.get(key))
            if key in true:
                self.heard_by_phone[self.reader_of(booked, party)].add(key)

    def notes_call(self, visit: int) -> None:
        """Remember that a school was phoned about the visit, and what had been done by then."""
        newest = Batch.objects.order_by("-pk").values_list("pk", flat=True).first()
        self.rung.append((visit, newest or 0))

    def school_reads(self, message: OutboxMessage) -> set[str]:
        """Whom a visit names reads a mail: all of it is true at this moment, and none comes when nobody writes to schools.

        Return of which sessions it speaks.
        """
        number = self.reader_at(message.to)
        assert number is not None
        reader = self.school_readers[number]
        spoken = reader.read(message.body)
        assert spoken or (message.kind == "visits" and message.calendar), message.body
        assert spoken <= self.read_by(number), (message.subject, "somebody else is named")
        self.said_at[message.to] |= spoken
        self.is_true_at_school(number, spoken, message)
        self.is_told_anew(number, spoken)
        self.announces_only_who_comes(number, spoken, message)
        if message.kind == "visits":
            self.nothing_is_over(spoken, reader.ever)
            expected = {key for key in spoken if key in reader.believes}
            self.calendars.arrive(f"school {number}", message.to, message.calendar, expected)
        if is_quiet(self.now, weekends=True):
            assert message.kind in {"visits", "school-pack"}
            if message.kind == "school-pack":
                assert self.starts(spoken) <= opening(self.now, weekends=True), "it had time until the morning"
            # Whoever has begun to read there hears at once of what colleagues expect soon.
            begins = min(self.begins(spoken, each) for each in self.school_readers)
            assert message.to in self.may_have_read or begins <= self.now + AT_ONCE_WITHIN
        return spoken

    def is_true_at_school(self, number: int, spoken: set[str], message: OutboxMessage) -> None:
        """See that what a school has just read is so."""
        true, believes = self.truth_of_school(PARTY_OF[number]), self.school_readers[number].believes
        wrong = {key for key in spoken if believes.get(key) != true.get(key)}
        assert not wrong, (message.subject, message.body, true)
        if message.kind == "visits":
            self.seen["host reads of guests"] += "The guests at this" in message.body
            assert not spoken & self.wrong_about_guests(number), message.body

    def announces_only_who_comes(self, number: int, spoken: set[str], message: OutboxMessage) -> None:
        """See that no mail says of what the school shows by itself that somebody comes, nor on the first day of it alone."""
        assert not self.school_readers[number].announced, (message.subject, message.body)
        self.seen["online, in a mail"] += any(key.startswith("Online") for key in spoken)
        if spoken and all(key.startswith("Online") for key in spoken):
            self.seen["online alone, in a mail"] += 1
            assert not any(words in f"{message.subject}\n{message.body}" for words in THEY_COME), (message.subject, message.body)
        if message.kind == "school-day-before":
            coming = {days_of(session) for session in self.agreed_as_read_by(number) if session.type.presenters}
            assert any(message.subject.removesuffix(", and more").endswith(f", {day}") for day in coming), message.subject
            assert not any(key.startswith("Online") for key in spoken), message.body

    def begins(self, spoken: set[str], reader: Reader) -> datetime:
        """Return when the first of what a mail speaks of begins, as it is, as its reader thought or as it was planned."""
        return min(self.beginnings(spoken, reader))

    def beginnings(self, spoken: set[str], reader: Reader) -> list[datetime]:
        """Return the same of each of the sessions of which it speaks."""
        return [
            timezone.make_aware(datetime.combine(day, session.starts))
            for session in Session.objects.select_related("type")
            if (key := key_of(session)) in spoken
            for day in (session.day, *self.planned[key], *(OF_DAYS[days.split(" – ")[0]] for days in reader.ever[key]))
        ]

    def starts(self, spoken: set[str]) -> datetime:
        """Return when the first of what a mail speaks of begins as it is planned today."""
        sessions = Session.objects.select_related("type")
        starts = (datetime.combine(session.day, session.starts) for session in sessions if key_of(session) in spoken)
        return timezone.make_aware(min(starts))

    def schools_know(self) -> None:
        """Whoever reads for a school knows what is agreed of what is still to come."""
        coming = self.still_to_come()
        for number, reader in enumerate(self.school_readers):
            theirs = self.read_by(number) & coming
            of_theirs = self.agreed_as_read_by(number)
            agreed = [session for session in of_theirs if key_of(session) in coming]
            true = {key_of(session): (DOWN, days_of(session)) for session in agreed}
            believes = {key: belief for key, belief in self.expects(reader, true).items() if key in theirs}
            assert believes == true, (self.contacts[number], PARTY_OF[number], believes, true)
            assert not self.wrong_about_guests(number) & coming, (self.contacts[number], reader.guests)
            if address := Contact.objects.get(pk=self.contacts[number].pk).email:
                party, told = PARTY_OF[number], self.calendars.told[f"school {number}"]
                unsaid = {key_of(session) for session in agreed} & told - self.said_at[address] - self.heard_by_phone[number]
                assert not unsaid, (address, "stands in a calendar, and nobody who reads there was told", unsaid)
                about = {each.pk for each in Visit.objects.all() if self.reader_of(each, party) == number}
                mornings = self.with_their_mornings(of_theirs)
                self.calendars.hold(f"school {number}", address, mornings, about=about, now=self.now)
