"""Twenty coordinators offer the same people to twenty schools at once, and twenty colleagues choose: in real processes."""

import pytest

from schools import models
from schools.planning.queries.candidates import term_of
from schools.planning.queries.half_days import around, rated_half_days
from tests import factories
from tests.planning.offering import ON, THREE, a_school, assemblies, people
from tests.planning.offering_at_once import choose_as, offer_three
from tests.processes import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]

MANY = 20


def test_people_for_one_visit_are_held_for_one_school_and_one_colleague_decides() -> None:
    area = factories.AreaFactory()
    people(area, 2)
    schools = [a_school(area, name=f"School {number}") for number in range(MANY)]
    coordinators = [factories.coordinator_of(area) for _ in schools]
    answers = together(offer_three, [(school.pk, by.pk) for school, by in zip(schools, coordinators, strict=True)])
    assert sorted(state for state, _ in answers) == ["held", *["refused"] * (MANY - 1)]
    assert all("needed for what is booked or held already" in words for state, words in answers if state == "refused")
    row = models.OfferedDates.objects.get()
    other = next(school for school in schools if school.pk != row.school_id)
    planned = assemblies(other)
    rated = rated_half_days(other, around(other, term_of(THREE[0].day), on=ON), planned.types, planned.people, on=ON)
    free = {each.half_day for each in rated if each.can_be_staffed}
    assert free
    assert not free & set(THREE), "The others read what is still free."
    chosen = together(choose_as, [(row.pk, THREE[number % 3].key, f"Colleague {number}") for number in range(MANY)])
    row.refresh_from_db()
    assert row.state == "chosen"
    assert models.Visit.objects.get() == row.visit
    assert all(f"{row.chosen_by} has chosen" in words for words in chosen)
