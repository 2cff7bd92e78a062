"""A volunteer's sittings are found through their own covers: the same as a walk over every cover of everybody finds."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db.models import Q

from schools.portal.queries.mornings import covers_around
from schools.visits.models import Cover, CoverState, Session
from schools.volunteers.models import Volunteer
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 24)
SHOWN = {CoverState.ACCEPTED, CoverState.ATTENDED, CoverState.ABSENT}


def _at_random(seed: int) -> list[Volunteer]:
    """Three volunteers, one of them without a clearance, who are in any state on six sessions before and after the day."""
    luck = Random(seed)  # noqa: S311  # a reproducible invention, no secret
    area = factories.AreaFactory()
    people: list[Volunteer] = [factories.able_volunteer(area), factories.able_volunteer(area), factories.VolunteerFactory()]
    for number in range(6):
        session = factories.SessionFactory(day=DAY + timedelta(days=7 * number - 14))
        for person in people:
            if luck.random() < 0.8:
                Cover.objects.create(session=session, volunteer=person, role="presenter", state=luck.choice(CoverState.values))
    return people


def _by_walking(volunteer: Volunteer, sessions: set[int]) -> dict[int, bool]:
    """The covers, and whether each counts, from all covers there are."""
    every = list(Cover.objects.with_counting())
    concerned = {
        cover.session_id for cover in every
        if cover.volunteer_id == volunteer.pk and cover.state in {*SHOWN, CoverState.OFFERED}
    }  # fmt: skip
    return {
        cover.pk: cover.counts
        for cover in every
        if cover.session_id in concerned & sessions
        and (cover.state in SHOWN or (cover.volunteer_id == volunteer.pk and cover.state == CoverState.OFFERED))
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_covers_are_those_of_a_walk_over_all(seed: int) -> None:
    people = _at_random(seed)
    conditions = [(Q(session__day__gte=DAY), Q(day__gte=DAY)), (Q(session__day=DAY), Q(day=DAY)), (Q(), Q())]
    for volunteer in people:
        for of_covers, of_sessions in conditions:
            sessions = set(Session.objects.filter(of_sessions).values_list("pk", flat=True))
            rows = list(covers_around(volunteer, of_covers))
            assert {cover.pk: cover.counts for cover in rows} == _by_walking(volunteer, sessions)
            assert len({cover.pk for cover in rows}) == len(rows)
