"""Whole histories in real browsers against the real site behind a bad line: what somebody confirmed or typed is never lost.

A history is a list of steps (steps.py) that a seed makes. After it the line is good again, everybody signs in once more, and
ending.py says what has to hold. `.ci/full` plays 200 others each time, in two parts that run at once, and counts how often each
fault met a request; without its profile each part plays one, always the same.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.db.models.signals import post_save
from playwright.sync_api import BrowserContext, BrowserType, Error, ViewportSize
from pytest_django import Settings

from schools.visits.models import Headcount
from tests.e2e.charity import Charity
from tests.e2e.conftest import PHONE
from tests.e2e.phone import Server
from tests.e2e.phones.ending import ends
from tests.e2e.phones.faulty_proxy import OPENING, SENDING
from tests.e2e.phones.steps import STEPS, WEIGHTS
from tests.e2e.phones.world import World
from tests.profiles import SOAK, examples

pytestmark = [pytest.mark.e2e, pytest.mark.exhaustive, pytest.mark.django_db(transaction=True)]

FEW, MANY = 1, 100
"""How many histories each part plays: of a change, and in the long run."""
PARTS = [0, 1]
MOST_PROBLEMS = 5
"""After so many histories that failed, no other is played."""
FAULTS = {
    *(f"sending: {fault}" for fault in SENDING), *(f"opening: {fault}" for fault in OPENING),
    "signal lost", "server down", "released", "put away", "browser closed", "sign-in ended", "handed over", "signed out",
    "opened in tab 1",
}  # fmt: skip
"""Each of these happens at least 15 times in each of the two parts of the long run."""

type Step = tuple[str, int, int, int]


def history(seed: int) -> list[Step]:
    """The steps of one history; the same seed makes the same ones. The second phone and the second tab come in less often."""
    chance = random.Random(seed)  # noqa: S311  # no secret: the same seed makes the same steps
    names = chance.choices(list(STEPS), [*WEIGHTS.values()], k=chance.randint(26, 44))
    return [(name, chance.choice((0, 0, 0, 1)), chance.choice((0, 0, 1)), chance.randrange(100)) for name in names]


def seeds(part: int) -> range:
    """Which histories a part plays: SPEAKOUT_HISTORIES says the first seed and how many ("70 1"), the profile if it does not."""
    if wanted := os.environ.get("SPEAKOUT_HISTORIES"):
        first, number = map(int, wanted.split())
    elif examples(1) == SOAK:
        first, number = random.SystemRandom().randrange(1_000_000), MANY
    else:
        first, number = 1 + part, FEW
    return range(first, first + number)


@pytest.fixture
def world(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], settings: Settings, charity: Charity, tmp_path: Path
) -> Generator[World]:
    settings.STORAGES = {
        **settings.STORAGES, "staticfiles": {"BACKEND": "tests.e2e.phones.faulty_proxy.ReleasedStorage"},
    }  # fmt: skip
    server = Server()

    def launch(folder: Path) -> BrowserContext:
        size = ViewportSize(width=PHONE[0], height=PHONE[1])
        return browser_type.launch_persistent_context(folder, **browser_type_launch_args, viewport=size, locale="en-GB")

    world = World(launch, tmp_path, server)
    post_save.connect(world.note_write, sender=Headcount)
    yield world
    post_save.disconnect(world.note_write, sender=Headcount)
    world.proxy.heal()
    for handset in world.phones:
        handset.context.close()
    world.proxy.close()
    if world.is_up:
        server.stop()


@pytest.mark.parametrize("part", PARTS)
def test_whatever_happens_the_last_version_that_somebody_confirmed_is_stored_or_stands_on_the_phone(
    world: World, part: int
) -> None:
    played = seeds(part)
    happened: Counter[str] = Counter()
    lengths: list[int] = []
    problems: list[Exception] = []
    for seed in played:
        steps: list[str] = []
        try:
            world.begin()
            for name, phone, tab, choice in history(seed):
                came = STEPS[name](world, world.phones[phone], tab, choice)
                steps += [f"{name} on phone {phone} in tab {tab} ({choice}): {came}"] if came else []
                happened[came] += 1
            ends(world)
        except (AssertionError, Error) as problem:
            problem.add_note("\n".join([f"history {seed}", *steps]))
            problems.append(problem)
        lengths.append(len(steps))
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        msg = f"{len(problems)} of {len(lengths)} histories failed"
        raise ExceptionGroup(msg, problems)
    met = happened + world.proxy.met
    sys.stdout.write(f"{len(lengths)} histories from seed {played.start}, of a median of {median(lengths)} steps: {dict(met)}\n")
    if len(lengths) >= MANY:
        assert median(lengths) >= 20
        assert {fault: met[fault] for fault in FAULTS if met[fault] < 15} == {}
