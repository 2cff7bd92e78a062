"""One mail of news about several visits: it greets all who read it, and ends with the reference of each visit."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail

from schools.models import Contact, Session, Visit
from schools.visits.actions import cancel_day, confirm
from schools.visits.queries.notifications import SchoolNotification
from schools.visits.queries.parties import phone_of
from tests.factories import SchoolFactory, SessionFactory, manager
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def sessions() -> list[Session]:
    """An agreed visit on the same day to each of two schools, whose heads share a mailbox."""
    made: list[Session] = []
    for name, head in (("Oak Primary", "Nia Head"), ("Fern Primary", "Fay Head")):
        school = SchoolFactory(name=name)
        contact = Contact.objects.create(school=school, name=head, email="office@trust.example.org")
        made.append(SessionFactory(visit__school=school, visit__contact=contact, visit__coordinator=manager(), day=DAY))
        confirm(made[-1].visit, agreed_on=NOW.date(), agreed_with=head, by=manager(), now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    return made


def references(sessions: list[Session]) -> str:
    return " and ".join(session.visit.reference for session in sessions)


def test_both_heads_are_greeted_and_the_reference_of_each_visit_stands_at_the_end(sessions: list[Session]) -> None:
    mail.outbox.clear()
    cancel_day(DAY, [session.pk for session in sessions], code="weather", note="", by=manager(), now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    (sent,) = mail.outbox
    assert str(sent.body).startswith("Hello Nia Head and Fay Head,")
    assert f"The references of the visits are {references(sessions)}." in str(sent.body)


def test_a_mail_about_one_visit_names_it_alone(sessions: list[Session]) -> None:
    mail.outbox.clear()
    cancel_day(DAY, [sessions[1].pk], code="weather", note="", by=manager(), now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    (sent,) = mail.outbox
    assert str(sent.body).startswith("Hello Fay Head,")
    assert f"The reference of the visit is {sessions[1].visit.reference}." in str(sent.body)


def test_who_has_left_the_school_is_neither_greeted_nor_rung_nor_named_as_its_safeguarding_lead(sessions: list[Session]) -> None:
    visit = Visit.objects.get(pk=sessions[0].visit_id)
    lead = Contact.objects.create(school=visit.school, name="Ruth Lead", phone="+441228606062")
    Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=lead)
    pack = next(draft for draft in drafts("school-pack", datetime(2026, 12, 4, 9, tzinfo=UTC)) if "Oak" in draft.subject)
    assert "we tell Ruth Lead at once" in pack.body
    elsewhere = SchoolFactory(name="Elm Primary")
    Contact.objects.filter(pk__in=[lead.pk, visit.contact_id]).update(school=elsewhere, phone="+441228606063")
    Contact.objects.create(school=visit.school, name="Jo New", email="jo@oak.example.org", phone="+441228606064")
    pack = next(draft for draft in drafts("school-pack", datetime(2026, 12, 4, 9, tzinfo=UTC)) if "Oak" in draft.subject)
    assert "Ruth" not in pack.body
    visit.refresh_from_db()
    assert phone_of(visit.contact, visit.school) == "01228 606064"
    assert SchoolNotification(visit, tuple(visit.sessions.all())).text.startswith("Hello everybody,")
