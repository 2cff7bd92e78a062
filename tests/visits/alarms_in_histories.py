"""What a school says on the day, in the histories of bookings: it calls off, and takes that back.

Coordinators and whoever is on the way believe what they read of it. Nothing is cancelled by it, and nobody is reminded meanwhile.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.core.words import long_day
from schools.models import Cover, OutboxMessage, SchoolAccess, SchoolAlarm, Session, SuppressedAddress, User
from schools.visits.actions.school_alarms import raise_alarm, take_back_alarm
from schools.visits.actions.school_answers import Giver
from schools.visits.models import AlarmWhat
from tests.visits.bookings_in_histories import to_go_to
from tests.visits.coordinators_in_histories import CoordinatorsInHistories
from tests.visits.mail_in_histories import EVENING, faults
from tests.visits.reading import key_of

HOURS_ON = timedelta(hours=20)
"""How far a history goes on at once to that evening; what happens a week before has its time."""
OFFICE, PERSON = "office", "person"
SCHOOL_ALARM, MORNING_ALARM = OF_ALARMS = ("school-alarm", "morning-alarm")
ALARMS = (*OF_ALARMS, "called off", "called off, taken back", "after all, to the office", "after all, to volunteers")
"""What histories count of this."""
WORDS = {"Called off by the school: ": True, "Don’t set out: ": True, "Takes place after all: ": False}
"""How a mail or an SMS of this begins, and whether the school has called off for all that its reader knows then."""

type Listener = tuple[str, int]
"""Somebody in the office by their id, or a volunteer by their place."""


class AlarmsInHistories(CoordinatorsInHistories):
    """What a host calls off on the day, and who has heard of it."""

    access: ClassVar[SchoolAccess]

    @classmethod
    def make_alarms(cls) -> None:
        """Make the access of somebody at a school who has a link."""
        cls.access = SchoolAccess.objects.create(email="jo@example.org", purpose="visits", expires=date(2027, 12, 1))

    def begin_alarms(self) -> None:
        """Begin with nothing called off."""
        self.thinks_off: defaultdict[Listener, dict[str, bool]] = defaultdict(dict)
        """Whether each of them thinks that a school has called off its day."""

    @rule(visit=to_go_to, is_over=st.booleans(), fault=faults)
    def host_calls_off(self, visit: int, is_over: bool, fault: str | None) -> None:
        """The host calls off by its page, which it can from the evening before; or takes that back."""
        self.says_on_the_day(visit, is_over=is_over)
        self.wake(fault)

    @precondition(lambda self: self.now + HOURS_ON >= EVENING)
    @rule(visit=to_go_to, minutes=st.sampled_from([0, 1, 30]), fault=faults, later=faults)
    def host_calls_off_and_thinks_again(self, visit: int, minutes: int, fault: str | None, later: str | None) -> None:
        """On the evening before, the host calls off, and takes that back before everybody has read of it, or afterwards."""
        self.now = max(self.now, EVENING)
        self.says_on_the_day(visit, is_over=False)
        self.wake(fault)
        self.now += timedelta(minutes=minutes)
        self.says_on_the_day(visit, is_over=True)
        self.wake(later)

    def office_knows_of(self, where: str) -> None:
        """Whoever books knows that it takes place, whatever the school had said of that day before."""
        self.thinks_off[OFFICE, self.by.pk].pop(where, None)

    def says_on_the_day(self, visit: int, *, is_over: bool) -> None:
        giver = Giver("Jo", self.booked[visit].school_id, self.access)
        before = SchoolAlarm.objects.standing().count()
        verb = take_back_alarm if is_over else raise_alarm
        self.does("says on the day", lambda: verb(self.booked[visit].pk, AlarmWhat.CALL_OFF, giver, now=self.now))
        change = SchoolAlarm.objects.standing().count() - before
        self.seen["called off"] += change > 0
        self.seen["called off, taken back"] += change < 0

    def called_off(self, *, is_over: bool = False, since: date = date.min) -> set[str]:
        """Return each host with the day that it has called off, or for which it has taken that back, where people are to come.

        Without days before `since`: of those nobody is told any more.
        """
        coming = Session.objects.filter(stage="scheduled", visit__stage__in=["planned", "confirmed"], type__presenters__gt=0)
        standing: set[str] = set()
        over: set[str] = set()
        for alarm in SchoolAlarm.objects.filter(day__gte=since).select_related("visit__school"):
            if coming.filter(visit=alarm.visit_id, day=alarm.day).exists():
                (over if alarm.over_at else standing).add(f"{alarm.visit.school}, {long_day(alarm.day)}")
        return over - standing if is_over else standing

    def reads_alarm(self, message: OutboxMessage) -> None:
        """Somebody reads by mail what a school says on the day."""
        if message.kind == SCHOOL_ALARM:
            reader = self.manager_who_hears_instead(message) or self.reader_in_office(message)
            self.hears_of_alarm((OFFICE, reader.pk), message.subject)
            return
        person = next(place for place, user in enumerate(self.users()) if user.email == message.to)
        self.hears_of_alarm((PERSON, person), message.subject)

    def manager_who_hears_instead(self, message: OutboxMessage) -> User | None:
        """Return who else reads it: a manager where nobody else gets mail, or somebody who may know what is over."""
        reader = User.objects.get(email=message.to)
        theirs = {self.by.pk, self.colleague.pk} if self.is_away(timezone.localdate(self.now)) else {self.by.pk}
        if reader.pk in theirs:
            return None
        is_over = message.subject.startswith(tuple(begins for begins, is_off in WORDS.items() if not is_off))
        addresses = set(User.objects.filter(pk__in=theirs).values_list("email", flat=True))
        refused = set(SuppressedAddress.objects.active().values_list("address", flat=True))
        # Whose mail got no answer when they stood in may have read it.
        may_know = self.thinks_off[OFFICE, reader.pk] or reader.email in self.may_have_read
        if addresses <= refused or (is_over and may_know):
            self.seen["alarm, to managers"] += 1
            return reader
        return None

    def hears_of_alarm(self, listener: Listener, words: str) -> None:
        """They believe it; it is so, and it concerns them."""
        begins = next(each for each in WORDS if words.startswith(each))
        where, is_off = words.removeprefix(begins), WORDS[begins]
        assert (where in self.called_off()) == is_off, words
        kind, number = listener
        if kind == PERSON:
            assert where in self.goes_to(number), "who does not go there is not told"
            assert not self.has_left(number)
        self.thinks_off[listener][where] = is_off
        if not is_off:
            self.seen["after all, to the office" if kind == OFFICE else "after all, to volunteers"] += 1

    def goes_to(self, person: int) -> set[str]:
        """Return each host with each day on which the volunteer is down for what has not ended."""
        covers = Cover.objects.filter(volunteer=self.volunteers[person], state="accepted", session__stage="scheduled")
        sessions = [cover.session for cover in covers.select_related("session__visit__school", "session__type")]
        return {f"{each.visit.school}, {long_day(each.day)}" for each in sessions if not self.has_ended(each)}

    def reminds_of_nothing_called_off(self, spoken: set[str]) -> None:
        """See that nobody is reminded of what the school has called off: this visit, and no other that it has on the day."""
        off = set(SchoolAlarm.objects.filter(what="call_off", over_at=None).values_list("visit", "day"))
        for session in Session.objects.filter(type__presenters__gt=0).select_related("type"):
            assert key_of(session) not in spoken or (session.visit_id, session.day) not in off, session

    def alarms_are_known(self) -> None:
        """See that whoever is concerned thinks of what was called off, and of what was taken back, as it is."""
        if not SchoolAlarm.objects.exists():
            return
        since = timezone.localdate(self.now)
        listeners: list[tuple[Listener, set[str] | None]] = [((OFFICE, self.by.pk), None)]
        listeners += [((PERSON, person), self.goes_to(person)) for person in range(3) if not self.has_left(person)]
        for listener, theirs in listeners:
            for where in self.called_off(since=since):
                assert (theirs is not None and where not in theirs) or self.thinks_off[listener].get(where), (listener, where)
            for where in self.called_off(is_over=True, since=since):
                assert (theirs is not None and where not in theirs) or not self.thinks_off[listener].get(where), (listener, where)
