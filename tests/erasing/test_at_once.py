"""Twenty who erase, send and write at the same moment, in real processes."""

from collections import Counter
from datetime import time
from itertools import product

import pytest

from schools import models
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.erasing.racing import NOW, work
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)


NAMES = ("Marguerite Thorne", "Colin Airey", "Ffion Lacey", "Ottokar Quill")
ERASERS, OTHERS = 3, 4
"""So many erase each of them, and so many send mail, and write, at that moment: twenty processes."""


@pytest.mark.exhaustive
def test_twenty_who_erase_send_and_write_at_once_leave_nothing_and_erase_each_once() -> None:
    by, session = factories.manager(name="Bea Manager"), factories.SessionFactory()
    people = [factories.VolunteerFactory(name=name, status="left") for name in NAMES]
    people[0].name = "Marguerite Vane"
    people[0].save()
    for who in people:
        factories.CoverFactory(session=session, volunteer=who, state="withdrawn")
    for number in range(12):
        message = models.OutboxMessage.objects.create(
            key=f"m{number}", to=f"p{number}@example.com", subject="News", body=f"{' and '.join(NAMES)} come."
        )
        models.MessageAbout.objects.create(
            visit=session.visit, school=session.visit.school, message=message, known_by="message", facts=message.key, at=NOW
        )
    jobs = [("erase", who.pk, by.pk, 0) for who in people for _ in range(ERASERS)]
    jobs += [("mail", 0, by.pk, 0), ("write", 0, by.pk, session.pk)] * OTHERS
    answers = together(work, jobs)
    assert len(answers) == 20
    assert Counter(answers) == {"erased": 4, "was erased already.": 8, "done": 8}
    assert models.Erasure.objects.count() == 4
    words = {word.lower() for name in (*NAMES, "Marguerite Vane") for word in name.split()}
    assert places_with(dump(), words) == []
    assert models.OutboxMessage.objects.filter(body__contains="Former volunteer").count() == 12


@pytest.mark.exhaustive
def test_visits_are_moved_and_cancelled_while_those_who_went_there_are_erased_and_nobody_waits_in_a_circle() -> None:
    by, area = factories.manager(name="Bea Manager"), factories.AreaFactory()
    people = [factories.VolunteerFactory(name=name, status="left") for name in NAMES]
    for hour, name in product((9, 11), NAMES):
        session = factories.SessionFactory(
            visit__school=factories.SchoolFactory(area=area), starts=time(hour, 0), ends=time(hour, 30),
            room=f"{name} knows it", visit__arrival_notes=f"{NAMES[0]} and {name} have the key.",
        )  # fmt: skip
        second = factories.SessionFactory(visit=session.visit, starts=time(hour, 30), ends=time(hour, 50))
        for of_visit, who in product((session, second), people):
            factories.CoverFactory(session=of_visit, volunteer=who, state="withdrawn", override_note=f"{who.name} asked")
    claiming = [factories.able_volunteer(area, signs_in=True) for _ in range(4)]
    jobs = [("erase", who.pk, by.pk, 0) for who in people]
    jobs += [(verb, 0, by.pk, seed) for verb, number in (("move", 7), ("snow", 5)) for seed in range(number)]
    jobs += [("claim", who.pk, by.pk, seed) for seed, who in enumerate(claiming)]
    answers = together(work, jobs)
    assert len(answers) == 20
    assert Counter(answers) == {"erased": 4, "done": 16}
    assert {batch.kind for batch in models.Batch.objects.all()} >= {"move", "cancel"}
    assert places_with(dump(), {word.lower() for name in NAMES for word in name.split()}) == []
    notes = models.Visit.objects.values_list("arrival_notes", flat=True)
    assert [note.count("Former volunteer") for note in notes] == [2] * 8
    # What was moved last is where the sessions are, and nothing of it is lost.
    for moved in models.Session.objects.all():
        latest = moved.history.latest()
        assert (latest.day, latest.starts, latest.stage) == (moved.day, moved.starts, moved.stage)
