"""Slots of a rate limit: each goes to one caller, and where none is free that costs next to nothing."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from schools.core.rate_limits import take_slot
from tests.accounts.guessing import SHARED_CACHE


@pytest.mark.django_db
def test_so_many_get_a_slot_and_whoever_comes_after_them_costs_one_statement(settings: Settings) -> None:
    settings.CACHES = SHARED_CACHE
    call_command("createcachetable")
    assert [take_slot("door", limit=20, seconds=60) for _ in range(21)] == [True] * 20 + [False]
    assert take_slot("another door", limit=1, seconds=60)
    with CaptureQueriesContext(connection) as statements:
        assert not take_slot("door", limit=20, seconds=60)
    assert len(statements) == 1
