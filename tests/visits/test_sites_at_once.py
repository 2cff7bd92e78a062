"""The site of a day is changed while something comes to that day, in real processes: whatever is first, it has one place."""

from pathlib import Path

import pytest

from schools import models
from schools.visits.actions import cancel_session
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.processes import together
from tests.visits.session_files import to_come, write
from tests.visits.sites_racing import FRIDAY, NOW, THURSDAY, act

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]

ROUNDS = 4


@pytest.mark.parametrize("comes", ["move", "add", "undo", "import"])
def test_what_comes_to_a_day_while_its_site_is_changed_never_leaves_it_at_two_places(comes: str, tmp_path: Path) -> None:
    by, school = manager(), SchoolFactory(area=AreaFactory(), register_id="100001")
    site = models.Site.objects.create(school=school, name="Lower Site", postcode="CA1 2AB")
    for _ in range(ROUNDS):
        visit = VisitFactory(school=school)
        stays = SessionFactory(visit=visit, day=THURSDAY)
        file = write(tmp_path / "sessions.csv", to_come(visit=visit.reference, day=THURSDAY.isoformat(), starts="15:00"))
        given: dict[str, object] = {"move": SessionFactory(visit=visit, day=FRIDAY).pk, "add": stays.pk, "import": str(file)}
        if comes == "undo":
            cancelled = SessionFactory(visit=visit, day=THURSDAY, type=models.SessionType.objects.get(slug="workshop-5-6"))
            cancel_session(cancelled, code="weather", note="", by=by, now=NOW)
            given["undo"] = models.Batch.objects.latest("pk").pk

        came, changed = together(act, [(comes, by.pk, given[comes]), ("change", by.pk, stays.pk, site.pk)])

        of_day = visit.sessions.filter(day=THURSDAY).exclude(stage="cancelled")
        places = set(of_day.values_list("site", flat=True))
        # What came first was moved to the site with all of the day; what came later was refused.
        assert places == {site.pk}
        assert changed == ""
        assert bool(came) is (of_day.count() == 1)
        assert not came or any(words in came for words in ("at different sites", "at another site", "is at “Lower Site”"))
