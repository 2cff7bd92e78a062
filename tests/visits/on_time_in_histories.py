"""Whether anybody is missed in the histories of bookings: an hour after news may go, whoever can be reached knows them.

An installation asks and sends every few minutes. So wherever the clock went on by an hour or more, outside of quiet hours and
while neither the program nor the mail server was off, whatever was so before has been told; who does not know it could not be
reached.
"""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from schools.messages.hours import is_quiet
from schools.models import MessageAbout, OutboxMessage, Session
from tests.visits.contacts_in_histories import PARTY_OF
from tests.visits.mail_in_histories import LAST
from tests.visits.reading import key_of
from tests.visits.reminded_in_histories import AN_HOUR, REMINDED, RemindedInHistories

ON_TIME = ("an hour later", "an hour later, at schools", "an hour later, not reached", *REMINDED)
"""What histories count of this."""


class OnTimeInHistories(RemindedInHistories):
    """The clock, and what somebody knows once it has gone on."""

    def begin_on_time(self) -> None:
        """Begin at this moment."""
        self.stood_at = self.now

    @rule(hours=st.sampled_from([1, 3, 11, 26, 72]), is_off=st.booleans())
    def time_passes(self, hours: int, is_off: bool) -> None:
        """The clock goes on, perhaps while the program is off; most histories end on the evening before the first visit."""
        if self.goes_on or self.now + timedelta(hours=hours) < LAST:
            self.now += timedelta(hours=hours)
            if is_off:
                self.stood_at = self.now

    @rule()
    def office_hour_passes(self) -> None:
        """The clock goes on until an hour has gone by in which people are written to and the mail server is there."""
        moment = max(self.now, self.down_until) + AN_HOUR
        while any(is_quiet(each, weekends=True) for each in (moment - AN_HOUR, moment)):
            moment += AN_HOUR
        if self.goes_on or moment < LAST:
            self.now = moment

    @invariant()
    def nobody_is_missed(self) -> None:
        """Let the clock's job have run in the hour that went by, and see that everybody who can be reached knows what is so."""
        since, self.stood_at = self.stood_at, self.now
        before = self.now - AN_HOUR
        if since > before or before < self.down_until or self.was_quiet(weekends=False):
            return
        self.wake("")
        missed, goes_on = self.missed(), True
        # What was true no longer is taken back by one run and written anew by the next, or the one after a killed sender.
        while missed and goes_on:
            killed = self.seen["SMS killed"]
            self.wake("")
            missed, goes_on = self.missed(), self.seen["SMS killed"] > killed
        for party, key in missed:
            assert self.is_out_of_reach(key, **party), (party, key)
            self.seen[ON_TIME[2]] += 1
        self.nobody_is_forgotten(before, missed)
        self.seen[ON_TIME[0]] += 1
        self.seen[ON_TIME[1]] += not self.was_quiet(weekends=True)

    def missed(self) -> list[tuple[dict[str, Any], str]]:
        """Return who does not know what of that which is to come: the party of a message, and the session by `key_of`."""
        with self.nothing_happens():
            coming = self.still_to_come()
            missed = self.missed_volunteers(coming)
            return missed if self.was_quiet(weekends=True) else [*missed, *self.missed_at_schools(coming)]

    def missed_volunteers(self, coming: set[str]) -> list[tuple[dict[str, Any], str]]:
        missed: list[tuple[dict[str, Any], str]] = []
        for person, reader in enumerate(self.readers):
            if not self.has_left(person):
                true = self.truth(person)
                wrong = {key for key in reader.believes.keys() | true.keys() if reader.believes.get(key) != true.get(key)}
                missed += [({"volunteer": self.volunteers[person]}, key) for key in sorted(wrong & coming)]
        return missed

    def missed_at_schools(self, coming: set[str]) -> list[tuple[dict[str, Any], str]]:
        missed: list[tuple[dict[str, Any], str]] = []
        for number, reader in enumerate(self.school_readers):
            if self.address_of(number):  # who has none is phoned
                true, theirs = self.truth_of_reader(number), self.read_by(number) & coming
                expects = self.expects(reader, true)
                wrong = {key for key in theirs if expects.get(key) != true.get(key)}
                wrong |= self.wrong_about_guests(number) & coming
                missed += [({"school": self.parties[PARTY_OF[number]]}, key) for key in sorted(wrong)]
        return missed

    def is_out_of_reach(self, key: str, **party: Any) -> bool:
        """Whether the last news of the session to them failed, waits after that, or came back and nobody has heard so."""
        [session] = [each for each in Session.objects.select_related("type") if key_of(each) == key]
        news = MessageAbout.objects.filter(visit=session.visit_id, message__isnull=False, is_reminder=False, **party)
        rows = [
            row for row in news.select_related("message").order_by("pk") if row.speaks_of is None or session.pk in row.speaks_of
        ]
        return bool(rows) and self.has_failed(rows[-1].message)

    def has_failed(self, message: OutboxMessage | None) -> bool:
        assert message is not None
        waits = message.next_try is not None and message.next_try > self.now
        return message.pk in self.in_doubt or (message.sent_at is None and (message.stopped_at is not None or waits))
