"""Twenty purges at the same moment, in real processes, while the office erases; and a purge whose process is killed."""

import signal
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from schools import models
from schools.keeping.actions import purge
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.keeping.racing import NOW, killed_in_a_batch, killed_while_erasing, work
from tests.keeping.things import THINGS, TODAY, at
from tests.processes import alone, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]

PROCESSES = 20
"""So many at once: some erase somebody each, as the office does, and the rest purge."""


def people_whose_time_is_over() -> list[Any]:
    """Volunteers, people at a school and colleagues, whom the office erases too; one visit and one mail names them all."""
    long_ago = at(date(2015, 1, 1))
    school, agreed = factories.SchoolFactory(), {"stage": "confirmed", "agreed_on": date(2015, 1, 5)}
    volunteers = [
        factories.VolunteerFactory(name=f"Marguerite Thorne{n}", status="left", left=date(2015, 1, 1)) for n in range(3)
    ]
    contacts = [
        models.Contact.objects.create(school=school, name=f"Philippa Head{n}", email=f"ph{n}@oak.org", entered_at=long_ago)
        for n in range(3)
    ]
    colleagues = [factories.coordinator_of(name=f"Ludmilla Gone{n}", is_active=False, last_login=long_ago) for n in range(2)]
    models.User.objects.filter(pk__in=[user.pk for user in colleagues]).update(date_joined=long_ago)
    people: list[Any] = [*volunteers, *contacts, *colleagues]
    visit = factories.VisitFactory(
        school=school, contact=contacts[0], coordinator=colleagues[0], agreed_with="Philippa Head0, Philippa Head1", **agreed
    )
    session = factories.SessionFactory(visit=visit, day=date(2015, 2, 3), delivered=True)
    for volunteer in volunteers:
        factories.CoverFactory(session=session, volunteer=volunteer, state="withdrawn", override_note=f"{volunteer.name} asked")
    visit.contact, visit.coordinator = contacts[1], colleagues[1]
    visit.save()
    names = {"subject": "News", "body": f"{' and '.join(row.name for row in people)} came.", "sent_at": NOW}
    mail = models.OutboxMessage.objects.create(key="names-all", to="office@elm.example.org", **names)
    models.MessageAbout.objects.create(visit=visit, school=school, message=mail, known_by="message", facts="names-all", at=NOW)
    return people


def test_twenty_at_once_remove_each_thing_once_and_all_of_them() -> None:
    by = factories.manager(name="Bea Manager")
    looks = [make(date(1940, 1, 1 + turn)) for turn in range(4) for make in THINGS.values()]
    kept = [make(date(2026, 11, 20)) for name, make in THINGS.items() if name != "import-files"]
    made = people_whose_time_is_over()
    enquirer = factories.VolunteerFactory(name="Ottokar Silent", status="enquirer", joined=date(2015, 1, 1))
    by_office = [("erase", type(row)._meta.model_name, row.pk, by.pk) for row in made]
    answers = together(work, [*by_office, *[("purge", "", 0, by.pk)] * (PROCESSES - len(made))])
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
    # The volunteers whose certificates are tried have left too.
    for table, period, number in (("volunteer", "volunteers", 7), ("contact", "contacts", 3), ("user", "colleagues", 2)):
        erased = sum(answer == "erased" for job, answer in zip(by_office, answers, strict=False) if job[1] == table)
        assert removed[period] + erased == number, period
    assert removed["enquirers"] == 1
    enquirer.refresh_from_db()
    assert enquirer.name == f"Former volunteer {enquirer.reference}"
    assert places_with(dump(), {"marguerite", "philippa", "ludmilla"}) == []
    assert models.Erasure.objects.count() == len(made) + 5
    assert models.PurgeRun.objects.exclude(finished_at=None).count() == PROCESSES - len(made)


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
    session = factories.SessionFactory(visit__agreed_with="Marguerite Thorne")
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
