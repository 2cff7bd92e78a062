"""Rule 7: the way from one school to the next, and half days on which somebody can't usually come."""

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.errors import RuleBroken
from schools.core.travel import Pace
from schools.models import Availability, Charity, Session
from schools.visits.actions import assign, claim
from schools.visits.queries import VisitDay
from schools.visits.rules import reasons_not_to_cover, reasons_to_ask_first
from tests.factories import CoverFactory, SchoolFactory, SessionFactory, UserFactory, able_volunteer
from tests.profiles import examples

DAY = date(2026, 11, 26)


def at(starts: time, ends: time, *, km: float = 0, **fields: object) -> Session:
    school = SchoolFactory(easting=330_000 + round(1000 * km), northing=520_000)
    session: Session = SessionFactory(visit__school=school, starts=starts, ends=ends, **fields)
    return session


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ends", "km", "enough"),
    [
        (time(9, 30), 40, False),  # 69 minutes of road and 15 around, and there are 15
        (time(9, 45), 0.2, True),  # back to back over the road
        (time(9, 45), 0.21, False),
        (time(9, 15), 8, True),  # 13.9 and 15 minutes, and there are 30
        (time(9, 15), 9, False),  # 15.6 and 15
    ],
)
def test_the_way_takes_its_time(ends: time, km: float, *, enough: bool) -> None:
    volunteer = able_volunteer()
    CoverFactory(session=at(time(9, 0), ends), volunteer=volunteer)
    session = at(time(9, 45), time(10, 15), km=km)
    reasons = reasons_to_ask_first(volunteer, session)
    assert (reasons == []) is enough
    if not enough:
        assert "Ask them, and say so in the note." in reasons[0]
    # It can be asked; only an overlap cannot.
    assert reasons_not_to_cover(volunteer, session, role="presenter", on=DAY) == []


@pytest.mark.django_db
def test_back_to_back_in_one_school_and_where_a_place_is_not_known_nothing_is_said() -> None:
    volunteer = able_volunteer()
    first = CoverFactory(volunteer=volunteer, session__starts=time(9), session__ends=time(9, 30)).session
    here = SessionFactory(visit=first.visit, starts=time(9, 30), ends=time(10))
    elsewhere = SessionFactory(starts=time(9, 30), ends=time(10))
    assert reasons_to_ask_first(volunteer, here) == []
    assert reasons_to_ask_first(volunteer, elsewhere) == []


@pytest.mark.django_db
def test_a_note_answers_for_the_way_but_never_for_an_overlap_and_who_claims_has_no_note(now: datetime) -> None:
    volunteer, by = able_volunteer(), UserFactory()
    CoverFactory(session=at(time(9), time(9, 30)), volunteer=volunteer)
    far = at(time(9, 45), time(10, 15), km=40)
    with pytest.raises(RuleBroken, match="The 40 km between the schools take about 84 minutes, and there are 15"):
        claim(VisitDay(far.visit, far.day), volunteer, role="presenter", by=by, now=now)
    assert assign(far, volunteer, role="presenter", by=by, now=now, note="Her husband drives").state == "accepted"
    at_once = at(time(9, 20), time(9, 40))
    with pytest.raises(RuleBroken, match="Choose somebody who is free then"):
        assign(at_once, volunteer, role="presenter", by=by, now=now, note="She says she can")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("unit", "apart", "away", "most"), [("miles", "25 miles", "31 miles", "12 miles"), ("km", "40 km", "50 km", "20 km")]
)
def test_a_refusal_speaks_to_the_person_in_their_unit_and_to_the_office_in_kilometres(
    unit: str, apart: str, away: str, most: str
) -> None:
    Charity.objects.update_or_create(pk=1, defaults={"distances_in": unit})
    volunteer = able_volunteer(easting=320_000, northing=520_000, furthest_km=20)
    CoverFactory(session=at(time(9), time(9, 30)), volunteer=volunteer)
    refusal = RuleBroken(reasons_to_ask_first(volunteer, at(time(9, 45), time(10, 15), km=40)))
    far, way = refusal.reasons
    assert "is 50 km from" in far
    assert "who goes up to 20 km." in far
    assert "The 40 km between the schools" in way
    far, way = refusal.to_them.messages
    assert f"is {away} from your home, and you go up to {most}." in far
    assert f"The {apart} between the schools take about" in way


@pytest.mark.django_db
def test_half_days_are_asked_only_of_those_who_named_some() -> None:
    volunteer = able_volunteer()
    session = SessionFactory()  # a Thursday morning
    assert reasons_to_ask_first(volunteer, session) == []
    Availability.objects.create(volunteer=volunteer, weekday=3, part="afternoon")
    assert reasons_to_ask_first(volunteer, session) == [
        f"{volunteer} can’t usually come on Thursday mornings. Ask them, and say so in the note."
    ]
    assert reasons_to_ask_first(volunteer, SessionFactory(starts=time(12), ends=time(12, 30))) == []
    Availability.objects.create(volunteer=volunteer, weekday=3, part="morning")
    assert reasons_to_ask_first(volunteer, session) == []


@settings(max_examples=examples(60), deadline=None)
@given(km=st.floats(0, 300), more=st.floats(0, 50))
def test_a_longer_way_never_takes_less_and_one_place_takes_nothing(km: float, more: float) -> None:
    pace = Pace()
    assert pace.minutes(km) <= pace.minutes(km + more)
    assert (pace.minutes(km) == 0) == (km <= 0.2)
    assert pace.minutes(45 / 1.3) == pytest.approx(75)
