"""Histories of bookings in which links of mails, of any age, are pressed in any order.

A link that is pressed does what the portal's own page does at that moment, or nothing; never to another session, or at another
time, than its page names; and opening it writes nothing. The portal's page is asked first, and what it did is taken back.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from schools.core.errors import RuleBroken
from schools.models import Batch, Cover, Session, User, Visit, Volunteer
from schools.visits.actions import (
    assign_all,
    cancel_day,
    cancel_session,
    cancel_visit,
    claim,
    decline,
    offer_each,
    swap,
    take_off,
    withdraw,
)
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.answer_links import Purpose, Question, question_in
from schools.visits.queries import VisitDay
from schools.visits.rules import later, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.news import tell_and_send
from tests.portal.links import button_of, links_in
from tests.portal.pages import client_of
from tests.profiles import examples

BEGIN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
FIRST = date(2026, 12, 1)
STARTS = ((time(9, 15), time(10, 15)), (time(11, 15),))
KINDS = ("mornings", "two-days", "evening")
HISTORIES = 30

people = st.integers(0, 2)
visits = st.integers(0, 1)

type Row = tuple[Any, ...]


class Answering(RuleBasedStateMachine):
    """One history: verbs, the clock, mails, and links that are pressed."""

    by: ClassVar[User]
    volunteers: ClassVar[list[Volunteer]]
    bookings: ClassVar[list[Visit]]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each thing happened, over all histories."""

    @initialize()
    def begin(self) -> None:
        """Begin with one person down for each visit, and the others asked by mail."""
        self.now = BEGIN
        self.is_cancelled = False
        self.links: list[tuple[int, str]] = []
        self.outer = transaction.atomic()
        self.outer.__enter__()
        for visit, volunteer in zip(self.bookings, self.volunteers, strict=False):
            for session in visit.sessions.all():
                CoverFactory(session=session, volunteer=volunteer)
        for number in range(len(self.bookings)):
            self.offers(number, {0, 1, 2} - {number})

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # What happens meanwhile

    def does(self, name: str, verb: Callable[[], object]) -> None:
        """Do it, if the rules allow it, and mail what is due."""
        try:
            with transaction.atomic():
                verb()
        except RuleBroken:
            return
        self.seen[name] += 1
        self.mails_go_out()

    def day_of(self, visit: int) -> VisitDay:
        return VisitDay(self.bookings[visit], self.bookings[visit].sessions.order_by("pk")[0].day)

    @rule(visit=visits, who=st.sets(people, min_size=1))
    def offers(self, visit: int, who: set[int]) -> None:
        """People are asked."""
        asked = [self.volunteers[person] for person in sorted(who)]
        self.does("offer", lambda: offer_each(self.day_of(visit), asked, role="presenter", by=self.by, now=self.now))

    @rule(visit=visits, person=people, how=st.sampled_from(["claim", "decline", "withdraw", "assign", "take off"]))
    def somebody_decides(self, visit: int, person: int, how: str) -> None:
        """Somebody answers in the portal, or a coordinator decides."""
        me, day = self.volunteers[person], self.day_of(visit)
        assert me.user
        own: dict[str, Any] = {"by": me.user, "now": self.now}
        verbs: dict[str, Callable[[], object]] = {
            "claim": lambda: claim(day, me, role="presenter", **own),
            "decline": lambda: decline(day, me, **own),
            "withdraw": lambda: withdraw(day, me, **own),
            "assign": lambda: assign_all(day, me, role="presenter", by=self.by, now=self.now),
            "take off": lambda: take_off(day, me, by=self.by, now=self.now),
        }
        self.does(how, verbs[how])

    @rule(visit=visits, person=people, other=people)
    def asks_to_swap(self, visit: int, person: int, other: int) -> None:
        """Somebody asks another to go instead."""
        me, to = self.volunteers[person], self.volunteers[other]
        assert me.user
        by = me.user
        self.does("swap", lambda: swap(self.day_of(visit), me, to, by=by, now=self.now))

    @precondition(lambda self: not self.is_cancelled)
    @rule(visit=visits, how=st.sampled_from(["visit", "session", "day"]))
    def cancels(self, visit: int, how: str) -> None:
        """A session, a visit, or everything of a day is cancelled; once, or all histories would end with it."""
        self.is_cancelled = True
        given: dict[str, Any] = {"code": "weather", "note": "", "by": self.by, "now": self.now}
        first = self.bookings[visit].sessions.order_by("pk")[0]
        of_day = Session.objects.scheduled().filter(day=first.day)
        verbs: dict[str, Callable[[], object]] = {
            "visit": lambda: cancel_visit(Visit.objects.get(pk=first.visit_id), **given),
            "session": lambda: cancel_session(first, **given),
            "day": lambda: cancel_day(first.day, of_day.values_list("pk", flat=True), **given),
        }
        self.does("cancel", verbs[how])

    @rule(visit=visits, days=st.sampled_from([0, 0, 1]), minutes=st.sampled_from([0, 20, 120]), first_alone=st.booleans())
    def moves(self, visit: int, days: int, minutes: int, first_alone: bool) -> None:
        """Sessions go to another time, a little later, or to another day."""
        scheduled = list(self.bookings[visit].sessions.scheduled().order_by("pk"))[: 1 if first_alone else None]
        by = timedelta(minutes=minutes)
        slots = {each.pk: later(slot_of(each), day=each.day + timedelta(days=days), by=by) for each in scheduled}
        to = {pk: slot for pk, slot in slots.items() if slot is not None}

        def verb() -> None:
            planned = plan_move(self.bookings[visit], to, by=self.by, now=self.now)
            move(self.bookings[visit], to, seen=planned.digest, by=self.by, now=self.now)

        self.does("move", verb)

    @rule()
    def undoes(self) -> None:
        """The latest batch is undone."""
        if batch := Batch.objects.filter(undone_at=None).order_by("-pk").first():
            self.does("undo", lambda: undo(batch, by=self.by, now=self.now))

    @rule(hours=st.sampled_from([1, 8, 26]))
    def time_passes(self, hours: int) -> None:
        """The clock goes on, past the first day."""
        if self.now < datetime(2026, 12, 2, 12, tzinfo=UTC):
            self.now += timedelta(hours=hours)
            self.mails_go_out()

    def mails_go_out(self) -> None:
        """Everybody gets what is due, and keeps the links."""
        with time_machine.travel(self.now, tick=False):
            tell_and_send(self.now, kinds=KINDS)
        for message in mail.outbox:
            for person, volunteer in enumerate(self.volunteers):
                if volunteer.user and message.to == [volunteer.user.email]:
                    self.links += [(person, path) for _, path in links_in(message.body)]
        mail.outbox.clear()

    # Links

    @precondition(lambda self: self.links)
    @rule(back=st.integers(0, 11))
    def opens_and_presses(self, back: int) -> None:
        """Somebody opens a link and presses the button of its page."""
        self.presses(back, old=False)

    @precondition(lambda self: self.links)
    @rule(back=st.integers(0, 30))
    def presses_what_was_open(self, back: int) -> None:
        """Somebody presses the button of a page that they opened long ago, when the mail had come."""
        self.presses(back, old=True)

    def presses(self, back: int, *, old: bool) -> None:
        at = back % len(self.links)
        # Most of what is mailed first has moved since.
        person, path = self.links[at if old else -1 - at]
        cache.clear()
        with time_machine.travel(self.now, tick=False):
            before = rows()
            page = Client().get(path)
            assert page.status_code == 200
            assert rows() == before
            pressed = path if old else button_of(page)
            if not pressed:
                return
            question = question_in(pressed.split("/")[2])
            assert question
            named = {each.pk for each in page.context["truth"].sessions}
            self.is_as_in_the_portal(person, pressed, question, old=old, named=named)

    def is_as_in_the_portal(self, person: int, pressed: str, question: Question, *, old: bool, named: set[int]) -> None:
        """Press, and see that it does what the portal does, or nothing."""
        before, by_portal = rows(), self.in_the_portal(self.volunteers[person], question)
        sessions = Session.objects.filter(pk__in=question.slots)
        is_there = all(slot_of(session) == question.slots[session.pk] for session in sessions)
        answer = Client().post(pressed)
        after = rows()
        assert answer.status_code in {302, 409}
        assert after in (before, by_portal) if old else after == by_portal
        if after != before:
            assert is_there
            assert answer.status_code == 302
            assert {row[0] for row in after.keys() ^ before.keys()} <= named & question.slots.keys()
            self.seen[f"pressed {question.purpose}"] += 1
        elif not is_there:
            self.seen["too late"] += 1
        assert Client().post(pressed).status_code == answer.status_code
        assert rows() == after
        if not old and (back := button_of(Client().get(pressed))):
            self.seen["could be taken back"] += 1
            self.links.append((person, back))

    def in_the_portal(self, volunteer: Volunteer, question: Question) -> Counter[Row]:
        """Return what the rows would be if they did the same in the portal, signed in; it is taken back."""
        name = "give-back" if question.purpose is Purpose.CANNOT else "take"
        data = {"sessions": list(question.slots)} | ({"no": "1"} if question.purpose is Purpose.NO else {})
        with transaction.atomic():
            client_of(volunteer).post(reverse(name, args=[question.visit, question.day]), data)
            would_be = rows()
            transaction.set_rollback(True)
        return would_be


def rows() -> Counter[Row]:
    """The covers, without what tells two of the same apart; the session first."""
    columns = ("session", "volunteer", "role", "state", "gave_back", "ended_by", "instead_of__volunteer")
    return Counter(Cover.objects.values_list(*columns, "answered_at", "offered_at"))


@pytest.mark.exhaustive
@pytest.mark.django_db
def test_a_link_does_what_the_portal_does_or_nothing() -> None:
    area = AreaFactory()
    Answering.by = manager()
    Answering.volunteers = [able_volunteer(area, signs_in=True, name=f"{name} Rao") for name in ("Asha", "Ben", "Cara")]
    Answering.bookings = [VisitFactory(school=SchoolFactory(area=area), coordinator=Answering.by) for _ in STARTS]
    Answering.seen.clear()
    for visit, starts in zip(Answering.bookings, STARTS, strict=True):
        for start in starts:
            SessionFactory(visit=visit, day=FIRST, starts=start, ends=start.replace(minute=start.minute + 30))
    # Not shrunk: that takes minutes, and a history says in words what happened.
    of_histories = settings(
        max_examples=examples(HISTORIES),
        stateful_step_count=25,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Answering, settings=of_histories)
    if examples(HISTORIES) < HISTORIES:
        return  # so few histories do not do everything
    # What no history does is not tested.
    done = {"offer", "claim", "swap", "cancel", "move", "undo", "too late", "could be taken back"}
    assert {*done, *(f"pressed {purpose}" for purpose in Purpose)} <= Answering.seen.keys(), Answering.seen
