"""What the program notes of whom a move asks again answers for the half day alone: no coordinator has looked at the rest."""

from datetime import date, datetime, time, timedelta

import pytest

from schools.core.errors import RuleBroken
from schools.models import Availability, Cover, Session, Volunteer
from schools.visits.actions import claim
from schools.visits.actions.merging import preview_merge
from schools.visits.actions.moving import move, plan_move
from schools.visits.queries import VisitDay
from schools.visits.rules import later, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, manager

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 27)


def asked_again(volunteer: Volunteer, now: datetime) -> Session:
    """A session that was moved to a half day on which they can't usually come, so that they are asked again."""
    school = SchoolFactory(area=AreaFactory(), easting=300_000, northing=500_000)
    session: Session = SessionFactory(visit__school=school)
    CoverFactory(session=session, volunteer=volunteer)
    Availability.objects.create(volunteer=volunteer, weekday=session.day.weekday(), part="morning")
    slot, by = later(slot_of(session), day=FRIDAY, by=timedelta()), manager()
    assert slot is not None
    to = {session.pk: slot}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)
    session.refresh_from_db()
    assert Cover.objects.get(session=session).state == "offered"
    return session


def says_yes(session: Session, volunteer: Volunteer, now: datetime) -> None:
    assert volunteer.user
    claim(VisitDay(session.visit, session.day), volunteer, role="presenter", by=volunteer.user, now=now)


def test_who_is_asked_again_says_yes_for_a_half_day_and_not_for_a_way_that_nobody_looked_at(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = asked_again(volunteer, now)
    Volunteer.objects.update(easting=350_000, northing=500_000, furthest_km=20)
    with pytest.raises(RuleBroken) as refusal:
        says_yes(session, volunteer, now)
    (reason,) = refusal.value.reasons
    assert "who goes up to 20 km" in reason
    Volunteer.objects.update(furthest_km=60)
    says_yes(session, volunteer, now)
    assert Cover.objects.get(session=session).state == "accepted"


def test_a_coordinators_note_from_before_the_move_still_answers_for_all_of_it(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = asked_again(volunteer, now)
    Cover.objects.update(override_note="Her husband drives.")
    Volunteer.objects.update(easting=350_000, northing=500_000, furthest_km=20)
    says_yes(session, volunteer, now)


def test_two_who_become_one_with_too_little_time_to_travel_are_said_though_one_was_asked_again(now: datetime) -> None:
    kept, gone = able_volunteer(signs_in=True), able_volunteer(name="Asha Bel")
    says_yes(asked_again(kept, now), kept, now)
    far = SchoolFactory(easting=330_000, northing=500_000)
    CoverFactory(session=SessionFactory(visit__school=far, day=FRIDAY, starts=time(10), ends=time(10, 30)), volunteer=gone)
    assert len(preview_merge(kept, gone, by=manager(), now=now).tight) == 1
