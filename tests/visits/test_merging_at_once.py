"""Two who make the same two entries one at the same moment, in real processes: it is done once, and undone once."""

from datetime import date

import pytest

from schools import models
from tests import factories
from tests.processes import together
from tests.visits.merge_racing import merge_one, undo_one

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_two_entries_are_made_one_once_whichever_way_round_and_undone_once() -> None:
    by = factories.manager().pk
    first, second = factories.VolunteerFactory(name="Asha Bell"), factories.VolunteerFactory(name="Asha Bel")
    sessions = [factories.SessionFactory(day=date(2026, 11, day)) for day in (26, 27)]  # one person may be at both
    pairs = zip((first, second), sessions, strict=True)
    covers = [factories.CoverFactory(volunteer=person, session=session, state="accepted").pk for person, session in pairs]
    answers = together(merge_one, [(first.pk, second.pk, by), (second.pk, first.pk, by), (first.pk, second.pk, by)])
    assert sorted(answers)[0] == ""
    assert all("somebody was quicker" in answer for answer in sorted(answers)[1:])
    [merge] = models.Merge.objects.all()
    assert set(models.Cover.objects.values_list("volunteer", flat=True)) == {merge.kept_id}
    assert models.Volunteer.objects.count() == 1
    answers = together(undo_one, [(merge.pk, by)] * 3)
    assert sorted(answers) == ["", *["This was undone already."] * 2]
    assert [models.Cover.objects.get(pk=pk).volunteer_id for pk in covers] == [first.pk, second.pk]
