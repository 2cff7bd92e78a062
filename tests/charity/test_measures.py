"""The charity's own numbers count where they are used, with the next request and without a restart."""

from datetime import date, time

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.charity.models import Charity
from schools.charity.queries import current
from schools.delivery.actions import key_of
from schools.delivery.forms import DayForm
from schools.delivery.rules import reasons_not_to_believe
from schools.office.bookings.forms.year_groups import number_field
from schools.planning.cycle import Priority
from schools.planning.queries.due_list import due, of_priority
from schools.visits.rules import reasons_to_ask_first
from tests import factories
from tests.portal.pages import said_of
from tests.profiles import examples

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 26)


def measures(**values: float) -> None:
    Charity.objects.update(**values)


def two_schools_on_one_day(km: float, minutes: int) -> tuple[models.Volunteer, models.Session]:
    volunteer = factories.able_volunteer()
    here = factories.SchoolFactory(easting=330_000, northing=520_000)
    there = factories.SchoolFactory(easting=330_000 + round(1000 * km), northing=520_000)
    factories.CoverFactory(
        volunteer=volunteer, session=factories.SessionFactory(visit__school=here, day=ON, starts=time(9), ends=time(9, 30))
    )
    starts = time(9 + (30 + minutes) // 60, (30 + minutes) % 60)
    session = factories.SessionFactory(visit__school=there, day=ON, starts=starts, ends=time(starts.hour + 1, starts.minute))
    return volunteer, session


@pytest.mark.parametrize(
    ("changes", "is_tight"),
    [
        ({}, False),  # 8 km: 13.9 minutes of road and 15 around, and there are 30
        ({"travel_km_per_hour": 30}, True),
        ({"travel_detour": 2}, True),
        ({"travel_minutes_around": 20}, True),
        ({"travel_km_per_hour": 30, "travel_minutes_around": 5}, False),
    ],
)
def test_the_way_takes_as_long_as_the_charity_says(changes: dict[str, float], *, is_tight: bool) -> None:
    volunteer, session = two_schools_on_one_day(km=8, minutes=30)
    assert reasons_to_ask_first(volunteer, session) == []
    measures(**changes)
    assert bool(reasons_to_ask_first(volunteer, session)) is is_tight


@settings(max_examples=examples(50))
@given(st.floats(3, 120), st.floats(1, 5), st.floats(0, 120), st.floats(0.3, 100))
def test_the_pace_is_that_of_the_row(speed: float, detour: float, around: float, km: float) -> None:
    measures(travel_km_per_hour=speed, travel_detour=detour, travel_minutes_around=around)
    assert current().pace.minutes(km) == pytest.approx(km * detour * 60 / speed + around)


def test_the_cycle_holds_for_schools_outside_all_areas_and_for_new_areas_alone() -> None:
    area = factories.AreaFactory(cycle_years=3)
    outside, inside = factories.SchoolFactory(authority=factories.AuthorityFactory()), factories.SchoolFactory(area=area)
    for school in (outside, inside):
        factories.SessionFactory(visit__school=school, day=date(2022, 10, 4), stage="delivered", went_ahead="yes")
    before = {row.name: row.standing.priority for row in due(models.School.objects.all(), on=ON)}
    assert before == {outside.name: Priority.OVERDUE, inside.name: Priority.OVERDUE}
    measures(cycle_years=5)
    after = {row.name: row.standing.priority for row in due(models.School.objects.all(), on=ON)}
    assert after == {outside.name: Priority.NOT_YET, inside.name: Priority.OVERDUE}
    schools = models.School.objects.all()
    for priority in Priority:
        assert {school.name for school in of_priority(schools, priority, on=ON)} == {
            name for name, its in after.items() if its == priority
        }
    assert factories.AreaFactory().cycle_years == 5
    area.refresh_from_db()
    assert area.cycle_years == 3


def test_a_number_above_the_charitys_most_is_refused_where_it_is_booked() -> None:
    for most in (1000, 120):
        measures(most_pupils=most)
        field = number_field(5, "england", None)
        assert field.clean(str(most)) == most
        with pytest.raises(Exception, match=f"from 0 to {most:,}"):
            field.clean(str(most + 1))


def outcome(session: models.Session, pupils: int, adults: int = 3) -> DayForm:
    box = f"pupils_{session.visit.school_id}_5"
    boxes = said_of(session, **{box: str(pupils), "sure": f"{box}={pupils}"})
    data = QueryDict(mutable=True)
    data.update({"key": "0b1f7f0e-3c0a-4a5e-9b9e-000000000001", "adults": str(adults), **boxes})
    return DayForm(data, sessions=[session], day=session.day)


@pytest.mark.parametrize(("pupils", "adults", "is_believed"), [(120, 120, True), (121, 3, False), (30, 121, False)])
def test_a_number_above_the_charitys_most_is_refused_when_told_how_it_went(
    pupils: int, adults: int, *, is_believed: bool
) -> None:
    session = factories.HeadcountFactory(year_group=5, expected=30, session__day=ON).session
    assert outcome(session, pupils, adults).is_valid()
    measures(most_pupils=120)
    form = outcome(session, pupils, adults)
    assert form.is_valid() is is_believed
    if not is_believed:
        assert "from 0 to 120" in str([problem.text for problem in form.problems])


def test_the_rule_refuses_it_too_whatever_the_form_let_through() -> None:
    session = factories.HeadcountFactory(year_group=5, expected=30, session__day=ON).session
    form = outcome(session, 121, 121)
    assert form.is_valid()
    (report,) = form.reports(key_of)
    typed = report.outcome
    measures(most_pupils=120)
    reasons = [reason for reason in reasons_not_to_believe(session, typed) if "cannot be right" in reason]
    assert [("adults" in reason, "Year 5" in reason, "0 to 120" in reason) for reason in reasons] == [
        (True, False, True),
        (False, True, True),
    ]
