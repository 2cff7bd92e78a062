"""What comes once a morning is over, in the histories of bookings: the question how it went, and thanks.

Some histories go on until then and weeks after it. Nobody is asked about what was reported or never was theirs, no school is
thanked for what is still open, and of all that reminds, asks or thanks nothing comes twice about the same.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.core.words import long_day
from schools.delivery.actions import record
from schools.delivery.queries import Outcome
from schools.messages.hours import is_quiet
from schools.models import Headcount, MessageAbout, OutboxMessage, Session
from schools.visits.keeping import PERHAPS, said_by
from tests.visits.bookings_in_histories import visits
from tests.visits.contacts_in_histories import PARTY_OF
from tests.visits.mail_in_histories import LAST, OF_SEVERAL, faults
from tests.visits.phones_in_histories import PhonesInHistories
from tests.visits.reading import DOWN, Reader, key_of

TO_ASK = ("outcome", "outcome-again")
TO_THANK = ("school-thanks", "school-thanks-again")
LATER = ("days go by", "reported", TO_ASK[0], TO_THANK[0])
"""What histories count of this; what comes once more, days after these, is counted and not demanded."""
FIRST = date(2026, 12, 1)
ONCE_A_VISIT = ("school-pack", *TO_THANK)
ONCE_A_DAY_OF_A_VISIT = ("school-week", "school-day-before", "outcome")
ONCE_A_DAY = ("two-days", "evening", "outcome-again")
"""About what each of these comes once to the same person or school."""
ASKED_AFTER = {"outcome": timedelta(hours=1), "outcome-again": timedelta(days=1, hours=12)}
"""The least that a session is over when somebody is asked about it."""
CHASED_AFTER = timedelta(days=10)
COUNTED = 20
"""The pupils of each session that somebody reports."""


class AfterwardsInHistories(PhonesInHistories):
    """What is reported, and what people read afterwards."""

    def begin_afterwards(self, *, goes_on: bool) -> None:
        """Begin with nothing reported; `goes_on`: the history may go on after the first visit."""
        self.goes_on = goes_on
        self.reminded: dict[tuple[object, ...], str] = {}
        """By which mail somebody was reminded, asked or thanked of what."""

    @precondition(lambda self: self.goes_on)
    @rule(days=st.sampled_from([0, 1, 2, 11]), hour=st.sampled_from([10, 13, 18]), fault=faults)
    def days_go_by(self, days: int, hour: int, fault: str | None) -> None:
        """The first visit goes by, or days and weeks after it; what is due on that day is written."""
        day = max(timezone.localdate(self.now), FIRST) + timedelta(days=days)
        self.now = max(self.now, timezone.make_aware(datetime.combine(day, time(hour))))
        self.seen["days go by"] += 1
        self.wake(fault, kinds=self.kinds)

    @precondition(lambda self: self.goes_on and self.now > LAST)
    @rule(visit=visits, goes_ahead=st.sampled_from(["yes", "yes", "no"]), fault=faults)
    def somebody_reports(self, visit: int, goes_ahead: str, fault: str | None) -> None:
        """The coordinator reports how those sessions of a visit went that have begun."""
        self.reports_visit(visit, goes_ahead)
        self.wake(fault)

    @precondition(lambda self: self.goes_on)
    @rule(later=st.sampled_from([2, 11]), fault=faults)
    def everything_is_reported(self, later: int, fault: str | None) -> None:
        """The first visits go by, all of them are reported on the next day, and days go by after that."""
        self.days_go_by(days=1, hour=13, fault="")
        for visit in range(len(self.booked)):
            self.reports_visit(visit, "yes")
        self.days_go_by(days=later, hour=10, fault=fault)
        self.days_go_by(days=11, hour=10, fault="")

    def reports_visit(self, visit: int, goes_ahead: str) -> None:
        open_ones = self.booked[visit].sessions.scheduled().filter(day__lte=timezone.localdate(self.now))
        for session in open_ones.order_by("pk").select_related("visit"):
            self.says_how_it_went(session, goes_ahead)

    def says_how_it_went(self, session: Session, goes_ahead: str) -> None:
        counts = {(session.visit.school_id, 4): COUNTED} if goes_ahead == "yes" else {}
        self.numbers += 1
        key = UUID(int=self.numbers)
        there = frozenset(session.covers.filter(state="accepted").values_list("pk", flat=True)) if counts else frozenset[int]()
        outcome = Outcome(goes_ahead, counts, attended=there)
        self.does("reported", lambda: record(session, outcome, key=key, by=self.by, now=self.now))

    # What people read

    def reads_how_it_went(self, message: OutboxMessage) -> None:
        """A volunteer is asked how it went: what they were down for is over, and nobody has reported it."""
        person = next(place for place, user in enumerate(self.users()) if user.email == message.to)
        assert not self.has_left(person)
        assert not is_quiet(self.now)
        asked = Reader(sentences={"": DOWN})
        assert asked.read(message.body), message.body
        down = {key_of(cover.session): cover.session for cover in self.covers(person) if cover.state == "accepted"}
        for key, (_, day) in asked.believes.items():
            session = down[key]
            assert (session.stage, session.recorded_at, long_day(session.day)) == ("scheduled", None, day), message.body
            ended = timezone.make_aware(datetime.combine(session.day, session.ends))
            assert self.now >= ended + ASKED_AFTER[message.kind], (message.subject, self.now)

    def reads_thanks(self, message: OutboxMessage) -> None:
        """Whom the visit names reads thanks: all of it is reported, something took place, and the numbers are those counted."""
        reader = self.reader_at(message.to)
        assert reader is not None
        assert not is_quiet(self.now, weekends=True)
        party, lines = PARTY_OF[reader], list[str]()
        for visit, school in self.thanked_for(message):
            assert school == self.parties[party].pk
            sessions = list(Session.objects.filter(visit=visit).select_related("type", "visit__school"))
            assert self.reader_of(sessions[0].visit, party) == reader, "somebody else is named"
            delivered = [session for session in sessions if session.stage == "delivered"]
            self.is_over(sessions, delivered)
            lines += self.numbers_of(delivered, school)
            thanks = OutboxMessage.objects.filter(kind="school-thanks", about__visit=visit, about__school=school)
            was_asked = thanks.filter(sent_at__lte=self.now - CHASED_AFTER).exists()
            assert was_asked or message.kind == "school-thanks", "they were asked before, and had the time"
        if message.kind == "school-thanks":
            read = sorted(line for line in message.body.splitlines() if line.startswith("- "))
            assert read == sorted(lines), message.body

    def thanked_for(self, message: OutboxMessage) -> list[tuple[int, int]]:
        """Return the visits and schools of which the mail speaks: what left one that may have arrived before keeps its row."""
        named = [(visit, school) for visit, school in message.about.values_list("visit", "school") if self.names(message, visit)]
        assert named, message.body
        return named

    def names(self, message: OutboxMessage, visit: int) -> bool:
        """Whether the mail names the visit: by its reference, or by when one of its sessions was."""
        sessions = Session.objects.filter(visit=visit).select_related("type", "visit")
        return any(each.visit.reference in message.body or f"- {each.when}: " in message.body for each in sessions)

    def is_over(self, sessions: list[Session], delivered: list[Session]) -> None:
        assert delivered, "nothing took place"
        assert all(session.stage != "scheduled" for session in sessions), "something is still to come, or to be reported"
        assert max(session.until_day or session.day for session in delivered) < timezone.localdate(self.now)

    def numbers_of(self, delivered: list[Session], school: int) -> list[str]:
        """Return the lines of the numbers that were counted, as thanks say them."""
        rows = Headcount.objects.filter(session__in=delivered, school=school)
        counted: defaultdict[Session, list[int | None]] = defaultdict(list)
        for row in rows.select_related("session__type", "session__visit__school"):
            counted[row.session].append(row.pupils)
        is_host = school == delivered[0].visit.school_id
        names = [session.name for session in (delivered if is_host else counted)]
        return [
            f"- {session.name}{f' ({session.when})' if names.count(session.name) > 1 else ''}: "
            f"{'not counted' if None in pupils else sum(filter(None, pupils))}"
            for session, pupils in counted.items()
        ]

    def comes_once(self, message: OutboxMessage) -> None:
        """See that what reminds, asks or thanks comes once about the same; who gets it again has the same Message-ID.

        What a later try left out of a mail to a school that may have arrived goes again in another.
        """
        for about in self.what_it_is_about(message):
            first = self.reminded.setdefault(about, message.message_id)
            if first != message.message_id:
                assert message.kind in OF_SEVERAL, (message.subject, message.to, about)
                _kind, school, visit, *_ = about
                at_once: Any = {"visit": visit, "school": school}
                rows = MessageAbout.objects.filter(message__message_id=first, **at_once)
                assert not rows.exclude(facts__startswith=PERHAPS).exists(), (message.subject, message.to, about)
                self.reminded[about] = message.message_id

    def what_it_is_about(self, message: OutboxMessage) -> set[tuple[object, ...]]:
        """Return the visit, the day or both of each row of the message, with whose it is."""
        about: set[tuple[object, ...]] = set()
        for row in said_by(message):
            party = row.volunteer_id or row.school_id
            days = Session.objects.filter(pk__in=row.speaks_of or ()).order_by("day").values_list("day", flat=True)
            if message.kind in ONCE_A_VISIT:
                # Who begins to read for a school after its pack went gets it as well.
                reader = message.to if message.kind == "school-pack" else ""
                about.add((message.kind, party, row.visit_id, reader))
            if message.kind in ONCE_A_DAY_OF_A_VISIT:
                about.add((message.kind, party, row.visit_id, days[0]))
            if message.kind in ONCE_A_DAY:
                about.add((message.kind, party, days[0]))
        return about
