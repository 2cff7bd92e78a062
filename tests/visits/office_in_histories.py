"""The office in the histories of bookings: a visit is booked again, a colleague stands in; and who wants no more mails."""

from datetime import date, time, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.core.words import long_day
from schools.directory.actions.stand_ins import add_stand_in, end_stand_in
from schools.messages.opting_out import read_token, token_of
from schools.models import OutboxMessage, SessionType, StandIn, User, Visit, Volunteer
from schools.visits.actions import NewSession, book, drop_out
from tests.visits.bookings_in_histories import BookingsInHistories, people, to_go_to
from tests.visits.mail_in_histories import LAST

NEAR_YOU = "near-you"
FRESH = (time(8, 5), time(8, 55), time(10, 55))
"""When the sessions of visits that are booked again begin: each at a time of its own, as mails write it."""
IN_THE_OFFICE = ("rebook", "stand-in", "coordinator is back", "from the stand-in", "opt-out", "wants mornings again", NEAR_YOU)
"""What histories count of this."""


class OfficeInHistories(BookingsInHistories):
    """What coordinators do besides the bookings themselves, and who wants which mails."""

    colleague: ClassVar[User]
    """A manager, who sees every area."""

    def begin_office(self) -> None:
        """Begin with a coordinator who is there, and volunteers who want to hear of open mornings."""
        self.away: list[tuple[date, date]] = []
        """The days of which the coordinator has told that somebody stands in, the first and the last."""
        self.want_no_mornings: set[int] = set()
        self.fresh = list(FRESH)

    @precondition(lambda self: self.fresh and self.now < LAST)
    @rule(visit=to_go_to, days=st.integers(0, 3), fault=st.sampled_from([None, "refused", "comes back", ""]))
    def rebooks(self, visit: int, days: int, fault: str | None) -> None:
        """A visit is cancelled, if it was not before, and another one is booked in its place."""
        self.does("cancel visit", lambda: self.cancel("visit", visit))
        cancelled = Visit.objects.select_related("school").get(pk=self.booked[visit].pk)
        of_type = SessionType.objects.get(slug="ks2-assembly")
        new = NewSession(of_type, date(2026, 12, 1) + timedelta(days=days), self.fresh[0], expected={3: 20})
        made: list[Visit] = []
        if self.does("rebook", lambda: made.append(book(cancelled.school, [new], by=self.by, now=self.now, replaces=cancelled))):
            self.fresh.pop(0)
            self.booked[visit] = made[0]
            self.office_knows_of(f"{cancelled.school}, {long_day(new.day)}")
            self.wake(fault)

    def office_knows_of(self, where: str) -> None:
        """Let who books something at a school, on a day, know that it takes place; the histories of alarms remember it."""

    @rule(visit=to_go_to, person=people, other=people, agreed=st.booleans())
    def somebody_drops_out(self, visit: int, person: int, other: int, agreed: bool) -> None:
        """Somebody rings that they can't make it; another is put on it instead, or asked."""
        visit = self.alive(visit)
        person, other = self.somebody(visit, person, is_on_it=True), self.somebody(visit, other, is_on_it=False)
        me, to = self.volunteers[person], self.volunteers[other]
        coming: dict[str, Any] = {"instead": to} if agreed else {"ask": [to]}
        if self.does("drop out", lambda: drop_out(self.day_of(visit), me, by=self.by, now=self.now, **coming)) and agreed:
            self.has_heard_of_it(other)
        self.wake(None)

    @rule(first=st.sampled_from([0, 0, 0, 1]), days=st.integers(1, 5))
    def colleague_stands_in(self, first: int, days: int) -> None:
        """A colleague stands in for the coordinator, today or soon."""
        on = timezone.localdate(self.now)
        begins, ends = on + timedelta(days=first), on + timedelta(days=first + days)
        if self.does("stand-in", lambda: add_stand_in(self.by, self.colleague, first=begins, last=ends, on=on)):
            self.away.append((begins, ends))

    @precondition(lambda self: self.is_away(timezone.localdate(self.now)))
    @rule()
    def coordinator_is_back(self) -> None:
        """The coordinator is back earlier."""
        on = timezone.localdate(self.now)
        end_stand_in(StandIn.objects.on(on).get(), on=on)
        self.away = [(first, last) for first, last in self.away if not first <= on <= last]
        self.seen["coordinator is back"] += 1

    @rule(person=st.integers(0, 2), ends=st.booleans())
    def wants_mornings(self, person: int, ends: bool) -> None:
        """Somebody ends the mails of open mornings by the link in one of them, or ticks in the portal that they want them."""
        volunteer = self.volunteers[person]
        if ends:
            read = read_token(token_of(NEAR_YOU, volunteer.pk))
            assert read is not None
            read[0].end(read[1])
            self.want_no_mornings.add(person)
        else:
            Volunteer.objects.filter(pk=volunteer.pk).update(mornings_by_mail=True)
            self.want_no_mornings.discard(person)
        self.seen["opt-out" if ends else "wants mornings again"] += 1

    def comes_from_whoever_is_there(self, message: OutboxMessage) -> None:
        """See that the mail names the coordinator, or on days on which they are away the colleague."""
        is_away = self.is_away(timezone.localdate(self.now))
        by, colleague = (User.objects.get(pk=user.pk) for user in (self.by, self.colleague))
        expected = [(colleague.email, str(by))] if is_away else [(by.email, "")]
        assert [(sender.email, sender.instead_of) for sender in message.senders] == expected
        self.seen["from the stand-in"] += is_away

    def is_away(self, on: date) -> bool:
        """Return whether the colleague stands in for the coordinator on the day."""
        return any(first <= on <= last for first, last in self.away)
