"""Several who erase, send and write at the same moment, in real processes."""

import pytest

from schools import models
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.erasing.racing import NOW, work
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.exhaustive
def test_two_who_erase_at_once_while_mail_goes_leave_nothing() -> None:
    by, session = factories.manager(name="Bea Manager"), factories.SessionFactory()
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne", status="left")
    volunteer.name = "Marguerite Quill"
    volunteer.save()
    other = factories.VolunteerFactory(name="Colin Airey", status="left")
    for who in (volunteer, other):
        factories.CoverFactory(session=session, volunteer=who, state="withdrawn")
    for number in range(12):
        message = models.OutboxMessage.objects.create(
            key=f"m{number}", to=f"p{number}@example.com", subject="News", body="Marguerite Thorne and Colin Airey come."
        )
        models.MessageAbout.objects.create(
            visit=session.visit, school=session.visit.school, message=message, known_by="message", facts=message.key, at=NOW
        )
    answers = together(
        work,
        [
            ("erase", volunteer.pk, by.pk, 0),
            ("erase", volunteer.pk, by.pk, 0),
            ("erase", other.pk, by.pk, 0),
            ("mail", 0, by.pk, 0),
            ("write", 0, by.pk, session.pk),
        ],
    )
    assert sorted(answers) == ["done", "done", "erased", "erased", "was erased already."]
    assert models.Erasure.objects.count() == 2
    assert places_with(dump(), {"marguerite", "thorne", "quill", "airey"}) == []
    assert models.OutboxMessage.objects.filter(body__contains="Former volunteer").count() == 12
