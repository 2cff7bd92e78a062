"""The chain and the lineage of schools, looked up beside the headcounts."""

import pytest

from schools.reach.queries import kin
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("many", [0, 5_000])
def test_kin_are_those_of_the_schools_however_many_are_asked_for(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kin, "FEW_SCHOOLS", many)
    alone, old = SchoolFactory(), SchoolFactory()
    new = SchoolFactory(chain=old.pk, lineage=alone.pk + 100)
    fed = SchoolFactory(lineage=old.pk)
    rows = kin.in_order_of_lineages([(school.pk, "counted") for school in (new, fed, old, alone)])
    assert rows == [
        (alone.pk, alone.pk, alone.pk, "counted"),
        (old.pk, fed.pk, fed.pk, "counted"),
        (old.pk, old.pk, old.pk, "counted"),
        (alone.pk + 100, old.pk, new.pk, "counted"),
    ]
