"""Twenty purges at the same moment, in real processes, while the office erases; and a purge whose process is killed."""

import signal
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction

from schools import models
from schools.keeping.actions import purge
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.keeping.racing import NOW, killed_in_a_batch, killed_while_erasing, work
from tests.keeping.things import THINGS, TODAY
from tests.processes import alone, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]

PURGES = 17
BY_OFFICE = "abc"
"""A volunteer each whom the office erases meanwhile."""


def test_twenty_at_once_remove_each_thing_once_and_all_of_them() -> None:
    by = factories.manager(name="Bea Manager")
    looks = [make(date(1940, 1, 1 + turn)) for turn in range(4) for make in THINGS.values()]
    kept = [make(date(2026, 11, 20)) for name, make in THINGS.items() if name != "import-files"]
    made = [factories.VolunteerFactory(name=f"Marguerite Thorne{n}", status="left", left=date(2015, 1, 1)) for n in BY_OFFICE]
    enquirer = factories.VolunteerFactory(name="Ottokar Silent", status="enquirer", joined=date(2015, 1, 1))
    answers = together(work, [("purge", 0, by.pk)] * PURGES + [("erase", volunteer.pk, by.pk) for volunteer in made])
    assert len(answers) == 20
    removed = Counter[str]()
    for answer in answers:
        if isinstance(answer, dict):
            removed.update(answer)
    assert not any(look() for look in looks)
    assert all(look() for look in kept)
    assert removed["messages"] == 8, "each of them one that was sent, and one that has expired"
    for name in ("devices", "office-log", "away", "conversations", "notices", "access", "undoing", "tasks"):
        assert removed[name] == 4, name
    by_office = [answer for answer in answers if answer == "erased"]
    # The volunteers whose certificates are tried have left too.
    assert removed["volunteers"] + len(by_office) == len(made) + 4
    assert removed["enquirers"] == 1
    enquirer.refresh_from_db()
    assert enquirer.name == f"Former volunteer {enquirer.reference}"
    assert models.Volunteer.objects.filter(name__startswith="Marguerite").count() == 0
    assert models.Erasure.objects.count() == len(made) + 5
    assert models.PurgeRun.objects.exclude(finished_at=None).count() == PURGES


def until_its_locks_are_gone() -> None:
    """Wait until the database has noticed that the process is dead: a purge would leave what that one holds."""
    with transaction.atomic():
        list(models.Away.objects.select_for_update().order_by("pk"))
        list(models.Volunteer.objects.select_for_update(of=("self",)).order_by("pk"))
        list(models.Charity.objects.select_for_update())


def test_a_purge_whose_process_is_killed_in_a_batch_has_lost_none_and_the_next_one_goes_on() -> None:
    before, after = THINGS["messages"](date(2015, 1, 1)), THINGS["conversations"](date(2015, 1, 1))
    volunteer, long_ago = factories.VolunteerFactory(), TODAY - timedelta(days=900)
    for number in range(10):
        models.Away.objects.create(volunteer=volunteer, first_day=long_ago, last_day=long_ago + timedelta(days=number))
    assert alone(killed_in_a_batch, "away", 2) == -signal.SIGKILL
    until_its_locks_are_gone()
    assert models.Away.objects.count() == 4, "two batches are done, and the third is undone"
    assert (before(), after()) == (False, True)
    assert models.PurgeRun.objects.get().finished_at is None
    removed = {line.period: line.number for line in purge(clock=lambda: NOW)}
    assert (removed["messages"], removed["away"], removed["conversations"]) == (0, 4, 1)
    assert not after()
    assert not models.Away.objects.exists()


def test_somebody_is_erased_wholly_or_not_at_all_when_the_process_is_killed() -> None:
    session = factories.SessionFactory(outcome_note="Marguerite Thorne rang.")
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne", status="left", left=date(2015, 1, 1))
    factories.CoverFactory(session=session, volunteer=volunteer, state="withdrawn")
    before = dump()
    assert alone(killed_while_erasing) == -signal.SIGKILL
    until_its_locks_are_gone()
    after = dump()
    assert {place: cells for place, cells in after.items() if place[0] != "schools_purgerun"} == before
    assert not models.Erasure.objects.exists()
    removed = {line.period: line.number for line in purge(clock=lambda: NOW)}
    assert removed["volunteers"] == 1
    assert places_with(dump(), {"marguerite", "thorne"}) == []
