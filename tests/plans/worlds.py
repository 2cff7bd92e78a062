"""What the statements are tried on: one row of everything, and ways of a page that only a large charity takes."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from schools import models
from schools.accounts.actions import new_office_feed
from schools.office.calendar import board
from schools.office.schools import due_list
from schools.reach.actions.tokens import make_token
from schools.volunteers.actions import new_calendar_address
from tests.keeping.things import THINGS
from tests.office.conftest import NOW
from tests.test_audience import World

LONG_AGO = date(2010, 3, 1)
"""So long that whatever has a period of keeping is kept no longer."""


@pytest.fixture
def filled(world: World) -> World:
    """The world with a row of each period of keeping besides, kept long enough to be removed."""
    for make in THINGS.values():
        make(LONG_AGO)
    return world


@pytest.fixture
def as_nation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages go the way that they go where there are too many schools or mornings to read them all."""
    monkeypatch.setattr(due_list, "MOST_READ", 0)
    monkeypatch.setattr(board, "MOST_SHOWN", 0)


def addresses_with_a_secret(world: World) -> dict[str, tuple[str, dict[str, Any]]]:
    """The addresses that nobody's session opens, by the name of the URL, with what is sent in the head of the request."""
    manager, coordinator = (world.people[role] for role in "MC")
    assert isinstance(manager, models.User)
    assert isinstance(coordinator, models.User)
    of_program = {"Authorization": f"Bearer {make_token('Site', areas=[], everywhere=True, by=manager, now=NOW)[1]}"}
    return {
        "calendar-feed": (reverse("calendar-feed", args=[new_calendar_address(world.volunteer, now=NOW)]), {}),
        "admin:calendar-feed": (reverse("admin:calendar-feed", args=[new_office_feed(coordinator, now=NOW)]), {}),
        "reach-json": (reverse("reach-json") + "?period=2026/27&by=area", of_program),
        "dose-json": (reverse("dose-json"), of_program),
    }
