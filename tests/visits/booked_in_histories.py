"""What is booked in the course of a history of bookings: a visit besides the others, a session more, and one that is taken out.

Of what is taken out of a visit, by itself or by an undo, no row is left. Here stands when it was, so that whoever was told of it
has to hear that it is off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.models import Batch, Session, SessionType, Visit
from schools.visits.actions.booked import add_to_undo, book_to_undo
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import remove_session
from schools.visits.models import BatchKind
from schools.visits.rules import NewSession
from tests.visits.afterwards_in_histories import FIRST
from tests.visits.bookings_in_histories import to_go_to
from tests.visits.contacts_in_histories import HOSTS, PARTY_OF
from tests.visits.guests_in_histories import GuestsInHistories
from tests.visits.mail_in_histories import LAST, faults
from tests.visits.reading import Reader, key_of
from tests.visits.seldom_in_histories import SeldomInHistories

BOOKED = ("first booking", "session added", "session taken out")
"""What histories count of this."""
TIMES = (time(7, 35), time(7, 45), time(7, 55), time(8, 15), time(8, 25), time(9, 5))
"""When sessions begin that are booked in its course: each at a time of its own, as mails write it."""


@dataclass(frozen=True)
class Noted:
    """A session as it was last: its row may be gone."""

    key: str
    visit: int
    day: date
    starts: time


class BookedInHistories(SeldomInHistories, GuestsInHistories):
    """What is booked and taken out, and who has heard of it."""

    def begin_booked(self) -> None:
        """Begin with the visits that there are."""
        self.times = list(TIMES)
        self.noted: dict[int, Noted] = {}
        """Each session that could be taken out, by its id, as it was when it was looked at last."""

    @precondition(lambda self: self.times and self.now < LAST)
    @rule(host=st.sampled_from(HOSTS), days=st.integers(0, 3), is_agreed=st.booleans(), fault=faults, later=faults)
    def another_visit_is_booked(self, host: int, days: int, is_agreed: bool, fault: str | None, later: str | None) -> None:
        """A visit is booked at a host, besides the others; a minute later it may be agreed."""
        new, school = self.new_session(FIRST + timedelta(days=days)), self.parties[host]
        if not self.does(BOOKED[0], lambda: self.is_done(lambda: book_to_undo(school, [new], by=self.by, now=self.now))):
            return
        self.times.pop(0)
        made = Visit.objects.select_related("school").latest("pk")
        self.booked.append(made)
        self.wake(fault)
        if is_agreed:
            self.passes(66)
            given: dict[str, Any] = {"agreed_on": self.now.date(), "agreed_with": "", "by": self.by, "now": self.now}
            self.does("agree", lambda: confirm_many([made.pk], **given))
            self.wake(later)

    @precondition(lambda self: self.times)
    @rule(visit=to_go_to, fault=faults)
    def session_is_added(self, visit: int, fault: str | None) -> None:
        """A session more is booked on the day of a visit."""
        self.adds(self.alive(visit))
        self.wake(fault)

    def adds(self, visit: int) -> None:
        if not self.times:
            return
        booked, new = (
            Visit.objects.select_related("school").get(pk=self.booked[visit].pk),
            self.new_session(self.day_of(visit).day),
        )
        if self.does(BOOKED[1], lambda: self.is_done(lambda: add_to_undo(booked, [new], by=self.by, now=self.now))):
            self.times.pop(0)

    @rule(visit=to_go_to, minutes=st.sampled_from([0, 2, 2, 70]), fault=faults, later=faults)
    def session_is_taken_out(self, visit: int, minutes: int, fault: str | None, later: str | None) -> None:
        """A session that was booked by mistake, for which nobody was asked, is taken out; it may have been added before."""
        visit = self.alive(visit)
        if not self.with_nobody(visit):
            self.adds(visit)
            self.wake(fault)
            self.now += timedelta(minutes=minutes)
        self.notes_sessions()
        for session in self.with_nobody(visit)[-1:]:
            gone = session.pk
            if self.does(BOOKED[2], lambda session=session: remove_session(session, by=self.by, now=self.now)):  # type: ignore[misc]  # no type for defaults
                self.nothing_follows(gone)
        self.wake(later)

    def nothing_follows(self, session: int) -> None:
        """Note that no mail follows any more from the adding of a session that is taken out, where nobody has one of it.

        A later one may have the same subject, as it tells of something else besides.
        """
        for batch in Batch.objects.filter(kind=BatchKind.ADD):
            added = {change["pk"] for change in batch.changes if change["table"] == "session"}
            if session in added and not self.heard_of(batch):
                self.plans[batch.pk] = (self.plans[batch.pk][0], set())

    def with_nobody(self, visit: int) -> list[Session]:
        """Return the sessions of the visit to which people are to go, and for which nobody was ever asked."""
        rows = self.booked[visit].sessions.scheduled().filter(type__presenters__gt=0, covers=None)
        return list(rows.order_by("pk"))

    def new_session(self, day: date) -> NewSession:
        return NewSession(SessionType.objects.get(slug="ks2-assembly"), day, self.times[0], expected={3: 20})

    # What is gone

    def notes_sessions(self) -> None:
        """Note how the sessions stand, before anybody takes one out."""
        for session in Session.objects.select_related("type"):
            self.noted[session.pk] = Noted(key_of(session), session.visit_id, session.day, session.starts)

    def gone(self) -> Iterator[Noted]:
        """Yield the sessions that were taken out, of visits that are there."""
        left = self.noted.keys() - {session.pk for session in self.rows.sessions}
        visits = set(Visit.objects.values_list("pk", flat=True)) if left else set[int]()
        return (self.noted[pk] for pk in left if self.noted[pk].visit in visits)

    def read_by(self, reader: int) -> set[str]:
        """Return the same, with what was taken out of the visits about which this person reads."""
        return super().read_by(reader) | {each.key for each in self.gone_as_read_by(reader)}

    def gone_as_read_by(self, reader: int) -> list[Noted]:
        party, gone = PARTY_OF[reader], list(self.gone())
        visits = Visit.objects.in_bulk({each.visit for each in gone})
        return [each for each in gone if self.reader_of(visits[each.visit], party) == reader]

    def beginnings(self, spoken: set[str], reader: Reader) -> list[datetime]:
        """Return the same, with when what was taken out was to begin."""
        gone = [timezone.make_aware(datetime.combine(each.day, each.starts)) for each in self.gone() if each.key in spoken]
        return [*super().beginnings(spoken, reader), *gone]

    def schools_know(self) -> None:
        """Whoever reads for a school knows what was taken out too, as long as the visit has anything else to come."""
        super().schools_know()
        on = timezone.localdate(self.now)
        to_come = set(Session.objects.filter(day__gte=on, recorded_at=None).values_list("visit", flat=True))
        for number, reader in enumerate(self.school_readers):
            for each in self.gone_as_read_by(number):
                assert each.day < on or each.visit not in to_come or each.key not in reader.believes, (number, each)
