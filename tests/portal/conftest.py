"""What several tests of the portal have in common: Asha, and the mornings that she was asked to lead, or leads."""

from collections.abc import Iterator

import pytest
import time_machine

from schools.directory.models import Area
from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import BEFORE, morning_at, school_in


@pytest.fixture
def before() -> Iterator[None]:
    """It is some days before the mornings of these tests."""
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rahman")


@pytest.fixture
def offered(asha: Volunteer, area: Area) -> list[Session]:
    """A morning of two sessions that Asha was asked to lead."""
    return morning_at(school_in(area, name="Oak Primary"), asha, state="offered")


@pytest.fixture
def down(asha: Volunteer, area: Area) -> list[Session]:
    """A morning of two sessions that Asha leads."""
    return morning_at(school_in(area, name="Oak Primary"), asha)
