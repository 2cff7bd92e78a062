"""What comes seldom, in the histories of bookings: each kind that goes on a day of its own, or that somebody asks for.

A school asks for a visit and is offered dates on the phone, agrees to the year, wants to be asked again or no more, names
somebody else, or hears that its day stands; a clearance ends, the office asks how it went, a term is over. Each mail is held
against the rows as a person would read them, and none comes twice about the same.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.core.periods import AcademicYear
from schools.core.words import long_day
from schools.messages.hours import is_quiet
from schools.messages.opting_out import read_token, token_of
from schools.models import (
    Clearance,
    Contact,
    ContactLog,
    Cover,
    Headcount,
    OutboxMessage,
    School,
    SchoolAgreement,
    SchoolAnswer,
    SchoolChange,
    Session,
    Visit,
)
from schools.visits.actions.bulk import chase_outcomes
from schools.visits.actions.conversations import Conversation, log_conversation, record_agreement, request_visit
from schools.visits.actions.new_contacts import name_contact
from schools.visits.actions.school_changes import answer_that_day_stands
from schools.visits.new_contacts import NewContact
from tests.factories import SchoolFactory
from tests.school_portal.changing import as_read
from tests.visits.afterwards_in_histories import FIRST, AfterwardsInHistories
from tests.visits.bookings_in_histories import people, to_go_to
from tests.visits.contacts_in_histories import PARTY_OF
from tests.visits.mail_in_histories import LAST, WOKEN, faults
from tests.visits.reading import DOWN, Reader, key_of

REQUEST, DATES, DUE, AGREEMENT = "school-request", "school-dates", "school-due", "school-agreement"
STANDS, NAMED, CLEARANCE, CHASE, TERM = "day-stands", "school-contact-before", "clearance-ends", "chase", "term-thanks"
OF_THE_SCHOOL = (REQUEST, DATES, DUE)
"""What the school without a visit reads."""
SELDOM = (*OF_THE_SCHOOL, AGREEMENT, STANDS, NAMED, CLEARANCE, CHASE, TERM)
ASKED_FOR = (*WOKEN, REQUEST, DATES, STANDS, NAMED)
"""The kinds that a verb wakes, with those of this module."""
DONE_SELDOM = ("asks for a visit", "rung about dates", "wants no question", "wants the question", "agrees to the year",
               "named", "told that it stands", "clearance is set", "asked by the office", "term is over")  # fmt: skip
"""What histories do of this."""
NOT_PLAYED = {
    "date-chosen": "what a school chooses books by itself, which tests/planning and the races of dates play",
    "dates-to-choose": "the mail stands and falls with the held dates: one row, told once, which tests/planning plays",
}
"""The kinds that no history brings up, each with the reason."""
LATEST = timedelta(days=3)
YEAR = AcademicYear.of(FIRST)
AFTER_TERM = datetime(2027, 1, 5, 10, tzinfo=UTC)
"""When thanks for the term go, which ends with the year."""
NEAREST = (7, 30, 90)


class ReadSeldomInHistories(AfterwardsInHistories):
    """What comes seldom, as it is read."""

    elm: ClassVar[School]
    """A school that has no visit, and wants to be asked."""
    ela: ClassVar[Contact]

    @classmethod
    def make_seldom(cls) -> None:
        """Make the school, another one that has agreed to the year, and with it the charity’s custom to ask for that."""
        cls.elm = SchoolFactory(name="Elm Primary", authority=cls.parties[0].authority)
        cls.ela = Contact.objects.create(school=cls.elm, name="Ela", email="ela@example.org", wants_invitations=True)
        SchoolAgreement.objects.create(school=cls.elm, academic_year=YEAR.start, accepted_on=FIRST, by_role="head")

    def begin_seldom(self) -> None:
        """Begin with nothing said."""
        self.said: dict[tuple[object, ...], str] = {}
        """By which mail each of these things was said."""

    def reads_seldom(self, message: OutboxMessage) -> None:
        """Somebody reads one of these: it is so, theirs to read, and comes once."""
        reads: dict[str, Callable[[OutboxMessage], Collection[tuple[object, ...]]]] = {
            **dict.fromkeys(OF_THE_SCHOOL, self.ela_reads),
            **dict.fromkeys((STANDS, NAMED, AGREEMENT), self.host_reads),
            **dict.fromkeys((CLEARANCE, CHASE, TERM), self.volunteer_reads_seldom),
        }
        assert not is_quiet(self.now, weekends=message.kind.startswith(("school", "day")))
        if message.kind not in {DUE, CLEARANCE, TERM}:
            self.comes_from_whoever_is_there(message)
        for about in reads[message.kind](message):
            first = self.said.setdefault((message.kind, *about), message.message_id)
            assert first == message.message_id, (message.subject, message.to, about)

    def ela_reads(self, message: OutboxMessage) -> list[tuple[object, ...]]:
        """The school that has no visit reads what it asked for, what was said on the phone, or whether it would like a visit."""
        assert message.to == Contact.objects.get(pk=self.ela.pk).email
        on = timezone.localdate(self.now)
        logs = list(ContactLog.objects.filter(school=self.elm).order_by("day", "pk"))
        visit = Visit.objects.filter(school=self.elm, stage="requested").first()
        if message.kind == DUE:
            assert visit is None, "it has asked by itself"
            assert Contact.objects.get(pk=self.ela.pk).wants_invitations
            assert not any(log.day >= on - LATEST for log in logs), "somebody spoke with them"
            return [(AcademicYear.of(on).start,)]
        assert visit is not None
        assert visit.requested_on is not None
        if message.kind == REQUEST:
            assert on - visit.requested_on <= LATEST
            assert not any(log.how == "email" and log.day >= visit.requested_on for log in logs), "somebody has answered"
            return [(visit.pk,)]
        assert logs[-1].how == "phone"
        assert on - logs[-1].day <= LATEST
        assert logs[-1].dates_offered in message.body
        return [(logs[-1].pk,)]

    def host_reads(self, message: OutboxMessage) -> list[tuple[object, ...]]:
        """Whoever reads for a school about the visit reads that its day stands, who was named there, or of the agreement."""
        number = self.reader_at(message.to)
        assert number is not None
        [(visit_id, school)] = message.about.values_list("visit", "school")
        visit, party = Visit.objects.select_related("school").get(pk=visit_id), PARTY_OF[number]
        assert school == self.parties[party].pk
        assert self.reader_of(visit, party) == number, "somebody else is named"
        if message.kind == AGREEMENT:
            return self.reads_of_agreement(number, message)
        sessions = Session.objects.filter(visit=visit, stage="scheduled", recorded_at=None)
        assert any((each.until_day or each.day) >= timezone.localdate(self.now) for each in sessions)
        if message.kind == NAMED:
            answers = SchoolAnswer.objects.filter(visit=visit, item="contact", state="open", at__gt=self.now - timedelta(days=7))
            [answer] = [each for each in answers if f" {NewContact.of(each.words).name} looks after our visit" in message.body]
            return [(answer.pk, answer.words)]
        wish = SchoolChange.objects.standing().get(pk=message.key.split(":")[1], visit=visit, what="move", is_mailed=True)
        assert wish.seen_at is not None
        days = [each.day for each in sessions]
        # Where that day is off by now, the first that is left stands.
        day = wish.day if wish.day in days else min(days)
        assert message.subject == f"The day stands: {visit.school}, {long_day(day)}"
        return [(wish.pk, wish.seen_at)]

    def reads_of_agreement(self, number: int, message: OutboxMessage) -> list[tuple[object, ...]]:
        """They are asked to agree to what is agreed with them, and believe it; nobody is asked who has agreed to the year."""
        school, mail = self.parties[PARTY_OF[number]], Reader(sentences={"": DOWN})
        assert mail.read(message.body), message.body
        true = self.truth_of_school(PARTY_OF[number])
        assert mail.believes.items() <= true.items(), (message.body, true)
        assert not SchoolAgreement.objects.filter(school=school, academic_year=YEAR.start).exists()
        for key, belief in mail.believes.items():
            self.school_readers[number].believe(key, belief)
            self.said_at[message.to].add(key)
        return [(school.pk, YEAR.start)]

    def volunteer_reads_seldom(self, message: OutboxMessage) -> list[tuple[object, ...]]:
        """A volunteer reads when their clearance ends, is asked how something went, or reads what they gave in a term."""
        person = next(place for place, user in enumerate(self.users()) if user.email == message.to)
        assert not self.has_left(person)
        if message.kind == CHASE:
            return self.reads_of_office(person, message)
        if message.kind == TERM:
            self.reads_of_term(person, message)
            return [(person,)]
        ends = Clearance.objects.get(volunteer=self.volunteers[person]).recheck_on
        assert ends is not None
        left = (ends - timezone.localdate(self.now)).days
        assert 0 < left <= max(NEAREST)
        assert f" {left} days: " in message.subject or left == 1
        assert f" until {long_day(ends)}. " in message.body
        return [(person, ends, min(days for days in NEAREST if left <= days))]

    def reads_of_office(self, person: int, message: OutboxMessage) -> list[tuple[object, ...]]:
        """They are asked about mornings that are over, theirs, and not reported; about each once a day."""
        mail = Reader(sentences={"": DOWN})
        assert mail.read(message.body), message.body
        down = {key_of(cover.session): cover.session for cover in self.covers(person) if cover.state == "accepted"}
        for key, (_, day) in mail.believes.items():
            session = down[key]
            assert (session.stage, session.recorded_at, long_day(session.day)) == ("scheduled", None, day), message.body
            assert session.day < timezone.localdate(self.now)
        return [(person, key, message.key.split(":")[2]) for key in mail.believes]

    def reads_of_term(self, person: int, message: OutboxMessage) -> None:
        """They read of how many sessions, schools and seats they were part in the term: as many as there are."""
        covers = Cover.objects.filter(volunteer=self.volunteers[person], state="attended", session__stage="delivered")
        theirs = [cover.session for cover in covers.select_related("session__visit") if cover.session.day.year == FIRST.year]
        schools = {session.visit.school_id for session in theirs}
        seats = sum(row.pupils or 0 for row in Headcount.objects.filter(session__in=theirs))
        sessions, places = (f"{number} {word}{'s' if number > 1 else ''}" for number, word in
                            ((len(theirs), "session"), (len(schools), "school")))  # fmt: skip
        assert f"This term you were at {sessions} in {places}." in message.body, (message.body, theirs)
        assert not seats or f" {seats} seats were filled" in message.body, message.body


class SeldomInHistories(ReadSeldomInHistories):
    """What is done so that it comes, and who has it in the end."""

    @rule(how=st.sampled_from(["asks", "phone", "phone", "email", "no more", "again"]), fault=faults)
    def school_is_spoken_with(self, how: str, fault: str | None) -> None:
        """The school asks for a visit, is rung or written to, wants to be asked no more whether it would like one, or again."""
        if how in {"no more", "again"}:
            self.wants_to_be_asked(is_wanted=how == "again")
            self.wake(fault, kinds=self.kinds)
            return
        self.does("asks for a visit", lambda: request_visit(self.elm, preferred_month=None, by=self.by, now=self.now))
        if how != "asks":
            self.numbers += 1
            visit = Visit.objects.filter(school=self.elm).first()
            dates = f"the {self.numbers}th of May" if how == "phone" else ""
            said = Conversation(day=timezone.localdate(self.now), how=how, who="Ela", note=f"{self.numbers}", dates_offered=dates)
            name = "rung about dates" if dates else "written to by hand"
            self.does(name, lambda: log_conversation(self.elm, said, by=self.by, now=self.now, visit=visit))
        self.wake(fault, kinds=ASKED_FOR)

    def wants_to_be_asked(self, *, is_wanted: bool) -> None:
        if is_wanted:
            Contact.objects.filter(pk=self.ela.pk).update(wants_invitations=True)
        else:
            read = read_token(token_of(DUE, self.ela.pk))
            assert read is not None
            read[0].end(read[1])
        self.seen["wants the question" if is_wanted else "wants no question"] += 1

    @rule(party=st.integers(0, 2), fault=faults)
    def school_agrees_to_the_year(self, party: int, fault: str | None) -> None:
        """The office writes down that a school agrees to the programme of the year."""
        on = timezone.localdate(self.now)
        given: dict[str, Any] = {"year": YEAR, "accepted_on": on, "by_role": "head", "now": self.now}
        self.does("agrees to the year", lambda: record_agreement(self.parties[party], **given))
        self.wake(fault, kinds=self.kinds)

    @rule(visit=to_go_to, fault=faults)
    def host_names_somebody(self, visit: int, fault: str | None) -> None:
        """The host names who is written to from now on, by its page; they never confirm it."""
        visit = self.alive(visit)
        self.numbers += 1
        person = NewContact(f"Zoe{self.numbers}", "head", f"zoe{self.numbers}@example.org")
        giver = self.giver_of(visit)
        self.does("named", lambda: name_contact(self.booked[visit].pk, person, giver, now=self.now))
        self.wake(fault, kinds=ASKED_FOR)

    @rule(visit=to_go_to, minutes=st.sampled_from([0, 5]), asked=faults, fault=faults)
    def office_says_that_it_stands(self, visit: int, minutes: int, asked: str | None, fault: str | None) -> None:
        """The host asks for another day, and the office answers that the day stands, perhaps before it was mailed of the wish."""
        visit = self.in_time(visit, "school asks for another day", self.ask_by_page)
        if minutes:
            self.wake(asked)
            self.passes(60 * minutes)
        booked = Visit.objects.select_related("school").get(pk=self.booked[visit].pk)
        wishes = as_read(*SchoolChange.objects.standing().filter(visit=booked, what="move"))
        self.does("told that it stands", lambda: answer_that_day_stands(booked, wishes, by=self.by, now=self.now))
        self.wake(fault, kinds=ASKED_FOR)
        self.passes(15 * 60)
        self.wake("", kinds=ASKED_FOR)

    @rule(person=people, days=st.sampled_from([25, 85, 400]), fault=faults)
    def clearance_is_set(self, person: int, days: int, fault: str | None) -> None:
        """A coordinator corrects until when somebody’s clearance holds."""
        ends = timezone.localdate(self.now) + timedelta(days=days)
        Clearance.objects.filter(volunteer=self.volunteers[person]).update(recheck_on=ends)
        self.seen["clearance is set"] += 1
        self.wake(fault, kinds=self.kinds)

    @precondition(lambda self: self.goes_on)
    @rule(is_twice=st.booleans(), fault=faults)
    def office_asks_how_it_went(self, is_twice: bool, fault: str | None) -> None:
        """On the day after the first visits, or later, the office asks for each outcome that is missing."""
        self.now = max(self.now, timezone.make_aware(datetime.combine(FIRST + timedelta(days=1), LAST.time())))
        for _ in range(2 if is_twice else 1):
            if self.does("asked by the office", self.asks_for_outcomes):
                self.passes(66)
                self.wake(fault)

    def asks_for_outcomes(self) -> None:
        on = timezone.localdate(self.now)
        missing = list(Session.objects.filter(stage="scheduled", recorded_at=None, day__lt=on).values_list("pk", flat=True))
        self.is_done(lambda: chase_outcomes(missing, by=self.by, now=self.now))

    @precondition(lambda self: self.goes_on and self.now < AFTER_TERM)
    @rule(fault=faults)
    def term_is_over(self, fault: str | None) -> None:
        """The first visits go by, the office asks how they went, all of them are reported, and the term ends."""
        self.office_asks_how_it_went(is_twice=False, fault="")
        for visit in range(len(self.booked)):
            self.reports_visit(visit, "yes")
        self.now = max(self.now, AFTER_TERM)
        self.seen["term is over"] += 1
        self.wake(fault, kinds=self.kinds)

    # In the end

    def ela_is_mended(self, refused: set[str]) -> None:
        if Contact.objects.filter(pk=self.ela.pk, email__in=refused).exists():
            self.numbers += 1
            Contact.objects.filter(pk=self.ela.pk).update(email=f"ela{self.numbers}@example.org")

    def seldom_is_known(self) -> None:
        """See that nobody was forgotten: who asked for a visit, whose day stands, whose clearance ends."""
        on = timezone.localdate(self.now)
        for visit in Visit.objects.filter(school=self.elm, stage="requested", requested_on__gte=on - LATEST):
            logs = ContactLog.objects.filter(school=self.elm, how="email", day__gte=visit.requested_on)
            assert logs.exists() or (REQUEST, visit.pk) in self.said, visit
        for wish in SchoolChange.objects.standing().filter(what="move", is_mailed=True, seen_at__gt=self.now - timedelta(days=6)):
            assert (STANDS, wish.pk, wish.seen_at) in self.said, wish
        for person, volunteer in enumerate(self.volunteers):
            ends = Clearance.objects.get(volunteer=volunteer).recheck_on
            left = (ends - on).days if ends else 0
            if 0 < left <= max(NEAREST) and not self.has_left(person):
                assert (CLEARANCE, person, ends, min(days for days in NEAREST if left <= days)) in self.said, (person, ends)
