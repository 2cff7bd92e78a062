"""Who could take a session: those who can first, nearest and least busy; the rest with every reason."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from schools import models
from schools.planning.queries import candidates_for
from tests import factories


@pytest.fixture
def area(db: None) -> models.Area:
    return factories.AreaFactory()


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, easting=330_000, northing=520_000)
    session: models.Session = factories.SessionFactory(visit__school=school)
    return session


def names(session: models.Session, on: date) -> list[str]:
    return [candidate.volunteer.name for candidate in candidates_for(session, on=on)]


def test_the_nearest_comes_first_then_the_least_busy_then_those_who_cannot(
    session: models.Session, area: models.Area, today: date
) -> None:
    busy = factories.able_volunteer(area, name="Busy", easting=331_000, northing=520_000)
    factories.able_volunteer(area, name="Free", easting=331_000, northing=520_000)
    factories.able_volunteer(area, name="Far", easting=350_000, northing=520_000)
    factories.able_volunteer(area, name="Unknown home")
    factories.able_volunteer(area, name="Too far", easting=350_000, northing=520_000, furthest_km=5)
    factories.VolunteerFactory(name="Not clear").areas.add(area)
    factories.CoverFactory(volunteer=busy, session__day=date(2026, 12, 1))
    assert names(session, today) == ["Free", "Busy", "Far", "Unknown home", "Too far", "Not clear"]
    too_far, not_clear = candidates_for(session, on=today)[-2:]
    assert too_far.can
    assert len(too_far.to_ask) == 1
    assert not not_clear.can
    assert len(not_clear.reasons) == 2
    assert too_far.kilometres == pytest.approx(20)


def test_people_of_other_areas_on_it_or_gone_are_not_named(session: models.Session, area: models.Area, today: date) -> None:
    factories.able_volunteer(factories.AreaFactory(), name="Elsewhere")
    factories.able_volunteer(area, name="Left", status="left")
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="On it"))
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asked"), state="offered")
    said_no = factories.able_volunteer(area, name="Said no")
    factories.CoverFactory(session=session, volunteer=said_no, state="declined")
    assert names(session, today) == ["Said no"]


def test_a_school_in_no_area_has_nobody(area: models.Area, today: date) -> None:
    factories.able_volunteer(area)
    school = factories.SchoolFactory(authority=factories.AuthorityFactory())
    assert candidates_for(factories.SessionFactory(visit__school=school), on=today) == []


def test_the_load_counts_this_terms_covers_alone(session: models.Session, area: models.Area, today: date) -> None:
    volunteer = factories.able_volunteer(area)
    for day, state, role in (
        (date(2026, 9, 10), "attended", "presenter"),
        (date(2026, 12, 10), "accepted", "lead"),
        (date(2027, 1, 10), "accepted", "lead"),
        (date(2026, 7, 10), "attended", "presenter"),
        (date(2026, 9, 11), "declined", "presenter"),
        (date(2026, 9, 12), "attended", "observer"),
    ):
        factories.CoverFactory(volunteer=volunteer, session__day=day, state=state, role=role)
    # A morning that was called off keeps who was down for it, and nobody went.
    off = factories.SessionFactory(visit__school=session.visit.school, day=date(2026, 10, 5), cancelled=True)
    factories.CoverFactory(volunteer=volunteer, session=off)
    (candidate,) = candidates_for(session, on=today)
    assert (candidate.load, candidate.been_here) == (2, 0)


def test_somebody_elsewhere_at_that_time_cannot(session: models.Session, area: models.Area, today: date) -> None:
    volunteer = factories.able_volunteer(area, name="Asha Rao")
    factories.CoverFactory(volunteer=volunteer, session__starts=time(9, 30), session__ends=time(10, 0))
    (candidate,) = candidates_for(session, on=today)
    assert "Asha Rao is at" in candidate.reasons[0]


def test_it_asks_the_same_of_one_volunteer_and_of_four(
    session: models.Session, area: models.Area, today: date, django_assert_num_queries: Callable[[int], Any]
) -> None:
    factories.able_volunteer(area)
    with django_assert_num_queries(4):
        assert len(candidates_for(session, on=today)) == 1
    for _ in range(3):
        factories.able_volunteer(area)
    with django_assert_num_queries(4):
        assert len(candidates_for(session, on=today)) == 4
