"""Each fault is on `/ready/` within a minute, and gone within a minute of its end, without a hand; `/live/` stays."""

import time
from collections.abc import Iterator

import pytest

from schools.running.health import KEPT
from schools.running.processes import PROCESSES
from tests.live.installation import Installation, eventually

MINUTE = 60.0
NOTHING_HANGS = 30.0
"""Far more than the three seconds after which `/ready/` answers; on a machine with other work a request may take longer."""


@pytest.fixture(scope="module")
def live(made: Installation) -> Iterator[Installation]:
    for process in PROCESSES:
        made.start(process)
    made.is_ready()
    yield made
    made.kill_all()


def start(live: Installation, name: str) -> None:
    live.start(next(process for process in PROCESSES if process.name == name))


@pytest.mark.parametrize("name", ["mail", "heavy", "clock"])
def test_a_killed_process_is_missed_and_seen_again(live: Installation, name: str) -> None:
    live.kill(name)
    eventually(lambda: live.ask("/ready/") == 503, seconds=MINUTE)
    assert live.ask("/live/") == 200
    start(live, name)
    live.is_ready(seconds=MINUTE)


def test_without_the_database_monitors_are_answered_at_once(live: Installation) -> None:
    live.postgres.stop()
    try:
        time.sleep(2 * KEPT)  # an answer is given again that rests on what was seen before, and that is kept as long
        eventually(lambda: live.readiness() == {503}, seconds=MINUTE)
        began = time.monotonic()
        assert [live.ask("/live/") for _ in range(5)] == [200] * 5
        assert live.ask("/ready/") == 503
        assert time.monotonic() - began < NOTHING_HANGS
    finally:
        live.postgres.start()
    live.is_ready(seconds=MINUTE)


def test_the_log_has_a_line_for_each_request_and_says_when_it_is_well_again(live: Installation) -> None:
    live.ask("/invitation/a-secret-of-somebody/")
    log = eventually(lambda: "GET invitation/" in live.log("web") and live.log("web"))
    assert "a-secret-of-somebody" not in log
    assert "All is well again" in log
    assert "/ready" not in log
