"""Several people who add somebody with one address at the same moment, in real processes: one is stored, the others are told."""

import pytest

from schools import models
from tests import factories
from tests.processes import together
from tests.volunteers.adding_racing import add_one

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_one_address_is_stored_once_whoever_adds_it_with_an_area_with_another_or_with_none() -> None:
    by = factories.manager().pk
    areas = [factories.AreaFactory().pk, factories.AreaFactory().pk, None, None]
    answers = together(add_one, [(f"Asha {number}", area, by) for number, area in enumerate(areas)])
    taken = "Another volunteer has the address asha@example.org. Look for them in the list of volunteers."
    assert sorted(answers) == ["", taken, taken, taken]
    assert models.Volunteer.objects.get(email="asha@example.org").steps.count() == 1
    assert models.VolunteerStep.objects.count() == 1
