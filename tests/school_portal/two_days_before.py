"""Fixtures of tests in which the office looks at what a school said of its visit two days before it."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.school_portal.taking import office_of
from tests.school_portal.visits import BEFORE, a_visit


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    return a_visit()


@pytest.fixture
def office(visit: models.Visit) -> Client:
    return office_of(visit)
