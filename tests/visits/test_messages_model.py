"""Histories of bookings with mail that fails in every way: nobody reads what is untrue, twice, or too late.

The other side is somebody who reads mails and believes them (tests/visits/reading.py). Whoever reads all of theirs thinks what is
so. Faults: a server that refuses, is away or gives no answer, or is down for a day; a sender that is killed before or after the
text, a second sender at the same moment, a change while the mail server is being reached, a mail that comes back later.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.messages import actions
from schools.messages.hours import is_quiet
from schools.models import Batch, Cover, OutboxMessage, Session, SuppressedAddress, User, Visit, Volunteer
from schools.visits.actions import (
    assign_all,
    cancel_day,
    cancel_session,
    cancel_visit,
    claim,
    decline,
    offer_to_several,
    swap,
    take_off,
    withdraw,
)
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.queries.notifications import as_read
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.news import tell
from tests.profiles import examples
from tests.visits.calendars_in_histories import CALENDARS, CalendarsInHistories
from tests.visits.mail_in_histories import AFTERWARDS, FAULTS, MailInHistories
from tests.visits.office_in_histories import IN_THE_OFFICE, NEAR_YOU, OfficeInHistories
from tests.visits.reading import ASKED, DOWN, Belief, Reader
from tests.visits.schools_in_histories import AT_SCHOOLS, TO_SCHOOLS, SchoolsInHistories

BEGIN = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
FIRST = date(2026, 12, 1)
STARTS = ((time(9, 15), time(10, 15)), (time(11, 15),))
"""When the sessions of each visit begin, each at a time of its own, by which a reader knows it."""
SOON = timedelta(hours=36)

people = st.integers(0, 2)
visits = st.integers(0, 1)
KINDS = ("mornings", "two-days", "evening", NEAR_YOU, *TO_SCHOOLS)
"""What somebody reads here; other kinds go to coordinators, or at other times."""
IS_SOAK = settings.get_current_profile_name() == "soak"
PARTS, HISTORIES = (4, 10) if IS_SOAK else (1, 12)
"""`make soak` plays a thousand: 250 in each of four tests, which may run at the same time."""
WOKEN = ("mornings", "visits", "school-pack")
"""Those of them that a verb wakes."""
VERBS = ("offer", "claim", "no", "swap", "take off", "assign", "cancel visit", "cancel session", "cancel day", "snow", "move",
         "undo", "phone", "address")  # fmt: skip
MET = (*VERBS, *AT_SCHOOLS, *IN_THE_OFFICE, *FAULTS[:-1], "sent", *AFTERWARDS, "mornings", *CALENDARS, *TO_SCHOOLS[:3])
"""What histories do and meet: each at least LEAST times in a part of the soak, and so thirty times in all."""
LEAST = 30 // PARTS + 1

faults = st.sampled_from([None, *FAULTS])


class Histories(SchoolsInHistories, OfficeInHistories, MailInHistories):
    """One history: verbs in any order, the clock forward, mail that goes out or fails."""

    by: ClassVar[User]
    volunteers: ClassVar[list[Volunteer]]
    bookings: ClassVar[list[Visit]]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each verb and fault happened, over all histories."""
    lengths: ClassVar[list[int]] = []
    """How many steps each history had."""
    kinds = KINDS

    @initialize()
    def begin(self) -> None:
        """Begin with two visits; somebody is down for each since before anybody changed anything."""
        self.now = BEGIN
        self.steps, self.numbers = -1, 0  # the beginning is no step
        self.booked = list(self.bookings)
        self.readers = [Reader() for _ in self.volunteers]
        self.outer = transaction.atomic()
        self.outer.__enter__()
        for visit, volunteer in zip(self.bookings, self.volunteers, strict=False):
            for session in visit.sessions.all():
                CoverFactory(session=session, volunteer=volunteer)
        for person, reader in enumerate(self.readers):
            reader.believes = self.truth(person)
        self.calendars = CalendarsInHistories(self.seen)
        self.begin_schools()
        self.begin_office()
        self.begin_mail()

    @invariant()
    def counts_steps(self) -> None:
        """Count how long the history is."""
        self.steps += 1

    def teardown(self) -> None:
        """See that everybody knows what is so, then forget the history."""
        if hasattr(self, "outer"):
            self.lengths.append(self.steps)
            try:
                self.everything_arrives()
            finally:
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)

    # The verbs

    def does(self, name: str, verb: Callable[[], object]) -> bool:
        """Do it, if the rules allow it; the kinds are woken after it, as after a commit."""
        try:
            with transaction.atomic():
                verb()
        except RuleBroken:
            return False
        self.seen[name] += 1
        return True

    def wake(self, fault: str | None = None, *, kinds: Sequence[str] = WOKEN) -> None:
        """Write what is due, each person one mail at most about all that was decided, and send it; None: it is left to wait."""
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tell(self.now, kinds=kinds)
        new = Counter(OutboxMessage.objects.filter(pk__gt=last, kind__in=("mornings", "visits")).values_list("to", flat=True))
        assert not new or max(new.values()) == 1
        if fault is not None:
            self.fault = fault
            self.send_all()
            self.fault = ""

    def day_of(self, visit: int) -> VisitDay:
        first = self.booked[visit].sessions.order_by("pk")[0]
        return VisitDay(self.booked[visit], first.day)

    @rule(visit=visits, who=st.sets(people, min_size=1), fault=faults)
    def offers(self, visit: int, who: set[int], fault: str | None) -> None:
        """Ask people."""
        asked = [self.volunteers[person] for person in sorted(who)]
        self.does("offer", lambda: offer_to_several(self.day_of(visit), asked, role="presenter", by=self.by, now=self.now))
        self.wake(fault)

    @rule(visit=visits, person=people, fault=faults)
    def accepts(self, visit: int, person: int, fault: str | None) -> None:
        """Somebody says yes, or takes it without being asked."""
        me = self.volunteers[person]
        day = self.day_of(visit)
        if self.does("claim", lambda: claim(day, me, role="presenter", by=me.user, now=self.now)):  # type: ignore[arg-type]  # they sign in
            for session in day.sessions():
                self.readers[person].believes[f"{session.starts:%-H:%M}"] = (DOWN, long_day(session.day))
        self.wake(fault)

    @rule(visit=visits, person=people, gives_back=st.booleans(), fault=faults)
    def says_no(self, visit: int, person: int, gives_back: bool, fault: str | None) -> None:
        """Somebody declines, or gives it back."""
        me, verb = self.volunteers[person], withdraw if gives_back else decline
        covers: list[Cover] = []
        day = self.day_of(visit)
        if self.does("no", lambda: covers.extend(verb(day, me, by=me.user, now=self.now))):  # type: ignore[arg-type]  # they sign in
            for cover in covers:
                self.readers[person].believes.pop(f"{cover.session.starts:%-H:%M}", None)
        self.wake(fault)

    @rule(visit=visits, person=people, other=people, fault=faults)
    def asks_to_swap(self, visit: int, person: int, other: int, fault: str | None) -> None:
        """Somebody asks another to go instead."""
        me, to = self.volunteers[person], self.volunteers[other]
        self.does("swap", lambda: swap(self.day_of(visit), me, to, by=me.user, now=self.now))  # type: ignore[arg-type]  # they sign in
        self.wake(fault)

    @rule(visit=visits, person=people, off=st.booleans(), fault=faults)
    def coordinator_decides(self, visit: int, person: int, off: bool, fault: str | None) -> None:
        """A coordinator puts somebody on it, or takes off whoever is on it, if anybody is."""
        day = self.day_of(visit)
        me = self.volunteers[person]
        if off:
            on_it = Cover.objects.holding().filter(session__in=day.sessions()).order_by("pk").values_list("volunteer", flat=True)
            me = next((each for each in self.volunteers if each.pk in set(on_it)), me)
            self.does("take off", lambda: take_off(day, me, by=self.by, now=self.now))
        else:
            self.does("assign", lambda: assign_all(day, me, role="presenter", by=self.by, now=self.now))
        self.wake(fault)

    @rule(how=st.sampled_from(["visit", "session", "session", "day", "day"]), visit=visits, woken=st.booleans(), fault=faults)
    def cancels(self, how: str, visit: int, woken: bool, fault: str | None) -> None:
        """Something is cancelled; the task that wakes the kinds may be lost."""
        day = self.booked[visit].sessions.order_by("pk")[0].day
        at_once = Session.objects.scheduled().filter(day=day).values("visit").distinct().count()
        is_snow = how == "day" and at_once > 1
        self.does("snow" if is_snow else f"cancel {how}", lambda: self.cancel(how, visit))
        if woken:
            self.wake(fault)

    def cancel(self, how: str, visit: int) -> None:
        """Cancel a session, a visit, or everything of its day."""
        given: dict[str, Any] = {"code": "weather", "note": "", "by": self.by, "now": self.now}
        first = self.booked[visit].sessions.order_by("pk")[0]
        if how == "visit":
            cancel_visit(Visit.objects.get(pk=first.visit_id), **given)
        elif how == "session":
            cancel_session(first, **given)
        else:
            cancel_day(first.day, Session.objects.scheduled().filter(day=first.day).values_list("pk", flat=True), **given)

    @rule(visit=visits, days=st.sampled_from([1, 2, 9]), fault=faults)
    def moves(self, visit: int, days: int, fault: str | None) -> None:
        """A visit goes to another day."""
        scheduled = list(self.booked[visit].sessions.scheduled())
        to = {each.pk: Slot(each.day + timedelta(days=days), each.starts, each.ends) for each in scheduled}

        def verb() -> None:
            planned = plan_move(self.booked[visit], to, by=self.by, now=self.now)
            move(self.booked[visit], to, seen=planned.digest, by=self.by, now=self.now)

        self.does("move", verb)
        self.wake(fault)

    @rule(fault=faults)
    def undoes(self, fault: str | None) -> None:
        """The latest batch is undone."""
        if batch := Batch.objects.filter(undone_at=None).order_by("-pk").first():
            self.does("undo", lambda: undo(batch, by=self.by, now=self.now))
            self.wake(fault)

    @rule(person=people)
    def is_phoned(self, person: int) -> None:
        """A coordinator phones somebody and ticks that they know."""
        covers = {cover.pk: as_read(cover) for cover in self.covers(person) if cover.news and cover.told_at is None}
        if not covers:
            return
        self.does("phone", lambda: mark_told(covers=covers, by=self.by, now=self.now))
        for cover in self.covers(person):
            if cover.pk in covers:
                self.reads_from_the_phone(person, cover)

    def reads_from_the_phone(self, person: int, cover: Cover) -> None:
        """They hear how they stand to the session."""
        start = f"{cover.session.starts:%-H:%M}"
        true = self.truth(person).get(start)
        if true:
            self.readers[person].believes[start] = true
        else:
            self.readers[person].believes.pop(start, None)

    @rule(person=people)
    def has_another_address(self, person: int) -> None:
        """Somebody has another address from now on."""
        self.new_address(person)
        self.seen["address"] += 1

    def new_address(self, person: int) -> None:
        self.numbers += 1
        User.objects.filter(pk=self.volunteers[person].user_id or 0).update(email=f"person{person}-{self.numbers}@example.org")

    @rule(hours=st.sampled_from([1, 3, 11, 26, 72]))
    def time_passes(self, hours: int) -> None:
        """The clock goes on, up to the evening before the first visit."""
        if self.now + timedelta(hours=hours) < datetime(2026, 11, 30, 19, tzinfo=UTC):
            self.now += timedelta(hours=hours)

    # The mail

    @rule(fault=st.sampled_from(FAULTS))
    def mail_goes_out(self, fault: str) -> None:
        """The clock writes and sends what is due; something goes wrong with each mail."""
        self.wake(fault, kinds=KINDS)

    def cancel_quietly(self) -> None:
        with suppress(RuleBroken), transaction.atomic():
            self.cancel("visit", 0)

    def reads(self, message: OutboxMessage) -> None:
        """Somebody reads a mail: every word of it is true at this moment."""
        if message.kind == NEAR_YOU:
            wanted = [user.email for person, user in enumerate(self.users()) if person not in self.want_no_mornings]
            assert message.to in wanted
            return
        self.comes_from_whoever_is_there(message)
        if message.kind in TO_SCHOOLS:
            self.school_reads(message)
            return
        person = next(place for place, user in enumerate(self.users()) if user.email == message.to)
        before = dict(self.readers[person].believes)
        spoken = self.readers[person].read(message.body)
        assert spoken or (message.kind == "mornings" and message.calendar)
        true = self.truth(person)
        wrong = {start for start in spoken if self.readers[person].believes.get(start) != true.get(start)}
        assert not wrong, (message.subject, message.body, true)
        if message.kind == "mornings":
            expected = {start for start in spoken if self.readers[person].believes.get(start, ("",))[0] == DOWN}
            self.calendars.arrive(person, message.to, message.calendar, expected)
        if is_quiet(self.now):
            assert message.kind == "mornings"
            assert self.begins(spoken, before) <= self.now + SOON or "You’re down for this" in message.body

    def users(self) -> list[User]:
        by_pk = {user.pk: user for user in User.objects.all()}
        return [by_pk[volunteer.user_id or 0] for volunteer in self.volunteers]

    def covers(self, person: int) -> list[Cover]:
        covers = Cover.objects.filter(volunteer=self.volunteers[person]).select_related("session__visit")
        return list(covers.order_by("pk"))

    def truth(self, person: int) -> dict[str, Belief]:
        """Return where they are expected, or asked to come, from the rows alone."""
        return {
            f"{cover.session.starts:%-H:%M}": (DOWN if cover.state == "accepted" else ASKED, long_day(cover.session.day))
            for cover in self.covers(person)
            if cover.state in {"accepted", "offered"} and cover.session.stage == "scheduled"
        }

    def addresses_are_mended(self) -> None:
        """Whoever has an address that refused a mail gets another one."""
        refused = set(SuppressedAddress.objects.active().values_list("address", flat=True))
        for person, user in enumerate(self.users()):
            if user.email in refused:
                self.new_address(person)
        for address in refused:
            if (number := self.school_of(address)) is not None:
                self.new_address_of_school(number)

    def everything_arrives(self) -> None:
        """Mend the mail server and the addresses, wait for somebody’s day and an hour: everybody knows what is so."""
        turns, between = 6, timedelta(minutes=13)
        # What changed while the server was away is written anew in a later turn, which must not be in the quiet hours either.
        while any(is_quiet(moment, weekends=True) for moment in (self.now, self.now + turns * between)):
            self.now += timedelta(hours=1)
        self.mend_mail()
        self.addresses_are_mended()
        for message in OutboxMessage.objects.to_look_at():
            actions.send_again(message.pk, now=self.now)
        for turn in range(turns):
            if turn % 2 == 0:
                tell(self.now, kinds=KINDS)
            self.send_all()
            self.now += between
        for person, reader in enumerate(self.readers):
            assert reader.believes == self.truth(person), (person, reader.believes, self.truth(person))
            down = [each.session for each in self.covers(person) if (each.state, each.session.stage) == ("accepted", "scheduled")]
            self.calendars.hold(person, self.users()[person].email, down, arrive=timedelta(minutes=30))
        self.schools_know()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.django_db
def test_everybody_who_reads_their_mail_knows_what_is_so(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    current: list[Histories] = []
    begin = Histories.begin

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        return current[-1].send(message, before_text=before_text)

    class Watched(Histories):
        @initialize()
        def begin(self) -> None:
            current.append(self)
            begin(self)

    monkeypatch.setattr(actions, "send", send)
    # Not shrunk: that takes minutes, and a history says in words what happened.
    of_histories = settings(max_examples=examples(HISTORIES), stateful_step_count=25, phases=[Phase.explicit, Phase.generate])
    run_state_machine_as_test(Watched, settings=of_histories)
    seen, lengths = Histories.seen, Histories.lengths
    sys.stdout.write(f"Part {part}: {len(lengths)} histories of a median of {median(lengths)} steps: {dict(seen)}\n")
    # What no history does is not tested; a few histories do not do everything.
    if IS_SOAK:
        assert median(lengths) >= 20
        assert {each: seen[each] for each in MET if seen[each] < LEAST} == {}


def make_world() -> None:
    """Make the people and visits with which each history begins."""
    area = AreaFactory()
    Histories.by, Histories.colleague = manager(), manager()
    Histories.volunteers = [able_volunteer(area, signs_in=True, name=f"{name} Rao") for name in ("Asha", "Ben", "Cara")]
    Histories.bookings = [VisitFactory(school=SchoolFactory(area=area), coordinator=Histories.by) for _ in STARTS]
    Histories.seen.clear()
    Histories.lengths.clear()
    Histories.make_schools()
    for visit, starts in zip(Histories.bookings, STARTS, strict=True):
        for start in starts:
            SessionFactory(visit=visit, day=FIRST, starts=start, ends=start.replace(minute=start.minute + 30))
