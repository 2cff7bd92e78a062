"""Histories of what a host and the office do with a visit, in any order: home, the school’s page and the mails say what is so.

What should be so is kept beside, in plain values: the day, whether it is cancelled and by whom, and the wish that waits.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from schools import models
from schools.core.errors import RuleBroken
from schools.visits.actions import cancel_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.school_answers import Giver
from schools.visits.actions.school_changes import Wish, ask_for_another_day, cancel_by_school, see_to_changes, take_back_wish
from schools.visits.actions.undoing import undo
from schools.visits.half_days import HalfDay
from schools.visits.models import ChangeWhat, ChangeWhy
from schools.visits.queries.school_changes import standing_change
from schools.visits.rules import Slot, slot_of
from schools.visits.rules.school_changes import as_shown
from tests.factories import manager
from tests.news import drafts
from tests.profiles import examples
from tests.school_portal.changing import FAR, NOW, as_read
from tests.school_portal.visits import a_visit, access_at, path_of
from tests.visits.test_cut_off import by_hand

HISTORIES = 30


class Changing(RuleBasedStateMachine):
    """One history."""

    by: ClassVar[models.User]
    visit: ClassVar[models.Visit]
    giver: ClassVar[Giver]
    path: ClassVar[str]
    clock: ClassVar[time_machine.Traveller]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each thing happened, over all histories."""

    @initialize()
    def begin(self) -> None:
        """Begin with the visit agreed, and nothing asked for."""
        self.now, self.day = NOW, FAR
        self.off_by = ""
        self.wishes: dict[date, tuple[str, bool]] = {}
        """By the first day of the visit that it was about: the half-day of the wish, and whether somebody saw to it.

        In the order in which they were asked for.
        """
        self.met: dict[date, int] = {}
        """By the same day: the move that has met the wish, which nothing but its undo lets wait again."""
        self.batches: list[tuple[int, date, str]] = []
        """What can be undone, with the day and who had cancelled it before."""
        self.clock.move_to(self.now, tick=False)
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    def does(self, name: str, verb: Callable[[], object], *, expected: bool) -> bool:
        """Do it; it is done exactly where it should be."""
        reasons: list[str] = []
        try:
            with transaction.atomic():
                verb()
        except RuleBroken as broken:
            reasons = broken.reasons
        assert expected == (not reasons), (name, reasons)
        self.seen[f"no {name}" if reasons else name] += 1
        return not reasons

    @property
    def wish(self) -> tuple[str, bool] | None:
        """The wish of the day on which the visit is, unless a move has met it."""
        return None if self.day in self.met else self.wishes.get(self.day)

    @property
    def is_in_time(self) -> bool:
        return timezone.localdate(self.now) <= by_hand(self.day, terms=False)

    def shown(self) -> str:
        sessions = list(models.Session.objects.filter(visit=self.visit))
        return as_shown(sessions, standing_change(self.visit, ChangeWhat.MOVE))

    @rule(is_stale=st.booleans())
    def school_cancels(self, is_stale: bool) -> None:
        """The host cancels, as it has read the visit, or as it was long ago."""
        seen = "stale" if is_stale else self.shown()
        given: dict[str, Any] = {"seen": seen, "call": str, "now": self.now}
        expected = self.off_by == "school" or (not self.off_by and self.is_in_time and not is_stale)
        verb = partial(cancel_by_school, self.visit.pk, Wish((), ChangeWhy.STAFF, ""), self.giver, **given)
        before = self.off_by
        if self.does("school cancels", verb, expected=expected) and not before:
            self.batches.append((models.Batch.objects.latest("pk").pk, self.day, before))
            self.off_by = "school"

    @rule(later=st.integers(3, 6), is_mended=st.booleans())
    def school_asks(self, later: int, is_mended: bool) -> None:
        """The host asks for the same weekday some weeks later; the office may have undone and moved before, so that it can."""
        if is_mended and self.off_by and self.batches:
            self.undoes()
        if is_mended and not self.off_by and not self.is_in_time:
            self.moves(3)
        half_day = HalfDay(self.day + timedelta(weeks=later), is_afternoon=False)
        wish = Wish([half_day], ChangeWhy.CLASH, "")
        given: dict[str, Any] = {"seen": self.shown(), "call": str, "now": self.now}
        is_same = not self.off_by and self.wish == (half_day.key, False)
        possible = self.is_in_time and half_day.day <= timezone.localdate(self.now) + timedelta(days=365)
        expected = is_same or (not self.off_by and possible and half_day.day not in {date(2026, 12, 25), date(2027, 1, 1)})
        if self.does("school asks", lambda: ask_for_another_day(self.visit.pk, wish, self.giver, **given), expected=expected):
            if not is_same:
                self.wishes.pop(self.day, None)
            self.wishes[self.day] = half_day.key, False
            self.met.pop(self.day, None)

    @precondition(lambda self: self.wishes)
    @rule()
    def school_takes_back(self) -> None:
        """The host takes its wish back, if one waits."""
        waits = not self.off_by and self.wish is not None
        ended = take_back_wish(self.visit.pk, self.giver, seen=self.shown(), now=self.now)
        assert ended == int(waits)
        if waits:
            self.seen["takes back"] += 1
            del self.wishes[self.day]

    @precondition(lambda self: not self.off_by)
    @rule()
    def office_cancels(self) -> None:
        """The office cancels it."""
        visit = models.Visit.objects.get(pk=self.visit.pk)
        verb = partial(cancel_visit, visit, code="weather", note="", by=self.by, now=self.now)
        self.does("office cancels", verb, expected=True)
        self.batches.append((models.Batch.objects.latest("pk").pk, self.day, ""))
        self.off_by = "office"

    @precondition(lambda self: not self.off_by)
    @rule(weeks=st.sampled_from([-2, -1, 1, 2, 3]))
    def office_moves(self, weeks: int) -> None:
        """The office moves it."""
        self.moves(weeks)

    @precondition(lambda self: not self.off_by and self.wish is not None)
    @rule(weeks=st.integers(1, 3), undone=st.integers(0, 2))
    def office_moves_to_and_fro(self, weeks: int, undone: int) -> None:
        """The office meets a wish, agrees on the day before again, and may take that back, or both."""
        self.moves(weeks)
        self.moves(-weeks)
        for _ in range(undone):
            self.undoes()

    def moves(self, weeks: int) -> None:
        """Move it by so many weeks, but not for ever."""
        visit, shift = models.Visit.objects.get(pk=self.visit.pk), timedelta(weeks=weeks)
        if not timezone.localdate(self.now) < self.day + shift <= date(2027, 3, 1):
            return
        to = {each.pk: Slot(each.day + shift, slot_of(each).starts, slot_of(each).ends) for each in visit.sessions.all()}
        digest = plan_move(visit, to, by=self.by, now=self.now).digest
        batch = move(visit, to, seen=digest, by=self.by, now=self.now)
        self.batches.append((batch.pk, self.day, self.off_by))
        left = [self.day] if self.wish is not None else []
        self.day += shift
        # An undo had taken it from there: it comes back by hand, and the wish stays over all the same.
        back = [self.day] if self.wish is not None else []
        self.meets([day for day in self.wishes if day in left + back], batch.pk)
        self.seen["office moves"] += 1
        self.seen["comes back to what it was moved from"] += self.day in self.met

    def meets(self, days: list[date], batch: int) -> None:
        """The move meets the wish that was asked for last; those before it are answered with it."""
        for day in days[:-1]:
            self.wishes[day] = self.wishes[day][0], True
        for day in days[-1:]:
            self.met[day] = batch

    @precondition(lambda self: self.batches)
    @rule()
    def office_undoes(self) -> None:
        """The office undoes what was done last."""
        self.undoes()

    def undoes(self) -> None:
        """Undo it, unless the day is over on which the visit was then."""
        if self.batches[-1][1] > timezone.localdate(self.now):
            pk, self.day, self.off_by = self.batches.pop()
            batch = undo(models.Batch.objects.get(pk=pk), by=self.by, now=self.now)
            assert batch.left_alone == []
            self.seen["lets a wish wait again"] += pk in self.met.values()
            self.met = {day: move for day, move in self.met.items() if move != pk}
            self.seen["undoes"] += 1

    @precondition(lambda self: not self.off_by and self.wish is not None)
    @rule()
    def office_sees_to_the_wish(self) -> None:
        """The office says that the day stands."""
        wish = standing_change(self.visit, ChangeWhat.MOVE)
        assert wish is not None
        see_to_changes(self.visit, as_read(wish), by=self.by, now=self.now)
        self.wishes[self.day] = self.wishes[self.day][0], True
        self.seen["day stands"] += 1

    @rule(hours=st.sampled_from([1, 26, 50]))
    def time_passes(self, hours: int) -> None:
        """The clock goes on, but not to the visit."""
        if timezone.localdate(self.now + timedelta(hours=hours)) < self.day:
            self.now += timedelta(hours=hours)
            self.clock.move_to(self.now, tick=False)

    @invariant()
    def home_page_and_mails_say_what_is_so(self) -> None:
        """What waits is on home; the page says who cancelled, or which day is asked for; no mail speaks of anything else."""
        wish = None if self.off_by else self.wish
        cancelled, asked = (standing_change(self.visit, kind) for kind in (ChangeWhat.CANCEL, ChangeWhat.MOVE))
        assert (cancelled is not None) == (self.off_by == "school")
        assert (asked and (asked.half_days[0], asked.seen_at is not None)) == wish
        page = Client().get(f"{self.path}change/").content.decode()
        assert ("cancelled it here" in page) == (self.off_by == "school")
        assert ("You have asked for another day" in page) == (wish is not None)
        assert ('value="cancel"' in page) == (not self.off_by and self.is_in_time)
        waiting = {change.what for change in models.SchoolChange.objects.to_see()}
        told = {draft.subject.split(":")[0] for draft in drafts("school-change", self.now)}
        should_wait = {"cancel": self.off_by == "school", "move": wish is not None and not wish[1]}
        assert waiting == {what for what, waits in should_wait.items() if waits}
        assert told <= {
            *(["The school has cancelled"] if "cancel" in waiting else []),
            *(["The school asks for another day"] if "move" in waiting else []),
        }


@pytest.mark.exhaustive
@pytest.mark.django_db
def test_in_every_history_home_the_page_and_the_mails_say_what_is_so() -> None:
    Changing.by, Changing.visit = manager(), a_visit(day=FAR)
    Changing.path = path_of(Changing.visit)
    Changing.giver = Giver("Jo", Changing.visit.school_id, access_at(Changing.visit.school))
    Changing.seen.clear()
    of_histories = settings(
        max_examples=examples(HISTORIES),
        stateful_step_count=25,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    with time_machine.travel(NOW, tick=False) as clock:
        Changing.clock = clock
        run_state_machine_as_test(Changing, settings=of_histories)
    if examples(HISTORIES) == HISTORIES:
        done = {
            "school cancels", "school asks", "no school asks", "takes back", "office cancels", "office moves", "undoes",
            "day stands", "comes back to what it was moved from", "lets a wish wait again",
        }  # fmt: skip
        assert {name for name in done if not Changing.seen[name]} == set(), Changing.seen
