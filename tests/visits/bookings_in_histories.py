"""What is done about bookings in a history, and what volunteers do and believe."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.models import Batch, Cover, Session, User, Visit
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
from schools.visits.queries.notifications import as_read
from schools.visits.rules import Slot
from tests.visits.mail_in_histories import faults
from tests.visits.reading import DOWN, Reader, key_of
from tests.visits.truth_in_histories import TO_GO_TO, TruthInHistories

people = st.integers(0, 2)
to_go_to = st.sampled_from(TO_GO_TO)
"""The visits to which somebody goes."""
visits = st.integers(0, 2)
"""Those, and one of which the school shows everything by itself."""
VERBS = ("offer", "claim", "no", "gives back again", "swap", "take off", "drop out", "assign", "cancel visit", "cancel session",
         "cancel day", "snow", "move", "phone", "address")  # fmt: skip
"""What histories count of this."""


class BookingsInHistories(TruthInHistories):
    """The verbs of the office and of volunteers."""

    readers: list[Reader]
    rung: list[tuple[int, int]]
    """The visits about which a school was phoned, each with the newest batch of that moment."""

    @rule(visit=to_go_to, who=st.sets(people, min_size=1), fault=faults)
    def offers(self, visit: int, who: set[int], fault: str | None) -> None:
        """Ask people."""
        visit = self.alive(visit)
        new = {self.somebody(visit, person, is_on_it=False) for person in who}
        self.does("offer", lambda: self.ask(visit, new))
        self.wake(fault)

    def ask(self, visit: int, who: set[int]) -> Batch:
        invited = [self.volunteers[person] for person in sorted(who)]
        return offer_to_several(self.day_of(visit), invited, role="presenter", by=self.by, now=self.now)

    @rule(visit=to_go_to, person=people, fault=faults)
    def accepts(self, visit: int, person: int, fault: str | None) -> None:
        """Somebody says yes, or takes it without being asked."""
        self.takes(self.alive(visit), person)
        self.wake(fault)

    def takes(self, visit: int, person: int) -> None:
        me = self.volunteers[person]
        day = self.day_of(visit)
        if self.does("claim", lambda: claim(day, me, role="presenter", by=me.user, now=self.now)):  # type: ignore[arg-type]  # they sign in
            for session in day.sessions().filter(type__presenters__gt=0):
                self.readers[person].believe(key_of(session), (DOWN, long_day(session.day)))

    @rule(visit=to_go_to, person=people, gives_back=st.booleans(), fault=faults)
    def says_no(self, visit: int, person: int, gives_back: bool, fault: str | None) -> None:
        """Somebody declines, or gives it back."""
        visit = self.alive(visit)
        self.ends(visit, self.somebody(visit, person, is_on_it=True), withdraw if gives_back else decline)
        self.wake(fault)

    @rule(visit=to_go_to, person=people, turns=st.integers(2, 3), fault=faults)
    def changes_their_mind(self, visit: int, person: int, turns: int, fault: str | None) -> None:
        """Somebody takes a day and gives it back, and once more, before any mail of it has gone."""
        visit = self.alive(visit)
        for _ in range(turns):
            self.takes(visit, person)
            self.ends(visit, person, withdraw)
            self.now += timedelta(minutes=1)
        given_back = Cover.objects.filter(volunteer=self.volunteers[person], gave_back=True)
        self.seen["gives back again"] += given_back.count() > given_back.values("session").distinct().count()
        self.wake(fault)

    def ends(self, visit: int, person: int, verb: Callable[..., list[Cover]]) -> None:
        me = self.volunteers[person]
        covers: list[Cover] = []
        day = self.day_of(visit)
        if self.does("no", lambda: covers.extend(verb(day, me, by=me.user, now=self.now))):
            for cover in covers:
                self.readers[person].believes.pop(key_of(cover.session), None)
            self.now += timedelta(seconds=1)  # nobody takes it again and gives it back once more in the same instant

    @rule(visit=to_go_to, person=people, other=people, fault=faults)
    def asks_to_swap(self, visit: int, person: int, other: int, fault: str | None) -> None:
        """Somebody asks another to go instead."""
        visit = self.alive(visit)
        person, other = self.somebody(visit, person, is_on_it=True), self.somebody(visit, other, is_on_it=False)
        me, to = self.volunteers[person], self.volunteers[other]
        self.does("swap", lambda: swap(self.day_of(visit), me, to, by=me.user, now=self.now))  # type: ignore[arg-type]  # they sign in
        self.wake(fault)

    @rule(visit=to_go_to, person=people, off=st.booleans(), fault=faults)
    def coordinator_decides(self, visit: int, person: int, off: bool, fault: str | None) -> None:
        """A coordinator puts somebody on it, or takes off whoever is on it, if anybody is."""
        visit = self.alive(visit)
        day = self.day_of(visit)
        person = self.somebody(visit, person, is_on_it=off)
        me = self.volunteers[person]
        if off:
            on_it = Cover.objects.holding().filter(session__in=day.sessions()).order_by("pk").values_list("volunteer", flat=True)
            me = next((each for each in self.volunteers if each.pk in set(on_it)), me)
            self.does("take off", lambda: take_off(day, me, by=self.by, now=self.now))
        elif self.does("assign", lambda: assign_all(day, me, role="presenter", by=self.by, now=self.now)):
            self.has_heard_of_it(person)
        self.wake(fault)

    def has_heard_of_it(self, person: int) -> None:
        """They agreed on the phone to what they are put on: whatever becomes of it, they have heard of that day."""
        for key, (_, day) in self.truth(person).items():
            self.readers[person].ever[key].add(day)

    @rule(how=st.sampled_from(["visit", "session", "session", "day", "day"]), visit=visits, woken=st.booleans(), fault=faults)
    def cancels(self, how: str, visit: int, woken: bool, fault: str | None) -> None:
        """Something is cancelled; the task that wakes the kinds may be lost."""
        visit = self.alive(visit)
        day = self.booked[visit].sessions.order_by("pk")[0].day
        at_once = Session.objects.scheduled().filter(day=day).values("visit").distinct().count()
        if self.does(f"cancel {how}", lambda: self.cancel(how, visit)) and how == "day":
            self.seen["snow"] += at_once > 1
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

    def cancel_quietly(self) -> None:
        with suppress(RuleBroken), transaction.atomic():
            self.cancel("visit", 0)

    @rule(visit=visits, days=st.sampled_from([1, 2, 9]), fault=faults)
    def moves(self, visit: int, days: int, fault: str | None) -> None:
        """A visit goes to another day."""
        visit = self.alive(visit)
        self.does("move", lambda: self.move(visit, days))
        self.wake(fault)

    def move(self, visit: int, days: int, is_moved: Callable[[Session], bool] = bool) -> Batch:
        """Move the sessions of the visit, or some of them, by so many days."""
        scheduled = [each for each in self.booked[visit].sessions.scheduled().select_related("type") if is_moved(each)]
        to = {each.pk: Slot(each.day + timedelta(days=days), each.starts, each.ends) for each in scheduled}
        planned = plan_move(self.booked[visit], to, by=self.by, now=self.now)
        return move(self.booked[visit], to, seen=planned.digest, by=self.by, now=self.now)

    @rule(person=people)
    def is_phoned(self, person: int) -> None:
        """A coordinator phones somebody and ticks that they know."""
        to_tell = Cover.objects.exclude(news="").filter(told_at=None, volunteer__in=self.volunteers).order_by("pk").first()
        if to_tell and not any(cover.news and cover.told_at is None for cover in self.covers(person)):
            person = next(place for place, each in enumerate(self.volunteers) if each.pk == to_tell.volunteer_id)
        covers = {cover.pk: as_read(cover) for cover in self.covers(person) if cover.news and cover.told_at is None}
        if not covers:
            return
        self.does("phone", lambda: mark_told(covers=covers, by=self.by, now=self.now))
        self.now += timedelta(seconds=1)  # nobody does anything else at the very moment of a call, by which it is known
        for cover in self.covers(person):
            if cover.pk in covers:
                self.hears_on_the_phone(person, key_of(cover.session))

    def hears_on_the_phone(self, person: int, key: str) -> None:
        """They hear how they stand to the session."""
        self.readers[person].is_told(key, self.truth(person).get(key))

    @rule(person=people)
    def has_another_address(self, person: int) -> None:
        """Somebody has another address from now on."""
        self.new_address(person)
        self.seen["address"] += 1

    def new_address(self, person: int) -> None:
        self.numbers += 1
        address = f"person{person}-{self.numbers}@example.org"
        users = User.objects.filter(pk=self.volunteers[person].user_id or 0)
        # What they may have read at the address before, they know.
        if self.may_have_read & set(users.values_list("email", flat=True)):
            self.may_have_read.add(address)
        users.update(email=address)
