"""Whose rows somebody sees."""

from datetime import date

import pytest

from schools.accounts.models import Role
from schools.models import Cover
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    VolunteerFactory,
    analyst,
    coordinator_of,
    manager,
    user_with,
)

pytestmark = pytest.mark.django_db


def test_a_volunteer_sees_their_own_covers_alone_and_a_coordinator_those_of_their_areas(today: date) -> None:
    here, there = AreaFactory(), AreaFactory()
    me = VolunteerFactory(user=user_with(Role.VOLUNTEER))
    session = SessionFactory(visit__school=SchoolFactory(area=here))
    mine = CoverFactory(session=session, volunteer=me)
    partners = CoverFactory(session=session)
    no = CoverFactory(session=session, state="declined")
    elsewhere = CoverFactory(session=SessionFactory(visit__school=SchoolFactory(area=there)))
    seen = {
        me.user: {mine},
        coordinator_of(here): {mine, partners, no},
        manager(): {mine, partners, no, elsewhere},
        analyst(): set(),
        user_with(Role.VOLUNTEER): set(),
    }
    for user, covers in seen.items():
        assert set(Cover.objects.for_user(user, on=today)) == covers
