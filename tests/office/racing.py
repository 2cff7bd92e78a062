"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime
from typing import Any

import time_machine

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def add_in_turn(user_id: int, letter: str, rounds: int, address: str, typed: dict[str, Any], box: str, of: str) -> int:
    """Open the form at the address and send what stands in its box with a letter more, again and again: how often it was stored.

    `of` names the table and the column of the box; it has one row.
    """
    from django.test import Client
    from django.test.utils import setup_test_environment

    from schools import models
    from tests.browsing import hidden

    setup_test_environment()
    table, column = of.split(".")
    rows = getattr(models, table).objects.values_list(column, flat=True)
    stored = 0
    with time_machine.travel(NOW, tick=True):
        client = Client()
        client.force_login(models.User.objects.get(pk=user_id))
        for _ in range(rounds):
            # Read after the page was: where somebody comes between the two, the page has seen less than is sent, never more.
            seen = hidden(client.get(address).content.decode())
            answer = client.post(address, {**seen, **typed, box: f"{rows.get()}{letter}"})
            stored += answer.status_code == 302
    return stored


def send(user_id: int, address: str, typed: dict[str, Any]) -> int:
    """Send to the address what was typed into its form before; the status of the answer."""
    from django.test import Client
    from django.test.utils import setup_test_environment

    from schools import models

    setup_test_environment()
    with time_machine.travel(NOW, tick=True):
        client = Client()
        client.force_login(models.User.objects.get(pk=user_id))
        return client.post(address, typed).status_code


def add_the_same(user_id: int, rounds: int, school_id: int) -> dict[str, str]:
    """Add sites to the school whose names another process gives at the same moment: by name, what became of it."""
    from django.test import Client
    from django.test.utils import setup_test_environment

    from schools import models
    from schools.directory.models.sites import NAME_TAKEN

    setup_test_environment()
    became = {}
    with time_machine.travel(NOW, tick=True):
        client = Client()
        client.force_login(models.User.objects.get(pk=user_id))
        for number in range(rounds):
            name = f"Lower Site {number}"
            typed = {"school": school_id, "name": name, "postcode": "LA9 4XX", "active": "on"}
            answer = client.post("/admin/schools/site/add/", typed)
            refused = "refused with a sentence" if NAME_TAKEN in answer.content.decode() else "shown without a reason"
            became[name] = "stored" if answer.status_code == 302 else refused
    return became


def send_well(user_id: int, address: str, typed: dict[str, Any]) -> None:
    """Send to the address what was typed into its form before. AssertionError where it is not stored."""
    status = send(user_id, address, typed)
    assert status == 302, status
