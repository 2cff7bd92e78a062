"""Days for a visit that is not booked yet: which are offered, and how many people could go."""

from datetime import date, time

import pytest

from schools import models
from schools.planning.queries.new_days import PeopleOnDay, fitting_days, people_who_could
from schools.visits.rules import NewSession
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def test_weekdays_in_term_from_two_weeks_ahead_are_offered() -> None:
    school = factories.SchoolFactory()
    assert fitting_days(school, on=TODAY, most=4, requested=None) == [date(2026, 12, day) for day in (8, 9, 10, 11)]
    models.Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 2), last_day=date(2026, 12, 9))
    models.Term.objects.create(nation="england", name="Spring", first_day=date(2027, 1, 6), last_day=date(2027, 3, 26))
    assert fitting_days(school, on=TODAY, most=3, requested=None) == [date(2026, 12, 8), date(2026, 12, 9), date(2027, 1, 6)]


def test_the_month_that_the_school_asked_for_comes_first_while_it_is_to_come() -> None:
    school = factories.SchoolFactory()
    asked = factories.VisitFactory(school=school, stage="requested", preferred_month=date(2027, 3, 1))
    assert fitting_days(school, on=TODAY, most=1, requested=asked) == [date(2027, 3, 1)]
    assert fitting_days(school, on=date(2027, 3, 20), most=1, requested=asked) == [date(2027, 4, 5)]


def test_people_who_could_go_are_counted_for_each_day_that_people_go_to() -> None:
    area = factories.AreaFactory()
    school = factories.SchoolFactory(area=area, easting=340_000, northing=555_000)
    factories.able_volunteer(area, easting=343_000, northing=559_000)
    factories.able_volunteer(area)
    factories.VolunteerFactory().areas.set([area])
    away = factories.able_volunteer(area)
    models.Away.objects.create(volunteer=away, first_day=date(2026, 12, 8), last_day=date(2026, 12, 8))
    ks1, online = (models.SessionType.objects.get(slug=slug) for slug in ("ks1-assembly", "online-ks1"))
    sessions = [NewSession(ks1, date(2026, 12, day), time(9, 15)) for day in (9, 8)]
    shown = NewSession(online, date(2026, 12, 10), time(9, 15))
    assert people_who_could(school, [*sessions, shown], on=TODAY) == [
        PeopleOnDay(date(2026, 12, 8), 2, 5.0),
        PeopleOnDay(date(2026, 12, 9), 3, 5.0),
    ]
    assert people_who_could(factories.SchoolFactory(), sessions[:1], on=TODAY) == [PeopleOnDay(date(2026, 12, 9), 0, None)]
    site = models.Site.objects.create(school=school, name="Lower Site", postcode="CA1 2AB", easting=343_000, northing=560_000)
    there = [NewSession(ks1, date(2026, 12, 9), time(9, 15), site=site)]
    assert people_who_could(school, there, on=TODAY) == [PeopleOnDay(date(2026, 12, 9), 3, 1.0)]
