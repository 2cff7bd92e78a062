"""A volunteer's first name goes from messages that name them, also a short one, and one that somebody else has elsewhere."""

from datetime import UTC, date, datetime

import pytest

from schools import models
from schools.erasing.actions import erase, preview_erasure
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Bea Manager")


@pytest.fixture
def session() -> models.Session:
    session: models.Session = factories.SessionFactory()
    return session


def who_left(name: str, session: models.Session) -> models.Volunteer:
    """Somebody who was down for the session and has left."""
    volunteer: models.Volunteer = factories.VolunteerFactory(name=name, status="left", left=date(2026, 11, 1))
    factories.CoverFactory(session=session, volunteer=volunteer, state="withdrawn")
    return volunteer


def mail(session: models.Session, partner: models.Volunteer, body: str, subject: str = "News") -> models.OutboxMessage:
    """A mail to a partner about the visit, as its list says."""
    to = partner.mail_address
    message: models.OutboxMessage = models.OutboxMessage.objects.create(
        key=f"mail-{body[:60]}", to=to, subject=subject, body=body, sent_at=NOW, kind="mornings"
    )
    models.MessageAbout.objects.create(
        visit=session.visit, volunteer=partner, message=message, known_by="message", facts=f"{message.pk}"
    )
    return message


@pytest.mark.parametrize("name", ["Tom Quill", "Marguerite Quill", "Zoë Quill"])
def test_the_first_name_goes_from_mails_that_name_them_whoever_else_is_called_so(
    name: str, session: models.Session, manager: models.User
) -> None:
    first = name.split(maxsplit=1)[0]
    partner = factories.VolunteerFactory(name="Colin Airey", email=f"{first}@airey.example.org")
    namesake = factories.VolunteerFactory(name=f"{first} Other")
    former = who_left(name, session)
    body = f"Hello Colin,\n\n{first} goes instead of you, or {first.upper()}BOLA. Ask {first} Other, {first}@airey.example.org."
    names_them = mail(session, partner, body, f"{first} goes instead of you: Oak")
    elsewhere = factories.SessionFactory()
    names_another = mail(elsewhere, partner, f"{first} goes instead of you.")
    note = factories.SessionFactory(outcome_note=f"{first} had the key.")
    assert erase(former, by=manager, now=NOW).sheet["shared"] == 0
    for row in (names_them, names_another, note, namesake):
        row.refresh_from_db()
    instead = f"Former volunteer {former.reference}"
    assert names_them.subject == f"{instead} goes instead of you: Oak"
    assert names_them.body == body.replace(f"{first} goes", f"{instead} goes")
    assert names_them.to == f"{first}@airey.example.org"
    assert names_another.body == f"{first} goes instead of you."
    assert note.outcome_note == f"{first} had the key."
    assert namesake.name == f"{first} Other"


@pytest.mark.parametrize("first", ["Tom", "Marguerite"])
@pytest.mark.parametrize("kind", ["partner", "reader", "coordinator", "contact", "formerly"])
def test_a_first_name_stays_where_the_mail_names_somebody_else_who_is_called_so(
    kind: str, first: str, session: models.Session, manager: models.User
) -> None:
    former, partner = who_left(f"{first} Quill", session), factories.VolunteerFactory(name="Colin Airey")
    if kind == "partner":
        factories.CoverFactory(session=session, volunteer=factories.VolunteerFactory(name=f"{first} Other"))
    elif kind == "reader":
        partner = factories.VolunteerFactory(name=f"{first} Other")
    elif kind == "coordinator":
        models.Visit.objects.filter(pk=session.visit_id).update(coordinator=factories.coordinator_of(name=f"{first} Other"))
    elif kind == "contact":
        models.Contact.objects.create(school=session.visit.school, name=f"Mr {first} Other")
    else:
        models.Volunteer.objects.filter(pk=partner.pk).update(name=f"{first} Other")
        models.Volunteer.objects.filter(pk=partner.pk).update(name="Colin Airey")
    message = mail(session, partner, f"{first} goes instead of you; {first} Quill rang.")
    assert preview_erasure(former).to_decide == []
    erase(former, by=manager, now=NOW)
    message.refresh_from_db()
    assert message.body == f"{first} goes instead of you; Former volunteer {former.reference} rang."


def test_a_first_name_is_no_name_in_what_the_program_says_of_the_school(session: models.Session, manager: models.User) -> None:
    former = who_left("Ann Quill", session)
    models.Visit.objects.filter(pk=session.visit_id).update(agreed_with="Ann Quill and Ann, head teacher")
    erase(former, by=manager, now=NOW)
    agreed = models.Visit.objects.get(pk=session.visit_id).agreed_with
    assert agreed == f"Former volunteer {former.reference} and Ann, head teacher"


def test_who_was_erased_is_called_by_all_that_stands_in_place_of_the_name(session: models.Session, manager: models.User) -> None:
    former = who_left("Ann Quill", session)
    erase(former, by=manager, now=NOW)
    former.refresh_from_db()
    assert former.first_name == f"Former volunteer {former.reference}"
    assert factories.VolunteerFactory(name="Former Pupil").first_name == "Former"


def test_a_double_name_goes_from_notes_by_itself_and_a_longer_one_of_somebody_else_stays(
    manager: models.User, session: models.Session
) -> None:
    who = who_left("Zoë-Anne Marsh-Quill", session)
    note = factories.SessionFactory(outcome_note="Zoë-Anne has the key, Marsh-Quill the map. Ask Ms Marsh-Quillfeather.")
    erase(who, by=manager, now=NOW)
    note.refresh_from_db()
    instead = f"Former volunteer {who.reference}"
    assert note.outcome_note == f"{instead} has the key, {instead} the map. Ask Ms Marsh-Quillfeather."


def test_a_surname_stays_where_it_is_the_former_name_of_somebody_else(session: models.Session, manager: models.User) -> None:
    jane, anna = factories.VolunteerFactory(name="Jane Thornbury"), who_left("Anna Thornbury", session)
    factories.CoverFactory(session=session, volunteer=jane)
    message = mail(session, jane, "Today go: Anna Thornbury, Jane Thornbury.")
    models.Volunteer.objects.filter(pk=jane.pk).update(name="Jane Smith")
    erase(anna, by=manager, now=NOW)
    message.refresh_from_db()
    assert message.body == f"Today go: Former volunteer {anna.reference}, Jane Thornbury."
