"""Deleting somebody at a school is erasing them: what names them still could be found by nothing later."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing.actions import NotesToRead
from schools.messages import actions
from schools.office.schools import deleting
from schools.office.schools.deleting import erase_deleted
from tests import factories
from tests.browsing import hidden
from tests.erasing.dumps import dump, places_with
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(area: models.Area) -> models.Contact:
    """Somebody who is named in a mail, in what was agreed, and as who a conversation was with; in no note."""
    school = factories.SchoolFactory(area=area, name="Oak")
    row = models.Contact.objects.create(school=school, name="Philippa Quill", email="quill@oak.example.org")
    visit = factories.VisitFactory(school=school, agreed_with="Philippa Quill")
    models.OutboxMessage.objects.create(key="own", to=row.email, subject="A visit", body="Dear Philippa", sent_at=NOW)
    mail = models.OutboxMessage.objects.create(
        key="other", to="a@b.example", subject="A visit", body="Philippa Quill asked.", sent_at=NOW
    )
    models.MessageAbout.objects.create(visit=visit, message=mail, known_by="message", facts="x", school=school)
    models.ContactLog.objects.create(
        school=school, day=date(2026, 11, 2), how="phone", who="Philippa Quill", by=factories.manager(), note="All is well."
    )
    return row


@pytest.fixture
def note(contact: models.Contact) -> models.Session:
    """A note about another school that names them."""
    session: models.Session = factories.SessionFactory(outcome_note="As Philippa Quill had said.")
    return session


def delete(client: Client, contact: models.Contact) -> str:
    answer = client.post(f"/admin/schools/contact/{contact.pk}/delete/", {"post": "yes"}, follow=True)
    return answer.content.decode()


def test_deleting_somebody_at_a_school_erases_them(office: Client, contact: models.Contact) -> None:
    asks = office.get(f"/admin/schools/contact/{contact.pk}/delete/").content.decode()
    assert "erases them" in asks
    assert "/admin/erase/" not in asks  # that page is a manager's
    delete(office, contact)
    assert models.OutboxMessage.objects.get(key="own").body == actions.ERASED_TEXT
    assert models.OutboxMessage.objects.get(key="other").body == "a former contact asked."
    assert models.Visit.objects.get(school=contact.school).agreed_with == "a former contact"
    assert LogEntry.objects.get(object_id=str(contact.pk)).object_repr == "a former contact"
    assert models.Erasure.objects.get().reference == f"contact:{contact.pk}"
    assert places_with(dump(), {"philippa", "quill"}) == []


def test_whom_notes_name_is_deleted_by_nobody_and_a_manager_is_led_to_the_notes(
    office: Client, contact: models.Contact, note: models.Session
) -> None:
    address = f"/admin/schools/contact/{contact.pk}/delete/"
    refused = office.post(address, {"post": "yes"})
    assert refused.headers["Location"] == f"/admin/schools/contact/{contact.pk}/change/"
    page = office.get(refused.headers["Location"]).content.decode()
    assert "Notes name Philippa Quill. A manager finds them under Erased people" in page
    manager = Client()
    manager.force_login(factories.manager(name="Mo Fell"))
    led = manager.post(address, {"post": "yes"})
    assert led.headers["Location"] == f"/admin/erase/contact/{contact.pk}/"
    page = manager.get(led.headers["Location"]).content.decode()
    assert "Nobody was erased yet: notes name them." in page
    assert "As Philippa Quill had said." in page
    note.refresh_from_db()
    assert note.outcome_note == "As Philippa Quill had said."
    assert models.Contact.objects.get() == contact
    assert not LogEntry.objects.filter(object_id=str(contact.pk)).exists()


def test_a_tick_in_the_form_of_the_school_erases_them_too(office: Client, contact: models.Contact) -> None:
    address = f"/admin/schools/school/{contact.school_id}/change/"
    typed = {"contacts-0-name": contact.name, "contacts-0-email": contact.email, "contacts-0-DELETE": "on"}
    typed |= {"contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1"}
    page = office.get(address).content.decode()
    run = models.ImportRun.objects.create(register="contacts", file_name="c.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW)
    file = run.files.create(part="register", name="c.csv", content=b"")
    refused = office.post(address, {**hidden(page), **typed}).content.decode()
    assert "An import of people at schools waits" in refused
    assert models.Contact.objects.get() == contact
    file.delete()
    note = factories.SessionFactory(outcome_note="As Philippa Quill had said.")
    assert "Notes name Philippa Quill." in office.post(address, {**hidden(page), **typed}).content.decode()
    assert models.Contact.objects.get() == contact
    models.Session.objects.filter(pk=note.pk).update(outcome_note="")
    note.history.update(outcome_note="")
    assert office.post(address, {**hidden(page), **typed}).status_code == 302
    assert places_with(dump(), {"philippa", "quill"}) == []


def test_a_reason_against_it_is_said_and_a_manager_is_led_to_the_page_of_erasing(
    managers_office: Client, contact: models.Contact
) -> None:
    asks = managers_office.get(f"/admin/schools/contact/{contact.pk}/delete/").content.decode()
    assert f"/admin/erase/contact/{contact.pk}/" in asks
    run = models.ImportRun.objects.create(register="contacts", file_name="c.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW)
    run.files.create(part="register", name="c.csv", content=b"")
    assert "An import of people at schools waits" in delete(managers_office, contact)
    assert models.Contact.objects.get() == contact
    assert not LogEntry.objects.filter(object_id=str(contact.pk)).exists()


def test_a_single_word_names_them_in_rows_of_their_school_alone(office: Client, area: models.Area) -> None:
    contact = models.Contact.objects.create(
        school=factories.SchoolFactory(area=area), name="Reception", email="r@oak.example.org"
    )
    own = factories.SessionFactory(visit__school=contact.school, outcome_note="Reception had the key.")
    other = factories.SessionFactory(outcome_note="Reception is at the back; write to r@oak.example.org.")
    far = factories.SessionFactory(outcome_note="Reception is closed.")
    for note in (own, other):
        assert "Notes name Reception." in delete(office, contact)
        note.outcome_note = ""
        note.save()
        note.history.all().delete()
    delete(office, contact)
    far.refresh_from_db()
    assert far.outcome_note == "Reception is closed."
    assert not models.Contact.objects.exists()


@pytest.mark.parametrize(
    ("name", "is_a_name"),
    [
        ("Head Teacher", False),
        ("The Front Desk", False),
        ("Head of Year 4", False),
        ("Fernside School Office", False),
        ("Philippa Head", True),
        ("April Fernside", True),
    ],
)
def test_words_for_a_role_at_a_school_are_nobodys_name_elsewhere(name: str, is_a_name: bool, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, name="Fernside Primary School")
    contact = models.Contact.objects.create(school=school, name=name, email="r@fern.example.org")
    note = factories.SessionFactory(outcome_note=f"Ask {name}.")
    how: AbstractContextManager[Any] = pytest.raises(NotesToRead) if is_a_name else nullcontext()
    with how:
        erase_deleted(contact, by=factories.manager())
    note.refresh_from_db()
    assert note.outcome_note == f"Ask {name}."
    assert models.Contact.objects.exists() is is_a_name


@pytest.mark.parametrize("name", ["Contact", "Former contact", "Erased"])
def test_who_is_called_as_what_stands_in_place_of_a_name_can_be_deleted(name: str, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    contact = models.Contact.objects.create(school=school, name=name, email="r@fern.example.org")
    note = factories.SessionFactory(visit__school=school, visit__contact=contact, outcome_note="Ask the contact.")
    erase_deleted(contact, by=factories.manager())
    note.refresh_from_db()
    assert note.outcome_note == "Ask the contact."


def test_whom_the_form_of_the_school_cannot_erase_stays_and_what_was_typed_is_kept(
    office: Client, contact: models.Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuleBroken(["It stands in: session, outcome note."])

    monkeypatch.setattr(deleting, "erase", breaks)
    address = f"/admin/schools/school/{contact.school_id}/change/"
    typed = {"contacts-0-name": contact.name, "contacts-0-email": contact.email, "contacts-0-DELETE": "on"}
    typed |= {"contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1", "access_notes": "By the green gate"}
    refused = office.post(address, {**hidden(office.get(address).content.decode()), **typed})
    page = refused.content.decode()
    assert refused.status_code == 200
    assert "It stands in: session, outcome note." in page
    assert "By the green gate" in page
    assert models.Contact.objects.get() == contact


def test_a_form_keeps_others_waiting_only_for_people_of_its_school_and_only_where_it_may_be_stored(
    office: Client, contact: models.Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[models.Contact] = []
    monkeypatch.setattr(deleting, "hold_what_names", held.extend)
    other = models.Contact.objects.create(school=factories.SchoolFactory(), name="Jo Bloggs", email="jo@elm.example.org")
    address = f"/admin/schools/school/{contact.school_id}/change/"
    typed = hidden(office.get(address).content.decode()) | {"contacts-0-name": contact.name, "contacts-0-DELETE": "on"}
    office.post(address, {**typed, "contacts-0-id": other.pk})
    stranger = Client()
    stranger.force_login(factories.coordinator_of(factories.AreaFactory()))
    stranger.post(address, typed)
    assert held == []
    office.post(address, typed)
    assert held == [contact]


def test_the_page_of_the_school_leads_to_removing_somebody_only_where_that_can_be_done(
    office: Client, contact: models.Contact
) -> None:
    address, remove = f"/admin/school/{contact.school_id}/?contact={contact.pk}", f"/admin/schools/contact/{contact.pk}/delete/"
    assert remove in office.get(address).content.decode()
    models.Visit.objects.update(contact=contact)
    page = office.get(address).content.decode()
    assert "Philippa Quill is named elsewhere, such as by a visit or a message. Ask a manager to erase them." in page
    assert remove not in page
    assert "/admin/erase/" not in page
    manager = Client()
    manager.force_login(factories.manager(name="Mo Fell"))
    page = manager.get(address).content.decode()
    assert remove not in page
    assert "such as by a visit or a message. Erase them." in page
    assert f"/admin/erase/contact/{contact.pk}/" in page
    assert manager.get(f"/admin/erase/contact/{contact.pk}/").status_code == 200


def test_who_is_at_a_school_of_another_area_too_is_removed_by_a_manager(
    office: Client, contact: models.Contact, elsewhere: models.Area
) -> None:
    contact.also_at.add(factories.SchoolFactory(area=elsewhere))
    page = office.get(f"/admin/school/{contact.school_id}/?contact={contact.pk}").content.decode()
    assert "Philippa Quill is at other schools too. Ask a manager." in page
    assert f"/admin/schools/contact/{contact.pk}/delete/" not in page
