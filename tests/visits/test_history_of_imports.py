"""What was imported in bulk shows, like everything else, what was there before it was changed."""

from pathlib import Path

import pytest

from schools.models import Cover, Headcount, Session, Visit
from tests.factories import SchoolFactory, VolunteerFactory
from tests.visits.session_files import NOW, imported, row, write

pytestmark = pytest.mark.django_db


def test_a_correction_of_an_imported_session_leaves_the_imported_number_in_its_history(tmp_path: Path) -> None:
    VolunteerFactory(reference="V0042")
    SchoolFactory(register_id="100001")
    imported(write(tmp_path / "sessions.csv", row(pupils_5=28, covers="V0042:lead:attended")))
    for model in (Visit, Session, Headcount, Cover):
        for made in model.objects.all():
            (first,) = made.history.all()
            assert (first.history_type, first.history_date, first.history_change_reason) == ("+", NOW, "import_sessions")
    count = Headcount.objects.get(pupils=28)
    count.pupils = 30
    count.save()
    assert list(count.history.order_by("history_id").values_list("history_type", "pupils")) == [("+", 28), ("~", 30)]
