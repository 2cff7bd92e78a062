"""The lane: no more heavy answers at once than there are places; who came first gets in first; nobody is waited for in vain."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from schools.running import lane, web
from schools.running.lane import Turn, in_lane
from speakout.web_process import post_worker_init
from tests.live.installation import eventually
from tests.processes import started, together
from tests.profiles import examples
from tests.running.racing import installation, never_end, pass_once

pytestmark = pytest.mark.django_db

HISTORIES = 30


def page() -> HttpResponse:
    return HttpResponse("a page")


def file() -> StreamingHttpResponse:
    return StreamingHttpResponse(["a ", "file"])


@pytest.fixture(autouse=True)
def _an_answer_that_ends_ends_no_connection() -> Iterator[None]:
    """As Django's own client does it: the connection is the test's."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def single_place(settings: Settings) -> None:
    settings.SPEAKOUT_HEAVY_AT_ONCE = 1


@pytest.fixture
def two_places(settings: Settings) -> None:
    settings.SPEAKOUT_HEAVY_AT_ONCE = 2


@pytest.mark.usefixtures("single_place")
def test_a_page_frees_its_place_when_it_is_made_however_it_ends(now: datetime) -> None:
    def breaks() -> HttpResponse:
        msg = "it broke"
        raise LookupError(msg)

    assert in_lane("ana", page, now=now).content == b"a page"  # type: ignore[union-attr]  # else no assertion holds
    with pytest.raises(LookupError, match="it broke"):
        in_lane("ana", breaks, now=now)
    assert not isinstance(in_lane("ben", page, now=now), Turn)


@pytest.mark.usefixtures("single_place")
@pytest.mark.parametrize("is_read", [True, False])
def test_a_file_keeps_its_place_until_it_was_sent_or_nobody_takes_it_any_more(now: datetime, is_read: bool) -> None:
    answer: Any = in_lane("ana", file, now=now)
    assert in_lane("ben", page, now=now) == Turn(before=0, seconds=2)
    if is_read:
        assert answer.getvalue() == b"a file"
    else:
        answer.close()
    assert not isinstance(in_lane("ben", page, now=now), Turn)


@pytest.mark.usefixtures("single_place")
def test_who_asks_again_waits_once_and_who_does_not_is_passed_over(now: datetime) -> None:
    answer: Any = in_lane("ana", file, now=now)
    for _ in range(3):
        assert in_lane("ben", page, now=now) == Turn(before=0, seconds=2)
    assert in_lane("cas", page, now=now) == Turn(before=1, seconds=3)
    answer.close()
    assert in_lane("cas", page, now=now) == Turn(before=1, seconds=3), "the place is Ben's, who is expected"
    later = now + timedelta(seconds=9)
    assert not isinstance(in_lane("cas", page, now=later), Turn), "Ben was expected by then"


def test_without_a_limit_nobody_waits(settings: Settings, now: datetime) -> None:
    settings.SPEAKOUT_HEAVY_AT_ONCE = 0
    answers = [in_lane("ana", file, now=now) for _ in range(3)]
    assert not [answer for answer in answers if isinstance(answer, Turn)]


def test_a_process_that_sends_a_long_file_says_that_it_goes_on(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else gunicorn would end it after half a minute, in the middle of the file."""
    signs: list[int] = []
    monkeypatch.setattr(web, "_listeners", [])
    monkeypatch.setattr(web, "end_with", lambda first: None)  # else these tests would end with whoever began them
    post_worker_init(SimpleNamespace(notify=lambda: signs.append(1), ppid=os.getppid()))
    answer: Any = in_lane("ana", file, now=now)
    assert signs == []
    answer.getvalue()
    assert signs == [1, 1], "one for each piece"


class People(RuleBasedStateMachine):
    """Five people who come, come late or not at all, while places become free and clocks and caches do what they do."""

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.now = datetime.fromisoformat("2026-11-24T08:50:00+00:00")
        self.sent: list[Any] = []
        self.waiting: list[tuple[str, datetime]] = []
        """Who waits, the first who came first, and until when each is expected."""

    @rule(who=st.sampled_from(["ana", "ben", "cas", "dee", "eli"]))
    def comes(self, who: str) -> None:
        """Somebody asks for a file."""
        minute = timedelta(seconds=lane.KEPT)
        self.waiting = [(name, until) for name, until in self.waiting if self.now <= until <= self.now + minute]
        names = [name for name, _ in self.waiting]
        before = names.index(who) if who in names else len(names)
        answer: Any = in_lane(who, file, now=self.now)
        if isinstance(answer, Turn):
            assert answer.before == before
            assert before or len(self.sent) == 2, "who is first gets in as soon as there is a place"
            ticket = (who, self.now + timedelta(seconds=answer.seconds + lane.LATE))
            self.waiting[before : before + 1] = [ticket]
        else:
            assert before == 0, "nobody is overtaken"
            del self.waiting[:1]
            self.sent.append(answer)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 1))
    def is_sent(self, which: int) -> None:
        """A file was sent to its end, or its reader went away."""
        self.sent.pop(which % len(self.sent)).close()

    @rule(seconds=st.sampled_from([1, 5, 9, 30, -3600]))
    def time_passes(self, seconds: int) -> None:
        """Time goes on, or a clock is set back."""
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_queue_is_lost(self) -> None:
        """The cache is emptied."""
        cache.clear()
        self.waiting = []

    @invariant()
    def no_more_than_there_are_places(self) -> None:
        """The lane is never too full."""
        assert len(self.sent) <= 2

    def teardown(self) -> None:
        """Give every place back."""
        for answer in self.sent:
            answer.close()


@pytest.mark.usefixtures("two_places")
def test_people_get_in_as_they_came() -> None:
    of_histories = settings(
        max_examples=examples(HISTORIES),
        stateful_step_count=20,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(People, settings=of_histories)


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_at_once_only_as_many_work_as_there_are_places_and_all_get_in(tmp_path: Path) -> None:
    most = together(pass_once, [(str(tmp_path), number) for number in range(8)])
    assert set(most) <= {1, 2}
    assert not list(tmp_path.glob("*.made"))


@pytest.mark.django_db(transaction=True)
def test_the_places_of_a_killed_process_are_free_at_once(tmp_path: Path, now: datetime) -> None:
    process = started(never_end, str(tmp_path))
    try:
        eventually((tmp_path / "kept").exists)
        with installation(str(tmp_path)):
            assert in_lane("ana", page, now=now) == Turn(before=0, seconds=2)
            process.kill()
            process.join()
            eventually(lambda: not isinstance(in_lane("ana", page, now=now), Turn), seconds=10)
    finally:
        process.kill()
