"""What a host cancels, or asks for, by its own page in the histories of bookings: told as any cancellation, and to the office.

Whoever reads in the office that a school has cancelled, reads what is so; and nobody there is left without it.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.core.words import long_day
from schools.messages.hours import is_quiet
from schools.models import OutboxMessage, SchoolChange, Session, User
from schools.visits.actions.school_answers import Giver
from schools.visits.actions.school_changes import Wish, ask_for_another_day, cancel_by_school, take_back_wish
from schools.visits.half_days import HalfDay
from schools.visits.models import ChangeWhat, ChangeWhy
from schools.visits.queries.school_changes import NEWS_FOR, standing_change
from schools.visits.rules.school_changes import as_shown
from tests.visits.alarms_in_histories import AlarmsInHistories
from tests.visits.bookings_in_histories import to_go_to
from tests.visits.mail_in_histories import faults

SCHOOL_CHANGE = "school-change"
OF_CHANGES = ("school cancels", "school asks for another day", "school asks in other words", "school takes its wish back",
              "school cancelled, to the office")  # fmt: skip
"""What histories count of this."""
BEGINS = {
    "The school has cancelled: ": ("cancel", True),
    "The school asks for another day: ": ("move", True),
    "The day suits the school after all: ": ("move", False),
}
"""How a mail of this begins, of which kind of change it is, and whether its reader knows then that it stands."""
WEEKS, OTHER_WEEKS = (3, 4), (5, 6)
"""So much later it would suit the host, and in other words."""


class SchoolChangesInHistories(AlarmsInHistories):
    """What a host changes by its own page, and who has heard of it."""

    def begin_school_changes(self) -> None:
        """Begin with nothing changed."""
        self.thinks_of_changes: defaultdict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
        """Whether each of the office, by their id, thinks that a change stands, by where it is and what."""

    @rule(visit=to_go_to, fault=faults)
    def host_cancels_by_its_page(self, visit: int, fault: str | None) -> None:
        """The host cancels."""
        self.in_time(visit, "school cancels", self.cancel_by_page)
        self.wake(fault)

    @rule(visit=to_go_to, is_reworded=st.booleans(), is_over=st.booleans(), fault=faults, later=faults)
    def host_asks_for_another_day(
        self, visit: int, is_reworded: bool, is_over: bool, fault: str | None, later: str | None
    ) -> None:
        """The host asks for another day, perhaps in other words then, and may take that back, before it is read or afterwards."""
        visit = self.in_time(visit, "school asks for another day", self.ask_by_page)
        self.wake(fault)
        if is_reworded:
            self.now += timedelta(minutes=1)
            self.does("school asks in other words", lambda: self.ask_by_page(visit, OTHER_WEEKS))
        if is_over and standing_change(self.booked[visit], ChangeWhat.MOVE):
            self.now += timedelta(minutes=1)
            giver = self.giver_of(visit)
            booked, seen = self.booked[visit].pk, self.shown_to_host(visit)
            self.does("school takes its wish back", lambda: take_back_wish(booked, giver, seen=seen, now=self.now))
            self.wake(later)

    def in_time(self, visit: int, name: str, verb: Callable[[int], object]) -> int:
        """Do it; where it is too late for it, the office has moved the visit before. Return the place of the visit."""
        visit = self.alive(visit)
        if not self.does(name, lambda: verb(visit)):
            self.does("move", lambda: self.move(visit, 9))
            self.does(name, lambda: verb(visit))
        return visit

    def giver_of(self, visit: int) -> Giver:
        return Giver("Jo", self.booked[visit].school_id, self.access)

    def first_day(self, visit: int) -> date:
        return min(self.booked[visit].sessions.values_list("day", flat=True))

    def shown_to_host(self, visit: int) -> str:
        booked = self.booked[visit]
        return as_shown(list(Session.objects.filter(visit=booked)), standing_change(booked, ChangeWhat.MOVE))

    def cancel_by_page(self, visit: int) -> SchoolChange:
        seen, giver = self.shown_to_host(visit), self.giver_of(visit)
        return cancel_by_school(self.booked[visit].pk, Wish((), ChangeWhy.STAFF, ""), giver, seen=seen, call=str, now=self.now)

    def ask_by_page(self, visit: int, weeks: Sequence[int] = WEEKS) -> SchoolChange:
        days = [HalfDay(self.first_day(visit) + timedelta(weeks=each), is_afternoon=False) for each in weeks]
        wish, seen, giver = Wish(days, ChangeWhy.CLASH, ""), self.shown_to_host(visit), self.giver_of(visit)
        return ask_for_another_day(self.booked[visit].pk, wish, giver, seen=seen, call=str, now=self.now)

    def reads_alarm(self, message: OutboxMessage) -> None:
        """Somebody reads what a school says by its page, on the day or before."""
        if message.kind == SCHOOL_CHANGE:
            self.reads_school_change(message)
        else:
            super().reads_alarm(message)

    def reads_school_change(self, message: OutboxMessage) -> None:
        """Somebody in the office reads what a host did, asks for or took back: it is so."""
        reader = User.objects.get(email=message.to)
        assert not is_quiet(self.now)
        assert "Jo" not in message.body.split(), "who it was stands in the office"
        begins = next(each for each in BEGINS if message.subject.startswith(each))
        where, (what, stands) = message.subject.removeprefix(begins), BEGINS[begins]
        # Who read of a wish, or may have, reads that it is over, also when they stand in for nobody any more; or a copy of that.
        may_have = self.inbox[message.to, message.message_id] > 1 or message.to in self.may_have_read
        if stands or not (may_have or self.thinks_of_changes[reader.pk].get((where, what))):
            self.reader_in_office(message)
        assert (where in self.changed(what)) == stands, message.subject
        self.thinks_of_changes[reader.pk][where, what] = stands
        self.seen["school cancelled, to the office"] += what == "cancel"

    def changed(self, what: str, *, is_answered: bool = True) -> set[str]:
        """Return each place and day of which such a change stands now; without those that were answered, where not wanted."""
        rows = SchoolChange.objects.standing().filter(what=what, at__gt=self.now - NEWS_FOR).select_related("visit__school")
        rows = rows if is_answered else rows.filter(seen_at=None)
        return {f"{change.visit.school}, {long_day(change.day)}" for change in rows}

    def school_changes_are_known(self) -> None:
        """See that the coordinator has read of all that stands and that nobody in the office has answered, and of what ended."""
        theirs = self.thinks_of_changes[self.by.pk]
        for what in ("cancel", "move"):
            for where in self.changed(what, is_answered=False):
                assert theirs.get((where, what)), (what, where, theirs)
        for wish in SchoolChange.objects.taken_back().filter(over_at__gt=self.now - NEWS_FOR).select_related("visit__school"):
            where = f"{wish.visit.school}, {long_day(wish.day)}"
            assert not theirs.get((where, "move")), (where, "was taken back, and who heard of it was not told")
