"""Several purges at the same moment, in real processes, while the office erases one of the people."""

from collections import Counter
from datetime import date

import pytest

from schools import models
from tests import factories
from tests.keeping.racing import work
from tests.keeping.things import THINGS
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.exhaustive
def test_purges_at_once_remove_each_thing_once_and_all_of_them() -> None:
    by = factories.manager(name="Bea Manager")
    looks = [make(date(1940, 1, 1 + turn)) for turn in range(4) for make in THINGS.values()]
    kept = [make(date(2026, 11, 20)) for name, make in THINGS.items() if name != "import-files"]
    made = [factories.VolunteerFactory(name=f"Marguerite Thorne{n}", status="left", left=date(2015, 1, 1)) for n in "abc"]
    enquirer = factories.VolunteerFactory(name="Ottokar Silent", status="enquirer", joined=date(2015, 1, 1))
    answers = together(work, [("purge", 0, by.pk)] * 3 + [("erase", made[0].pk, by.pk)])
    removed = Counter[str]()
    for answer in answers:
        if isinstance(answer, dict):
            removed.update(answer)
    assert not any(look() for look in looks)
    assert all(look() for look in kept)
    for name in ("messages", "devices", "office-log", "away", "conversations", "notices", "access", "undoing", "tasks"):
        assert removed[name] == 4, name
    by_office = [answer for answer in answers if answer == "erased"]
    # The volunteers whose certificates are tried have left too.
    assert removed["volunteers"] + len(by_office) == 3 + 4
    assert removed["enquirers"] == 1
    enquirer.refresh_from_db()
    assert enquirer.name == f"Former volunteer {enquirer.reference}"
    assert models.Volunteer.objects.filter(name__startswith="Marguerite").count() == 0
    assert models.Erasure.objects.count() == 8
    assert models.PurgeRun.objects.exclude(finished_at=None).count() == 3
