"""The demo loaded once for all tests that only read it."""

from collections.abc import Generator
from datetime import date

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from schools.demo.actions import Size, load

ON = date(2026, 11, 24)


@pytest.fixture(scope="module")
def _loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """A small demo of 24 November 2026, in a transaction that is taken back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(Size.SMALL, years=2, seed=1, on=ON)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def small(_loaded: None, db: None) -> date:
    """The day of the loaded demo; what a test changes is taken back."""
    return ON
