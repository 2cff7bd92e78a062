"""The outbox alone, with a made-up network that loses, delays, hangs and answers nonsense: no confirmed report is ever lost."""

import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples_of
from hypothesis import strategies as st

from tests.e2e.charity import Charity
from tests.e2e.conftest import Opener
from tests.profiles import SOAK, examples

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

HARNESS = (Path(__file__).parent / "scripted_network.js").read_text()
FAULTS = ["lost", "unanswered", "hangs", "slow", "502", "500", "429", "portal", "redirect"]

STEPS = st.one_of(
    st.tuples(st.just("confirm"), st.integers(1, 60)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("send"), st.none()),
    st.tuples(st.just("send"), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 12)),
    st.tuples(st.just("partner"), st.integers(61, 90)),
    st.tuples(st.just("correct"), st.none()),
    st.tuples(st.just("expire"), st.none()),
    st.tuples(st.just("sign-in"), st.none()),
)
HISTORY = st.tuples(
    st.tuples(st.just("confirm"), st.integers(1, 60)), st.lists(STEPS, min_size=20, max_size=44)
).map(lambda made: [made[0], *made[1]])  # fmt: skip


def judge(history: list[Any], end: dict[str, Any]) -> None:
    """The last version is what the server has, or stands on the phone, refused and for the person to see; never neither."""
    last = end["confirmed"]
    stands = [value for state, value in end["left"] if state == "refused"]
    if not any(what == "partner" for what, _ in history):
        assert (end["stored"], end["left"]) == (last, [])
    elif end["stored"] != last:
        # Either the partner spoke after it was received, or it was refused and waits for a look.
        assert stands == [last] or last in end["writes"]
    assert len(end["left"]) <= 1
    ours = [key for key in end["keys"] if not key.startswith("partner")]
    assert len(ours) == len(set(ours))


def test_whatever_the_network_does_the_last_confirmed_version_arrives_or_stands_on_the_phone(
    charity: Charity, visitor: Opener
) -> None:
    margaret = visitor("outbox")
    margaret.signs_in("margaret@example.org")
    margaret.goes_to("/phone/")
    seen: Counter[str] = Counter()
    lengths: list[int] = []

    # In the long run each fault happens at least thirty times.
    number, least = (5_000, 30) if examples(1) == SOAK else (examples(100), 1)

    @examples_of(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=HISTORY)
    def run(history: list[Any]) -> None:
        end = margaret.page.evaluate(HARNESS, [list(step) for step in history])
        seen.update(end["seen"])
        lengths.append(len(history))
        judge(history, end)

    run()
    sys.stdout.write(f"{len(lengths)} histories of a median of {median(lengths)} steps: {dict(seen)}\n")
    assert median(lengths) >= 20
    assert {fault: seen[fault] for fault in FAULTS if seen[fault] < least} == {}
