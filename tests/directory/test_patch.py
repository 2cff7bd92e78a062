"""Whose patch: areas and authorities of somebody's day, looked up once for as long as the user object lives."""

from datetime import date, timedelta
from typing import Any

import pytest

from schools import models
from schools.directory.models.areas import Patch
from tests import factories

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 24)


def test_a_patch_is_what_the_areas_of_the_day_hold_that_day(django_assert_num_queries: Any) -> None:
    mine, former = factories.AreaFactory(), factories.AreaFactory()
    user = factories.coordinator_of(mine)
    models.AreaCoordinator.objects.create(user=user, area=former, to_day=ON - timedelta(days=1))
    here, gone = (factories.SchoolFactory(area=mine).authority for _ in range(2))
    models.AreaAuthority.objects.filter(authority=gone).update(to_day=ON - timedelta(days=1))
    with django_assert_num_queries(2):
        patch = Patch.of(user, on=ON)
        assert Patch.of(user, on=ON) is patch
    assert patch.areas == (mine.pk,)
    assert here != gone
    assert patch.authorities == (here.pk,)
    assert set(Patch.of(user, on=ON - timedelta(days=1)).areas) == {mine.pk, former.pk}


def test_areas_of_a_user_are_those_of_their_patch_where_it_is_not_looked_up(django_assert_num_queries: Any) -> None:
    mine, former, _ = (factories.AreaFactory() for _ in range(3))
    user = factories.coordinator_of(mine)
    models.AreaCoordinator.objects.create(user=user, area=former, to_day=ON - timedelta(days=1))
    for day in (ON, ON - timedelta(days=1)):
        with django_assert_num_queries(1):
            areas = list(models.Area.objects.looked_after_by(user, on=day))
        assert areas == list(models.Area.objects.coordinated_by(user, on=day))


def test_the_next_request_looks_it_up_anew() -> None:
    user = factories.coordinator_of(factories.AreaFactory())
    before = Patch.of(user, on=ON)
    models.AreaCoordinator.objects.create(user=user, area=factories.AreaFactory())
    assert Patch.of(user, on=ON) == before
    assert len(Patch.of(models.User.objects.get(pk=user.pk), on=ON).areas) == 2


def test_the_words_of_a_user_are_those_of_their_areas() -> None:
    """A session delivered in the area before its school left it, one at a school there now, and one that is elsewhere."""
    mine, other = factories.AreaFactory(), factories.AreaFactory()
    user = factories.coordinator_of(mine)
    left = factories.SessionFactory(visit__school=factories.SchoolFactory(area=other), delivered=True, day=ON, area=mine)
    here = factories.SessionFactory(visit__school=factories.SchoolFactory(area=mine))
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=other))
    areas = models.Area.objects.filter(pk=mine.pk)
    assert set(models.Session.objects.for_user(user, on=ON)) == {left, here}
    assert set(models.Session.objects.in_areas(areas, on=ON)) == {left, here}
    assert set(models.Visit.objects.for_user(user, on=ON)) == {left.visit, here.visit}
    assert set(models.School.objects.for_user(user, on=ON)) == {here.visit.school}
    assert set(models.School.objects.in_areas(areas, on=ON)) == {here.visit.school}
