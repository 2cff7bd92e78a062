"""Twenty who erase, send and write at the same moment, in real processes."""

from collections import Counter

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
