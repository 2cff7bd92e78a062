"""Which area answers for a school on a day, and who coordinates it."""

from datetime import date

import pytest

from schools.accounts.models import User
from schools.directory.queries import area_of
from schools.directory.responsible import responsible_for_school
from schools.models import AreaAuthority, School
from tests.factories import AreaFactory, SchoolFactory, coordinator_of

pytestmark = pytest.mark.django_db


def coordinators_of(school: School, *, on: date) -> list[User]:
    return [row.user for row in responsible_for_school(school, on=on)]


def test_an_authority_that_was_handed_over_is_answered_for_by_the_area_of_the_day() -> None:
    before, after = AreaFactory(), AreaFactory()
    school = SchoolFactory(area=before)
    AreaAuthority.objects.filter(area=before).update(to_day=date(2026, 8, 31))
    AreaAuthority.objects.create(area=after, authority=school.authority, from_day=date(2026, 9, 1))
    old, new = coordinator_of(before), coordinator_of(after)
    coordinator_of(after, is_active=False)
    assert area_of(school, on=date(2026, 8, 31)) == before
    assert area_of(school, on=date(2026, 9, 1)) == after
    assert coordinators_of(school, on=date(2026, 8, 31)) == [old]
    assert coordinators_of(school, on=date(2026, 9, 1)) == [new]


def test_a_school_of_an_authority_that_no_area_holds_has_neither_area_nor_coordinator(today: date) -> None:
    school = SchoolFactory()
    AreaAuthority.objects.all().delete()
    assert area_of(school, on=today) is None
    assert coordinators_of(school, on=today) == []
    by_hand = SchoolFactory(authority=None)
    assert area_of(by_hand, on=today) is None
