"""The rating of half-days, against the rules that are asked for each person, day and session by themselves."""

import random
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools import models
from schools.core.periods import Period
from schools.planning.half_days import Rated, best_of
from schools.planning.queries.half_days import around, rated_half_days
from schools.visits.half_days import HalfDay
from schools.visits.rules import reasons_not_to_claim
from tests import factories
from tests.planning.offering import NOW, ON, THREE, TUESDAY, a_school, assemblies, people

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 12, 14)
WEEK = Period(MONDAY, date(2026, 12, 18), "a week")


def rated(school: models.School, period: Period = WEEK, **options: Any) -> list[Rated]:
    planned = assemblies(school)
    return rated_half_days(school, around(school, period, on=ON), planned.types, planned.people, on=ON, **options)


def on_day(school: models.School, half_day: HalfDay) -> Rated:
    return next(each for each in rated(school) if each.half_day == half_day)


def test_half_days_are_weekdays_in_term_two_weeks_ahead_without_holidays_and_closed_periods() -> None:
    area = factories.AreaFactory()
    school = a_school(area)
    period = Period(date(2026, 12, 1), date(2027, 1, 8), "winter")
    models.Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 2), last_day=date(2026, 12, 9))
    models.Term.objects.create(nation="england", name="Spring", first_day=date(2026, 12, 31), last_day=date(2027, 3, 26))
    models.ClosedPeriod.objects.create(area=area, first_day=date(2027, 1, 5), last_day=date(2027, 1, 7))
    models.ClosedPeriod.objects.create(area=factories.AreaFactory(), first_day=date(2026, 12, 1), last_day=date(2027, 1, 31))
    there = around(school, period, on=ON)
    assert there.area == area.pk
    days = [date(2026, 12, 8), date(2026, 12, 9), date(2026, 12, 31), date(2027, 1, 4), date(2027, 1, 8)]
    assert there.half_days == [HalfDay(day, is_afternoon) for day in days for is_afternoon in (False, True)]
    models.Term.objects.create(
        nation="england", authority=school.authority, name="Own", first_day=date(2026, 12, 8), last_day=date(2026, 12, 8)
    )
    assert {each.day for each in around(school, period, on=ON).half_days} == {date(2026, 12, 8)}


def test_a_template_asks_for_the_types_of_its_first_day_that_fit_the_school() -> None:
    school = a_school(factories.AreaFactory(), low_age=4, high_age=7)
    by_name = {each.name: each for each in around(school, WEEK, on=ON).planned}
    assert not any(name.startswith(("Online", "Workshops, class")) for name in by_name)
    needed = models.SessionType.objects.filter(slug="ks1-assembly", needs_sign_off=True).values_list("pk", flat=True)
    assert by_name["KS1 and KS2 assemblies, one morning"].types == frozenset(needed)
    assert by_name["KS1 and KS2 assemblies, one morning"].people == 2


def naive(school: models.School, half_day: HalfDay) -> int:
    """How many people of the area could take a session of each type that fills the half-day, by the rules themselves."""
    visit = models.Visit(school=school, stage="planned")
    types = models.SessionType.objects.filter(pk__in=assemblies(school).types)
    sessions = [
        models.Session(pk=-1, visit=visit, type=kind, day=half_day.day, starts=half_day.starts, ends=half_day.ends)
        for kind in types
    ]
    area = models.Area.objects.get(holdings__authority=school.authority)
    return sum(
        not any(reasons_not_to_claim(person, session, role="presenter", on=ON) for session in sessions)
        for person in models.Volunteer.objects.filter(areas=area)
    )


def somebody(area: models.Area, school: models.School, chance: random.Random) -> None:
    """A person of whom anything may be known that the rules ask for."""
    person = factories.VolunteerFactory(
        status=chance.choice(["active"] * 4 + ["paused"]),
        easting=340_000 + chance.randrange(-30_000, 30_000),
        northing=chance.choice([555_000, None]),
        furthest_km=chance.choice([None, 10, 25]),
    )
    person.areas.set([area])
    may_go(person, chance)
    wants_to_go(person, chance)
    if chance.random() < 0.1:
        models.Conflict.objects.create(volunteer=person, school=school)
    if chance.random() < 0.6:
        hour = chance.choice([8, 9, 11, 12, 13, 15])
        there = {"visit__school": factories.SchoolFactory(easting=340_000 + chance.choice([0, 20_000]), northing=555_000)}
        day = MONDAY + timedelta(days=chance.randrange(5))
        busy = factories.SessionFactory(day=day, starts=time(hour, 15), ends=time(hour, 45), **there)
        if chance.random() < 0.4:
            place = {"easting": 340_000 + chance.choice([0, 20_000]), "northing": 555_000}
            busy.site = models.Site.objects.create(school=busy.visit.school, name="Lower Site", postcode="CA1 2AB", **place)
            busy.save()
        factories.CoverFactory(session=busy, volunteer=person)


def may_go(person: models.Volunteer, chance: random.Random) -> None:
    """Clearances and sign-offs that begin or end in the week."""
    for _ in range(chance.randrange(1, 3)):
        ends = MONDAY + timedelta(days=chance.choice([-1, 2, 300]))
        withdrawn = chance.choice([None, None, MONDAY + timedelta(days=1)])
        factories.ClearanceFactory(
            volunteer=person, recheck_on=ends, withdrawn_on=withdrawn, scheme=chance.choice(["dbs", "dbs", "pvg"])
        )
    for kind in models.SessionType.objects.filter(slug__in=["ks1-assembly", "ks2-assembly"]):
        if chance.random() < 0.9:
            recheck = chance.choice([None, None, MONDAY + timedelta(days=3)])
            day = chance.choice([date(2025, 1, 2), date(2025, 1, 2), MONDAY + timedelta(days=1)])
            factories.SignOffFactory(volunteer=person, session_type=kind, day=day, recheck_on=recheck)


def wants_to_go(person: models.Volunteer, chance: random.Random) -> None:
    """Days away, and half-days on which they usually can."""
    if chance.random() < 0.3:
        first = MONDAY + timedelta(days=chance.randrange(5))
        models.Away.objects.create(volunteer=person, first_day=first, last_day=first + timedelta(days=chance.randrange(2)))
    if chance.random() < 0.5:
        for weekday in range(5):
            part = chance.choice(["morning", "afternoon"])
            models.Availability.objects.create(volunteer=person, weekday=weekday, part=part)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_counts_whom_the_rules_let_go_without_a_question(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    area = factories.AreaFactory()
    school = a_school(area, easting=340_000, northing=555_000)
    for _ in range(12):
        somebody(area, school, chance)
    counted = {each.half_day: each.free for each in rated(school)}
    chosen = chance.sample(sorted(counted), 4)
    assert {half_day: counted[half_day] for half_day in chosen} == {half_day: naive(school, half_day) for half_day in chosen}
    assert any(counted.values())


def test_what_is_booked_and_has_too_few_people_keeps_its_people() -> None:
    area = factories.AreaFactory()
    school, other = a_school(area), a_school(area)
    people(area, 3)
    assert on_day(school, TUESDAY).can_be_staffed
    session = factories.SessionFactory(visit__school=other, day=TUESDAY.day)
    busy = on_day(school, TUESDAY)
    assert (busy.free, busy.others, busy.can_be_staffed) == (3, 1, False)
    assert on_day(school, HalfDay(TUESDAY.day, is_afternoon=True)).can_be_staffed
    people(area, 1)
    assert on_day(school, TUESDAY).can_be_staffed
    models.Visit.objects.filter(pk=session.visit_id).update(stage="cancelled", cancelled_code="weather")
    assert on_day(school, TUESDAY).others == 0


def test_a_visit_asks_for_as_many_as_the_session_that_lacks_most() -> None:
    area = factories.AreaFactory()
    school, other = a_school(area), a_school(area)
    going = people(area, 4)
    first = factories.SessionFactory(visit__school=other, day=TUESDAY.day)
    second = factories.SessionFactory(visit=first.visit, day=TUESDAY.day, starts=time(10), ends=time(10, 30))
    factories.CoverFactory(session=first, volunteer=going[0])
    found = on_day(school, TUESDAY)
    assert (found.free, found.others, found.can_be_staffed) == (3, 1, False)
    people(area, 1)
    assert on_day(school, TUESDAY).can_be_staffed
    factories.CoverFactory(session=first, volunteer=going[1])
    assert not on_day(school, TUESDAY).can_be_staffed
    for person in going[:2]:
        factories.CoverFactory(session=second, volunteer=person)
    found = on_day(school, TUESDAY)
    assert (found.free, found.others, found.can_be_staffed) == (3, 0, True)


def test_people_of_two_areas_are_kept_for_visits_of_a_third_that_shares_people_with_the_second() -> None:
    first, second, third = (factories.AreaFactory() for _ in range(3))
    school = a_school(first)
    factories.able_volunteer(first)
    factories.able_volunteer(first, second)
    factories.able_volunteer(second, third)
    factories.able_volunteer(third)
    assert on_day(school, TUESDAY).can_be_staffed
    factories.SessionFactory(visit__school=a_school(third), day=TUESDAY.day)
    # The third area needs both of its people; the second needs nobody.
    assert on_day(school, TUESDAY).can_be_staffed
    short = factories.SessionFactory(visit__school=a_school(second), day=TUESDAY.day)
    found = on_day(school, TUESDAY)
    assert (found.free, found.others, found.can_be_staffed) == (2, 2, False)
    factories.CoverFactory(session=short, volunteer=factories.able_volunteer(second))
    assert not on_day(school, TUESDAY).can_be_staffed


def test_somebody_of_another_area_goes_where_that_leaves_enough() -> None:
    first, second = factories.AreaFactory(), factories.AreaFactory()
    school = a_school(first)
    factories.able_volunteer(first)
    factories.able_volunteer(first, second)
    session = factories.SessionFactory(visit__school=a_school(second), day=TUESDAY.day)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(second))
    assert not on_day(school, TUESDAY).can_be_staffed, "The visit lacks one, and one of ours alone could go."
    factories.able_volunteer(second)
    assert on_day(school, TUESDAY).can_be_staffed


def test_what_cannot_be_staffed_anyway_keeps_those_who_could_go_and_nobody_else() -> None:
    area = factories.AreaFactory()
    school, other = a_school(area), a_school(area)
    able, *rest = people(area, 3)
    for person in rest:
        models.Conflict.objects.create(volunteer=person, school=other)
    factories.SessionFactory(visit__school=other, day=TUESDAY.day)
    assert on_day(school, TUESDAY).can_be_staffed, "The other visit lacks somebody with this one and without it."
    models.Conflict.objects.create(volunteer=rest[0], school=school)
    assert able.status == "active"
    assert not on_day(school, TUESDAY).can_be_staffed, "It would take the only person who could go there."


def test_wishes_come_first_and_the_best_are_spread_over_the_weeks() -> None:
    area = factories.AreaFactory()
    school = a_school(area)
    people(area, 3)
    month = Period(date(2026, 12, 7), date(2026, 12, 24), "December")
    found = best_of(rated(school, month, wishes=["3-afternoon"]), 5)
    wished = [each for each in found if each.is_wished]
    assert [each.half_day for each in wished] == [HalfDay(date(2026, 12, day), is_afternoon=True) for day in (10, 17, 24)]
    assert len(found) == len({each.half_day.day for each in found}) == 5
    assert found == sorted(found, key=lambda each: each.half_day)


def test_a_school_of_no_area_has_nobody_and_costs_no_question_about_people() -> None:
    school = factories.SchoolFactory(authority=factories.AuthorityFactory())
    assert rated(school) == []


def test_the_questions_are_the_same_of_little_and_of_much() -> None:
    area, elsewhere = factories.AreaFactory(), factories.AreaFactory()
    school, counts = a_school(area), []
    planned = assemblies(school)
    factories.able_volunteer(area, elsewhere)
    for _ in range(2):
        for person in people(area, 2):
            models.Away.objects.create(volunteer=person, first_day=ON, last_day=ON)
        session = factories.SessionFactory(visit__school=a_school(area), day=TUESDAY.day)
        factories.CoverFactory(session=session, volunteer=people(area, 1)[0])
        keys = [each.key for each in THREE]
        held = {"offered_at": NOW, "held_until": date(2026, 12, 20)}
        models.OfferedDates.objects.create(school=a_school(area), half_days=keys, people=2, **held)
        with CaptureQueriesContext(connection) as queries:
            rated_half_days(school, around(school, WEEK, on=ON), planned.types, planned.people, on=ON)
        counts.append(len(queries))
    # Where another area shares somebody who is needed there, its people are read too: after one question for each step.
    for _ in range(3):
        factories.SessionFactory(visit__school=a_school(elsewhere), day=TUESDAY.day)
    with CaptureQueriesContext(connection) as queries:
        rated_half_days(school, around(school, WEEK, on=ON), planned.types, planned.people, on=ON)
    assert [*counts, len(queries)] == [3, 3, 7], "The facts of the charity are among them."
