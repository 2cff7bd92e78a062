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
