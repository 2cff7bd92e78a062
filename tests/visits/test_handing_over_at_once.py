"""An area is handed over while a colleague is given one of its visits, by real processes: that one is theirs."""

import pytest

from schools.models import Visit
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, coordinator_of, manager
from tests.processes import together
from tests.visits.handing_over_racing import act

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_visit_that_was_given_to_a_colleague_at_that_moment_stays_theirs() -> None:
    area, by = AreaFactory(), manager().pk
    leaving, colleague, to = coordinator_of(area), coordinator_of(area), coordinator_of()
    given, other = (SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=leaving).visit for _ in range(2))
    together(act, [("give", given.pk, colleague.pk, by), ("hand", area.pk, leaving.pk, to.pk, by)])
    assert dict(Visit.objects.values_list("pk", "coordinator")) == {given.pk: colleague.pk, other.pk: to.pk}
