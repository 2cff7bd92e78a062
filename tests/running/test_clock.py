"""The clock's table: each job is taken by one clock, caught up once, and taken up again where its clock died."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError

from schools.core.clocks import Clock
from schools.office.running.jobs import JOBS
from schools.running.actions import KILLED, Job, take
from schools.running.clockwork import Clockwork
from schools.running.models import SILENCE, PeriodicJob, SignOfLife
from schools.running.schedules import Daily, Every
from tests.processes import together
from tests.running.test_health import NOW, sentence

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)


class Hands:
    """The hands of a clock that a test moves, and what was run when."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.runs: list[tuple[str, datetime]] = []
        self.problem: Exception | None = None

    def __call__(self) -> datetime:
        return self.now

    def job(self, name: str, schedule: Every | Daily) -> Job:
        def run(clock: Clock) -> str:
            self.runs.append((name, clock()))
            if self.problem:
                raise self.problem
            return "done"

        return Job(name, name.capitalize(), schedule, run)

    def go(self, clockwork: Clockwork, minutes: int = 0) -> None:
        """Let the minutes pass, and look at the table in each."""
        for minute in range(minutes + 1):
            self.now += MINUTE if minute else timedelta(0)
            for job in clockwork.take_due():
                clockwork.run_job(job)


@pytest.fixture
def hands(now: datetime) -> Hands:
    return Hands(now)


def row(name: str = "quick") -> PeriodicJob:
    return PeriodicJob.objects.get(name=name)


def test_a_new_job_is_run_at_once_and_then_as_its_schedule_says(hands: Hands, now: datetime) -> None:
    clockwork = Clockwork([hands.job("quick", Every(5 * MINUTE)), hands.job("daily", Daily(time(9), LONDON))], clock=hands)
    hands.go(clockwork, 12)
    assert sorted(hands.runs) == [
        ("daily", now), ("daily", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("quick", now), ("quick", now + 5 * MINUTE), ("quick", now + 10 * MINUTE),
    ]  # fmt: skip
    stored = row()
    assert (stored.outcome, stored.failures, stored.taken_by) == ("done", 0, "")
    assert (stored.started_at, stored.finished_at, stored.well_at) == (now + 10 * MINUTE,) * 3
    assert stored.due_at == now + 15 * MINUTE


def test_after_a_pause_of_days_each_job_is_caught_up_once(hands: Hands) -> None:
    clockwork = Clockwork([hands.job("quick", Every(MINUTE)), hands.job("daily", Daily(time(7), LONDON))], clock=hands)
    hands.go(clockwork)
    hands.runs.clear()
    hands.now += timedelta(days=9)
    hands.go(clockwork)
    assert sorted(name for name, _ in hands.runs) == ["daily", "quick"]


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-400), timedelta(hours=1), timedelta(days=400)])
def test_a_jump_of_the_clock_stops_no_job_and_repeats_none(hands: Hands, jump: timedelta) -> None:
    clockwork = Clockwork([hands.job("quick", Every(5 * MINUTE)), hands.job("daily", Daily(time(7), LONDON))], clock=hands)
    hands.go(clockwork, 3)
    hands.now += jump
    hands.runs.clear()
    hands.go(clockwork, 10)
    quick = [at for name, at in hands.runs if name == "quick"]
    assert 2 <= len(quick) <= 3
    assert len(hands.runs) - len(quick) <= 1
    assert hands.now < row("daily").due_at <= hands.now + timedelta(days=1)


def test_a_clock_set_back_while_a_job_runs_is_no_sign_that_it_died(hands: Hands) -> None:
    clockwork = Clockwork([hands.job("quick", Every(MINUTE))], clock=hands)
    assert len(list(clockwork.take_due())) == 1
    hands.now -= timedelta(hours=1)
    PeriodicJob.objects.update(seen_at=hands.now)  # what the clock does with its running jobs first
    list(Clockwork([], clock=hands).take_due())
    assert row().taken_by == clockwork.name


@pytest.mark.parametrize(
    ("start", "minutes"),
    [
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 12 * 60),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), 12 * 60),
        (datetime(2026, 7, 31, 12, tzinfo=UTC), 24 * 60),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), 24 * 60),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), 24 * 60),
    ],
)
@pytest.mark.exhaustive
def test_on_odd_nights_the_daily_job_runs_once_and_the_others_as_ever(start: datetime, minutes: int) -> None:
    hands = Hands(start)
    clockwork = Clockwork(
        [hands.job("half-hourly", Every(30 * MINUTE)), hands.job("daily", Daily(time(1, 30), LONDON))], clock=hands
    )
    hands.go(clockwork)
    hands.runs.clear()
    for _ in range(minutes // 10):
        hands.now += 10 * MINUTE
        hands.go(clockwork)
    names = [name for name, _ in hands.runs]
    assert (names.count("daily"), names.count("half-hourly")) == (1, minutes // 30)


def test_a_job_that_fails_is_tried_again_at_once_and_then_later_and_later(hands: Hands, now: datetime) -> None:
    clockwork = Clockwork([hands.job("daily", Daily(time(7), LONDON))], clock=hands)
    hands.problem = ValueError("the disk is full")
    hands.go(clockwork, 60)
    minutes = [(at - now) // MINUTE for _, at in hands.runs]
    pauses = [later - sooner for sooner, later in pairwise(minutes)]
    assert pauses == [1, 1, 3, 7, 15, 31], "the clock looks once a minute here; the first pause is none"
    stored = row("daily")
    assert stored.failures == len(minutes)
    assert (stored.outcome, stored.well_at) == ("ValueError: the disk is full", None)
    assert list(PeriodicJob.objects.in_trouble()) == [stored]
    hands.problem = None
    hands.go(clockwork, 60)
    assert (row("daily").failures, row("daily").outcome) == (0, "done")


def test_a_job_that_fails_for_months_stops_no_other(hands: Hands, now: datetime) -> None:
    clockwork = Clockwork([hands.job("daily", Daily(time(7), LONDON))], clock=hands)
    hands.problem = ValueError("the disk is full")
    hands.go(clockwork)
    PeriodicJob.objects.update(failures=32_767, due_at=now)  # as many as PostgreSQL holds there
    hands.go(clockwork)
    assert 30_000 <= row("daily").failures <= 32_767
    assert list(clockwork.take_due()) == []


def test_a_job_whose_clock_was_killed_is_taken_up_by_another_clock(hands: Hands, now: datetime) -> None:
    job = hands.job("daily", Daily(time(7), LONDON))
    killed, other = Clockwork([job], clock=hands), Clockwork([job], clock=hands)
    assert list(killed.take_due()) == [job]
    hands.go(other, 5)
    assert hands.runs == [("daily", now + SILENCE + MINUTE)]
    stored = row("daily")
    assert (stored.taken_by, stored.failures, stored.outcome) == ("", 0, "done")
    killed.run_job(job)  # it was not dead, only slow: what it writes of its end counts no more
    assert row("daily").finished_at == now + SILENCE + MINUTE


def test_what_was_taken_is_run_though_the_database_goes_away_in_the_next_moment(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    clockwork = Clockwork([hands.job("first", Every(MINUTE)), hands.job("second", Every(MINUTE))], clock=hands)
    tried: list[str] = []

    def take_the_first_alone(job: Job, *given: Any, **by: Any) -> bool:
        tried.append(job.name)
        if len(tried) == 2:
            raise OperationalError("the database goes away")
        return take(job, *given, **by)

    monkeypatch.setattr("schools.running.clockwork.take", take_the_first_alone)
    with pytest.raises(OperationalError):
        hands.go(clockwork)
    assert [name for name, _ in hands.runs] == tried[:1]
    assert row(tried[0]).outcome == "done"


def test_a_job_that_kills_every_clock_is_not_run_again_and_again(hands: Hands) -> None:
    job = hands.job("daily", Daily(time(7), LONDON))
    taken = 0
    for _ in range(120):
        taken += len(list(Clockwork([job], clock=hands).take_due()))
        hands.now += MINUTE
    assert taken == 7, "two minutes of silence each, and pauses of 0, 1, 3, 7, 15 and 31 minutes"
    assert row("daily").failures == 7
    assert row("daily").outcome == KILLED


def take_everything(_: int) -> int:
    """In a process of its own: how many of thirty jobs a clock gets."""
    from datetime import UTC, datetime, timedelta

    from schools.running.actions import Job
    from schools.running.clockwork import Clockwork
    from schools.running.schedules import Every

    jobs = [Job(f"job {number}", "", Every(timedelta(hours=1)), lambda _: "") for number in range(30)]
    clockwork = Clockwork(jobs, clock=lambda: datetime(2026, 11, 24, 8, 50, tzinfo=UTC))
    return len([*clockwork.take_due(), *clockwork.take_due()])


@pytest.mark.django_db(transaction=True)
def test_of_four_clocks_at_once_one_takes_each_job() -> None:
    assert sum(together(take_everything, [(number,) for number in range(4)])) == 30


def test_the_clock_runs_every_job_there_is_and_a_second_run_at_once_does_nothing(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        call_command("clock", "--once")
        assert {stored.name: stored.failures for stored in PeriodicJob.objects.all()} == {job.name: 0 for job in JOBS}
        PeriodicJob.objects.update(outcome="")
        call_command("clock", "--once")
    assert set(PeriodicJob.objects.values_list("outcome", flat=True)) == {""}
    assert not SignOfLife.objects.exists()


def test_no_two_jobs_have_one_name_and_every_name_fits() -> None:
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 50


def test_old_signs_of_life_and_jobs_that_are_gone_are_removed(now: datetime) -> None:
    for name, age in (("old", timedelta(days=2)), ("new", timedelta(hours=1))):
        SignOfLife.objects.create(name=name, process="mail", machine="one", started_at=now - age, seen_at=now - age)
    PeriodicJob.objects.create(name="of an earlier version", due_at=now)
    with time_machine.travel(now, tick=False):
        call_command("clock", "--once")
    assert [sign.name for sign in SignOfLife.objects.all()] == ["new"]
    assert not PeriodicJob.objects.filter(name="of an earlier version").exists()


def test_where_work_is_done_at_once_the_clock_alone_is_missed_and_no_job_has_run() -> None:
    assert sentence("clock") == "None is there. What is due by itself waits for one, such as reminders and mails held at night."
    assert sentence("jobs") == "None has run yet."
    SignOfLife.objects.create(name="clock-1", process="clock", started_at=NOW, seen_at=NOW)
    assert sentence("clock") == "1 is there."
