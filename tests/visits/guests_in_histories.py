"""Guest schools in the histories of bookings, one of them without an e-mail address: somebody has to tell it, and forgets nobody.

The guest believes what it is read out on the phone, and nothing else. The page that names whom to phone is held against that.
"""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.models import Headcount, Session, Visit
from schools.visits.actions.guest_schools import coming_of, mark_of, set_guest
from schools.visits.actions.notifications import mark_told
from schools.visits.guests_to_tell import everybody_to_tell
from schools.visits.queries import outstanding
from schools.visits.queries.notifications import GuestNotification
from schools.visits.queries.standings import Pair
from tests.visits.mail_in_histories import faults
from tests.visits.reading import key_of
from tests.visits.schools_in_histories import SchoolsInHistories

MAILED, PHONED = 2, 3
"""The guest that has an address, and the one that has none."""
GUESTS = ("guest added", "guest taken off", "phone guest added", "phone guest taken off", "page names a guest", "phone guest",
          "phone guest lost it")  # fmt: skip
"""What histories count of this."""


class GuestsInHistories(SchoolsInHistories):
    """What becomes of guests, on the page of a visit and on the phone."""

    @rule(guest=st.sampled_from([MAILED, PHONED]), places=st.sets(st.integers(0, 2), min_size=1), fault=faults)
    def guest_comes_or_not(self, guest: int, places: Collection[int], fault: str | None) -> None:
        """Pupils of a guest come; where they did before, they come to other sessions, or it is taken off."""
        is_there = Headcount.objects.filter(school=self.parties[guest], session__visit=self.booked[0]).exists()
        self.guest_is_set(guest, () if is_there and 1 in places else places, fault)

    def guest_is_set(self, guest: int, places: Collection[int], fault: str | None) -> None:
        """Pupils of a guest come to these sessions of the first visit, and to no others; none: it is taken off."""
        school, visit = self.parties[guest], self.booked[0]
        sessions = list(visit.sessions.scheduled().order_by("pk").prefetch_related("headcounts"))
        stored = coming_of(school, sessions)
        coming: dict[int, dict[int, int | None]] = {each.pk: {4: 20} for place, each in enumerate(sessions) if place in places}
        if coming != stored:
            name = f"{'phone ' if guest == PHONED else ''}guest {'added' if coming else 'taken off'}"
            self.does(name, lambda: set_guest(visit, school, coming, seen=mark_of(stored), by=self.by, now=self.now))
        self.wake(fault)

    @rule(is_ticked=st.booleans())
    def coordinator_looks_whom_to_phone(self, is_ticked: bool) -> None:
        """A coordinator looks who has to be phoned, and perhaps phones the guest and ticks that it knows."""
        boxes = self.forgets_no_guest()
        if boxes and is_ticked:
            self.rings(boxes)

    @rule(how=st.sampled_from(["taken off", "visit", "session"]), fault=faults)
    def guest_loses_what_it_was_told(self, how: str, fault: str | None) -> None:
        """A guest without an address is told of what it comes to; then it is taken off, or that is called off."""
        self.guest_is_set(PHONED, (0, 1, 2), fault)
        self.coordinator_looks_whom_to_phone(is_ticked=True)
        if how == "taken off":
            self.guest_is_set(PHONED, (), fault)
        else:
            self.cancels(how, visit=0, woken=True, fault=fault)
        self.forgets_no_guest()

    @rule(fault=faults)
    def guest_comes_and_goes(self, fault: str | None) -> None:
        """Pupils of a guest that has an address come, and then none do."""
        self.guest_is_set(MAILED, (0, 1, 2), fault)
        self.guest_is_set(MAILED, (), fault)

    def forgets_no_guest(self) -> dict[Pair, GuestNotification]:
        """See that the guest which no mail reaches is named for as long as it does not know; return its boxes by visit."""
        guest, reader, true = self.parties[PHONED], self.school_readers[PHONED], self.truth_of_school(PHONED)
        rows = everybody_to_tell(self.by, on=timezone.localdate(self.now))
        named = {row.visit.pk: each for row in rows for each in row.guests if each.school == guest}
        for each in named.values():
            self.seen["page names a guest"] += 1
            assert [contact.name for contact in each.contacts] == ["Gus"], "it says with whom to speak"
            assert not each.mailed, "no mail has gone to it, so nothing says that it knows"
        expects = self.expects(reader, true)
        unknown = {key for key in expects.keys() | true.keys() if expects.get(key) != true.get(key)}
        unknown &= self.still_to_come()
        sessions = [each for each in Session.objects.select_related("type", "visit") if key_of(each) in unknown]
        for session in sessions:
            assert session.visit_id in named, (session, reader.believes, true)
            assert named[session.visit_id].box, (session, reader.believes, true)
        lost = {each.visit_id for each in sessions if key_of(each) not in true and self.is_lost(each)}
        on_home = outstanding.with_people_to_tell(Visit.objects.all(), on=timezone.localdate(self.now))
        assert lost <= set(on_home.values_list("pk", flat=True)), "home counts what a guest has lost"
        self.seen["phone guest lost it"] += bool(lost)
        return {(visit, guest.pk): each for visit, each in named.items() if each.box}

    def is_lost(self, session: Session) -> bool:
        """Return whether the session was called off, or the guest comes to nothing of its visit any more."""
        there = Headcount.objects.filter(school=self.parties[PHONED], session__visit=session.visit_id)
        return not there.exists() or (session.stage == "cancelled" and there.filter(session=session).exists())

    def rings(self, boxes: dict[Pair, GuestNotification]) -> None:
        """Phone the guest, read out what the page says, and tick; no two ticks are at the same moment."""
        self.now += timedelta(seconds=1)
        reader = self.school_readers[PHONED]
        for (visit, _), each in boxes.items():
            reader.read(each.text)
            self.notes_call(visit)
        assert not reader.announced, [each.text for each in boxes.values()]
        read = {pair: each.box.partition(":")[2] for pair, each in boxes.items()}
        assert mark_told(guests=read, by=self.by, now=self.now) == len(boxes)
        self.seen["phone guest"] += 1
        true, coming = self.truth_of_school(PHONED), self.still_to_come()
        expects = self.expects(reader, true)
        wrong = {key for key in expects.keys() | true.keys() if expects.get(key) != true.get(key)}
        assert not wrong & coming, (reader.believes, true)

    def guests_know(self) -> None:
        """See that whoever works through the page has told the guest everything, and that then nobody stands there."""
        if boxes := self.forgets_no_guest():
            self.rings(boxes)
        assert not self.forgets_no_guest()
