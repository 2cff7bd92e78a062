"""Histories of the day of a visit: what the school says and takes back, what the office does, what goes out, in any order.

What should be so is kept beside, in plain values: which alarms stand, who saw to them, and what each reader was last told.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from schools import models
from schools.visits.actions import cancel_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.school_alarms import open_alarms_again, see_to_alarms
from schools.visits.actions.undoing import undo
from schools.visits.queries import outstanding
from schools.visits.rules import Slot, slot_of
from schools.visits.rules.school_alarms import alarm_as_shown
from tests.factories import CoverFactory, able_volunteer
from tests.news import tell_and_send
from tests.profiles import examples
from tests.school_portal.visits import DAY, a_visit, path_of

HISTORIES, STEPS = 4, 20
"""The histories of each hour at which they begin."""
BEGINS = ((DAY - timedelta(days=1), (16, 40)), (DAY, (8, 10)), (DAY, (9, 20)))
OFFICE, MORNING = "school-alarm", "morning-alarm"
BACK = {"nobody": "here", "call_off": "on"}
"""The button that takes back what each says."""
STARTS = ((9, 0), (10, 0))
BEGIN, END = (8, 30), (10, 45)
"""Half an hour before the first session, and the end of the last."""
HOME = (9, 45)
"""The end of the session at which the person on the way is."""
MOST = 6

whats = st.sampled_from(sorted(BACK))


def at(day: date, clock: tuple[int, int]) -> datetime:
    return datetime(day.year, day.month, day.day, *clock, tzinfo=UTC)


class Said:
    """What the school said once of a day."""

    def __init__(self, day: date, what: str, since: datetime) -> None:
        self.day, self.what, self.since = day, what, since
        self.stands, self.is_seen = True, False
        self.told: set[str] = set()


class TheDay(RuleBasedStateMachine):
    """One history, of a visit with a coordinator, and with one person on the way who gets mail."""

    visit: ClassVar[models.Visit]
    by: ClassVar[models.User]
    path: ClassVar[str]
    start: ClassVar[datetime]
    clock: ClassVar[time_machine.Traveller]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each thing happened, over all histories."""

    @initialize()
    def begin(self) -> None:
        """Begin on the evening before, or in the morning, with nothing said."""
        self.now, self.day, self.is_off = self.start, DAY, False
        self.said: list[Said] = []
        self.last: dict[tuple[str, date, str], str] = {}
        """By reader, day and what was said: whether they heard last that it stands, or that it is over."""
        self.batches: list[tuple[int, date]] = []
        self.clock.move_to(self.now, tick=False)
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    @property
    def is_about_now(self) -> bool:
        """Whether the page is about the day: from 17:00 of the evening before until midnight."""
        eve = at(self.day - timedelta(days=1), (17, 0))
        return not self.is_off and eve <= self.now < at(self.day + timedelta(days=1), (0, 0))

    def standing(self, what: str = "") -> Iterator[Said]:
        """Yield what stands of the day on which the visit is."""
        return (each for each in self.said if each.stands and each.day == self.day and what in {"", each.what})

    def posts(self, do: str, *, expected: bool) -> None:
        """Press a button; it is done exactly where it should be, and else the page says what is so."""
        cache.clear()  # how often something can be sent is another promise
        answer = Client().post(self.path, {"do": do, "given_by": "Jo Bloggs"})
        assert (answer.status_code, self.now) == (302 if expected else 409, self.now), do
        self.seen[do if expected else f"no {do}"] += 1

    @rule(what=whats, devices=st.integers(1, 2))
    def says(self, what: str, devices: int) -> None:
        """The school says it, from one device or from two."""
        for _ in range(devices):
            in_time = self.now >= at(self.day, BEGIN) if what == "nobody" else self.now < at(self.day, END)
            is_there = any(self.standing(what))
            of_day = [each for each in self.said if each.day == self.day]
            expected = self.is_about_now and (is_there or (in_time and len(of_day) < MOST))
            self.posts(what, expected=expected)
            if expected and not is_there:
                self.said.append(Said(self.day, what, self.now))

    @rule(what=whats, devices=st.integers(1, 2))
    def takes_back(self, what: str, devices: int) -> None:
        """The school takes it back; where nothing stands, nothing is done, and nobody is puzzled."""
        for _ in range(devices):
            self.posts(BACK[what], expected=self.is_about_now)
            if self.is_about_now:
                for each in self.standing(what):
                    each.stands = False

    @precondition(lambda self: self.is_about_now and any(self.standing()))
    @rule()
    def takes_back_what_was_told(self) -> None:
        """The school takes back what was mailed, and that is mailed too: by chance alone this comes in few histories."""
        self.mails_go_out()
        self.takes_back(next(iter(self.standing())).what, devices=1)
        self.mails_go_out()

    @rule(is_back=st.booleans())
    def office_sees_to_it(self, is_back: bool) -> None:
        """Somebody in the office sees to all that stands, or takes that back."""
        rows = {row.pk: alarm_as_shown(row) for row in models.SchoolAlarm.objects.filter(over_at=None)}
        (open_alarms_again if is_back else see_to_alarms)(self.visit, rows, by=self.by, now=self.now)
        for each in self.said:
            each.is_seen = not is_back if each.stands else each.is_seen

    @precondition(lambda self: not self.is_off and timezone.localdate(self.now) <= self.day)
    @rule(is_moved=st.sampled_from([True, True, False]), is_undone=st.booleans())
    def office_cancels_or_moves(self, is_moved: bool, is_undone: bool) -> None:
        """The office cancels the visit, or moves it to the next day, at most once. On the evening before it may undo that.

        It cancels all of it or nothing: that what has begun stays is held by tests/visits/test_booking.py.
        """
        visit = models.Visit.objects.get(pk=self.visit.pk)
        if not is_moved and self.stay():
            return
        if not is_moved:
            cancel_visit(visit, code="school", note="", by=self.by, now=self.now)
        elif self.day != DAY:
            return
        else:
            to = {
                each.pk: Slot(each.day + timedelta(days=1), slot_of(each).starts, slot_of(each).ends)
                for each in visit.sessions.all()
            }
            move(visit, to, seen=plan_move(visit, to, by=self.by, now=self.now).digest, by=self.by, now=self.now)
        self.batches.append((models.Batch.objects.latest("pk").pk, self.day))
        self.is_off, self.day = not is_moved, self.day + timedelta(days=is_moved)
        self.seen["moved" if is_moved else "cancelled"] += 1
        if is_undone and timezone.localdate(self.now) < DAY:
            self.office_undoes()

    def stay(self) -> int:
        """Count by hand what stays where the visit is cancelled: it has begun, and the school had not called it off by then.

        Where nothing else is left, all of it goes: none of the visit took place.
        """
        called_off = [each.since for each in self.standing("call_off")]
        begin = [at(self.day, clock) for clock in STARTS]
        stay = [start for start in begin if start <= self.now and not any(since < start for since in called_off)]
        return len(stay) % len(begin)

    @precondition(lambda self: self.batches and timezone.localdate(self.now) < DAY)
    @rule()
    def office_undoes(self) -> None:
        """The office undoes what it did last, while it is the evening before."""
        pk, self.day = self.batches.pop()
        self.is_off = False
        assert undo(models.Batch.objects.get(pk=pk), by=self.by, now=self.now).left_alone == []
        self.seen["undone"] += 1

    @rule(minutes=st.sampled_from([5, 45, 150, 720]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on."""
        self.now += timedelta(minutes=minutes)
        self.clock.move_to(self.now, tick=False)

    def readers(self, day: date) -> list[str]:
        """Who is told: the coordinator, and who is on the way until their session ends.

        After a move they have been asked again, and have not answered.
        """
        return [OFFICE, *([MORNING] if day == DAY and self.now < at(DAY, HOME) else [])]

    def to_be_told(self) -> Counter[tuple[str, date, str, str]]:
        """By hand: what goes out now, by reader, day and what was said, and what each is told of it."""
        news: Counter[tuple[str, date, str, str]] = Counter()
        if self.is_off or self.day < timezone.localdate(self.now):
            return news
        for reader in self.readers(self.day):
            for what in BACK:
                key, standing = (reader, self.day, what), next(self.standing(what), None)
                if standing is not None and reader not in standing.told:
                    standing.told.add(reader)
                    news[*key, "stands"] += 1
                    self.last[key] = "stands"
                elif standing is None and self.last.get(key) == "stands":
                    news[*key, "over"] += 1
                    self.last[key] = "over"
        return news

    @rule()
    def mails_go_out(self) -> None:
        """The outbox is written and sent: each reader is told what is news to them, once."""
        before = set(models.OutboxMessage.objects.values_list("pk", flat=True))
        expected = self.to_be_told()
        tell_and_send(self.now, kinds=(OFFICE, MORNING))
        assert tell_and_send(self.now, kinds=(OFFICE, MORNING)) == 0
        sent: Counter[tuple[str, date, str, str]] = Counter()
        for message in models.OutboxMessage.objects.exclude(pk__in=before):
            kind, pk, *_ = message.key.split(":")
            alarm = models.SchoolAlarm.objects.get(pk=int(pk))
            assert message.sent_at
            sent[kind, alarm.day, alarm.what, "over" if message.key.endswith(":over") else "stands"] += 1
        assert sent == expected
        for *_, told in sent:
            self.seen[f"told {told}"] += 1

    @invariant()
    def page_and_home_say_what_is_so(self) -> None:
        """One row for each thing that stands, which the page lists, and home while nobody saw to it; the visit is untouched."""
        rows = Counter(models.SchoolAlarm.objects.filter(over_at=None).values_list("day", "what"))
        assert rows == Counter((each.day, each.what) for each in self.said if each.stands)
        waits = not self.is_off and any(not each.is_seen for each in self.standing())
        assert outstanding.with_alarms(models.Visit.objects.all()).exists() == waits
        if self.is_about_now:
            page: Any = Client().get(self.path).context["page"]
            assert {alarm.what for alarm in page.alarms} == {each.what for each in self.standing()}
        stages = set(models.Session.objects.values_list("stage", flat=True))
        assert stages == {"cancelled" if self.is_off else "scheduled"}, "an alarm changes neither visit nor session"


@pytest.mark.django_db
def test_in_every_history_of_the_day_each_reader_is_told_once_what_is_so() -> None:
    TheDay.visit = a_visit()
    assert TheDay.visit.coordinator
    TheDay.by, TheDay.path = TheDay.visit.coordinator, path_of(TheDay.visit)
    cleo = able_volunteer(models.Area.objects.get(), name="Cleo Way", signs_in=True)
    CoverFactory(session=TheDay.visit.sessions.order_by("starts")[0], volunteer=cleo)
    TheDay.seen.clear()
    of_histories = settings(
        # Each of its acts has its hour: so many histories bring all of them up in the long run.
        max_examples=HISTORIES if examples(HISTORIES) <= HISTORIES else 10 * HISTORIES,
        stateful_step_count=STEPS,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    with time_machine.travel(at(DAY, (8, 10)), tick=False) as clock:
        TheDay.clock = clock
        # By chance alone one of the hours comes so seldom that what is done in no other comes up in no history.
        for day, hour in BEGINS:
            TheDay.start = at(day, hour)
            run_state_machine_as_test(TheDay, settings=of_histories)
    if examples(HISTORIES) > HISTORIES:
        done = {"nobody", "call_off", "here", "on", "no nobody", "no call_off", "moved", "cancelled", "undone"}
        assert {name for name in (*done, "told stands", "told over") if not TheDay.seen[name]} == set(), TheDay.seen
