"""Somebody at a school is erased: their links end, and what they said and asked for stays without their name."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing.actions import erase
from schools.visits.actions.requests import confirm_request, know_person
from schools.visits.actions.taking_answers import take_answers, undo_answers
from schools.visits.new_contacts import NewContact
from tests.erasing.dumps import dump, places_with
from tests.factories import SchoolFactory, VisitFactory, manager
from tests.school_portal.visits import BEFORE, a_visit, access_at, path_of, sent

pytestmark = pytest.mark.django_db


def test_who_is_erased_has_no_link_and_no_name_beside_what_they_said() -> None:
    visit = a_visit()
    contact = models.Contact.objects.get(school=visit.school)
    models.Contact.objects.filter(pk=contact.pk).update(name="Philippa Quill", email="quill@fern.example.org")
    contact.refresh_from_db()
    path = path_of(visit)
    with time_machine.travel(BEFORE, tick=False):
        assert sent(path, parking="By the gate", by="Philippa Quill").status_code == 302
        models.Feedback.objects.create(visit=visit, school=visit.school, again="yes", given_by="Philippa Quill", at=BEFORE)
        models.VisitRequest.objects.create(
            school=visit.school, visit=visit, contact=contact, name="Philippa Quill", role="head",
            email="quill@fern.example.org", note="Ask for Philippa Quill.", asked_at=BEFORE, confirmed_at=BEFORE, state="done",
        )  # fmt: skip
        models.SchoolChange.objects.create(
            visit=visit, what="cancel", day=BEFORE.date(), why="staff", note="Ask Philippa Quill.", given_by="Philippa Quill",
            access=models.SchoolAccess.objects.get(), at=BEFORE,
        )  # fmt: skip
        erase(contact, by=manager(), now=BEFORE)
        assert Client().get(path).status_code == 404
    assert not models.SchoolAccess.objects.exists()
    answer, feedback = models.SchoolAnswer.objects.get(), models.Feedback.objects.get()
    assert (answer.words, answer.access) == ("By the gate", None)
    assert "Quill" not in answer.given_by + feedback.given_by
    change = models.SchoolChange.objects.get()
    assert (change.why, change.access) == ("staff", None)
    assert "quill" not in f"{change.given_by} {change.note}".lower()
    request = models.VisitRequest.objects.get()
    assert request.contact is None
    assert "quill" not in f"{request.name} {request.email} {request.note}".lower()


def anita(visit: models.Visit) -> models.Contact:
    """The visit's contact as Anita Patel; another Patel is at another school, so that the name is not hers alone."""
    contact = models.Contact.objects.get(school=visit.school)
    contact.name, contact.email = "Anita Patel", "anita@fern.example.org"
    contact.save()
    models.Contact.objects.create(school=SchoolFactory(), name="Mrs Patel", email="patel@moss.example.org")
    return contact


def asked(contact: models.Contact | None, of: models.Visit, **fields: Any) -> models.VisitRequest:
    values = {"school": of.school, "visit": of, "role": "head of year", "asked_at": BEFORE}
    values |= {"email": "anita@fern.example.org"}
    values |= {"name": "Mrs Patel", "contact": contact, "confirmed_at": BEFORE, "state": "done"}
    return models.VisitRequest.objects.create(**values | fields)


def test_what_they_asked_for_and_said_by_their_link_names_them_by_no_name_of_theirs() -> None:
    visit, by = a_visit(), manager()
    contact = anita(visit)
    by_link: dict[str, Any] = {"access": access_at(visit.school)}
    request = asked(contact, visit, phone="+447400123456")
    said = {"visit": visit, "given_by": "Mrs Patel", "at": BEFORE, **by_link}
    answer = models.SchoolAnswer.objects.create(school=visit.school, item="note", words="Ring 07400 123456.", **said)
    alarm = models.SchoolAlarm.objects.create(day=BEFORE.date(), what="nobody", over_at=BEFORE, over_by="Mrs Patel", **said)
    nick = models.SchoolChange.objects.create(day=BEFORE.date(), what="cancel", why="staff", **said | {"given_by": "Annie"})
    dates = models.OfferedDates.objects.create(
        school=visit.school, half_days=["2026-12-01-morning"], people=2, offered_at=BEFORE, held_until=BEFORE.date(),
        state="chosen", chosen="2026-12-01-morning", chosen_by="Mrs Patel", answered_at=BEFORE, **by_link,
    )  # fmt: skip
    for key in (f"date-chosen:{dates.pk}:{by.pk}", f"school-contact-before:{answer.pk}:x", "about-moss"):
        models.OutboxMessage.objects.create(
            key=key, to="cora@example.org", subject="News", body="Mrs Patel, Anita for short, wrote.", sent_at=BEFORE
        )
    erase(contact, by=by, now=BEFORE)
    for row in (request, answer, alarm, nick, dates):
        row.refresh_from_db()
    assert (request.name, request.role, request.email, str(request.phone)) == ("a former contact", "", "", "")
    assert answer.words == "Ring (erased)."
    signed = (answer.given_by, alarm.given_by, alarm.over_by, nick.given_by, dates.chosen_by)
    assert set(signed) == {"a former contact"}
    # The mail of which nothing says that it is about her may be about the other Mrs Patel.
    assert dict(models.OutboxMessage.objects.values_list("key", "body")) == {
        f"date-chosen:{dates.pk}:{by.pk}": "a former contact, a former contact for short, wrote.",
        f"school-contact-before:{answer.pk}:x": "a former contact, a former contact for short, wrote.",
        "about-moss": "Mrs Patel, Anita for short, wrote.",
    }
    assert places_with(dump(), {"400123456", "annie", "anita@fern"}) == []


def test_nobody_is_made_of_a_request_whose_person_was_erased() -> None:
    visit, by = a_visit(), manager()
    contact = anita(visit)
    request, unknown = asked(contact, visit), asked(None, visit)
    unconfirmed = asked(None, visit, visit=None, confirmed_at=None, state="asked")
    models.Contact.objects.create(school=visit.school, name="Quentin Bursar")
    erase(contact, by=by, now=BEFORE)
    assert not models.VisitRequest.objects.filter(pk=unconfirmed.pk).exists()
    for row in (request, unknown):
        with pytest.raises(RuleBroken, match="was erased, so there is nobody to put there"):
            know_person(row, by=by, now=BEFORE)
    assert list(models.Contact.objects.filter(school=visit.school).values_list("name", flat=True)) == ["Quentin Bursar"]


def test_who_asked_under_the_mailbox_of_the_trust_keeps_their_request_when_somebody_else_is_erased() -> None:
    visit, by = a_visit(), manager()
    contact, address = anita(visit), "anita@fern.example.org"
    box: dict[str, Any] = {"email": address, "visit": None, "state": "waits"}
    other = asked(None, visit, name="Quentin Quill", school=SchoolFactory(), **box)
    own = asked(None, visit, name="MRS PATEL", **box)
    mail = models.OutboxMessage.objects.create(key="x", to=address, subject="Hello", body="Dear all", sent_at=BEFORE)
    erase(contact, by=by, now=BEFORE)
    for row in (own, other, mail):
        row.refresh_from_db()
    assert (own.name, own.email) == ("a former contact", "")
    assert (other.name, other.email, other.state) == ("Quentin Quill", "anita@fern.example.org", "waits")
    assert mail.body == "Dear all"


def test_a_request_without_an_address_is_of_nobody_whom_we_know() -> None:
    """Somebody at the school has no address either: the request is not theirs."""
    visit = a_visit()
    models.Contact.objects.filter(school=visit.school).update(email="")
    request = asked(None, visit, visit=None, email="", confirmed_at=None, state="asked")
    with time_machine.travel(BEFORE, tick=False):
        assert confirm_request(request, now=BEFORE).contact is None


@pytest.mark.parametrize(
    ("item", "words"),
    [("contact", "Anita Patel\nhead\nanita@fern.example.org"), ("lead", "Anita Patel"), ("lead_phone", "+447400123456")],
)
def test_an_answer_that_named_somebody_who_was_erased_is_left_and_not_taken(item: str, words: str) -> None:
    visit, by = a_visit(), manager()
    contact = anita(visit)
    models.Contact.objects.filter(pk=contact.pk).update(phone="+447400123456")
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    models.SchoolAnswer.objects.create(item=item, words=words, **given)
    erase(models.Contact.objects.get(pk=contact.pk), by=by, now=BEFORE)
    with time_machine.travel(BEFORE, tick=False), pytest.raises(RuleBroken, match="who stood there was erased"):
        take_answers(visit, None, by=by, now=BEFORE)
    visit.refresh_from_db()
    assert (visit.contact, visit.safeguarding_contact) == (None, None)
    assert not models.Contact.objects.filter(school=visit.school).exists()


def test_a_contact_that_is_taken_back_is_erased_but_in_the_words_that_wait_again() -> None:
    visit, by = a_visit(), manager()
    person = NewContact("Philippa Quill", "head", "quill@fern.example.org")
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    answer = models.SchoolAnswer.objects.create(item="contact", words=person.words, **given)
    names, before = {"philippa", "quill"}, visit.contact
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, [answer.pk], by=by, now=BEFORE)
        made = models.Contact.objects.get(email=person.email)
        made.name = "Philippa Quill-Thorne"
        made.save()
        for key, to, words in (
            ("own", person.email, "Dear Philippa"),
            ("other", "jo@fern.example.org", "Write to Philippa Quill."),
        ):
            mail = models.OutboxMessage.objects.create(key=key, to=to, subject="News", body=words, kind="visits", sent_at=BEFORE)
            models.MessageAbout.objects.create(
                visit=visit, school=visit.school, message=mail, known_by="message", facts=key, at=BEFORE
            )
        talk = models.ContactLog.objects.create(
            school=visit.school, visit=visit, day=BEFORE.date(), how="phone", who="Philippa Quill", note="Ask Philippa.", by=by
        )
        undo_answers(visit, [answer.pk], by=by, now=BEFORE)
    visit.refresh_from_db()
    answer.refresh_from_db()
    talk.refresh_from_db()
    assert (visit.contact, answer.state, answer.words, answer.before) == (before, "open", person.words, None)
    assert (talk.who, talk.note) == ("a former contact", "Ask a former contact.")
    assert models.Erasure.objects.get().reference == f"contact:{made.pk}"
    left = places_with(dump(), {*names, "thorne"})
    assert left == [f"schools_schoolanswer.words {answer.pk}: {person.words}"]
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, [answer.pk], by=by, now=BEFORE)
    assert models.Contact.objects.get(email=person.email).name == "Philippa Quill"


def test_a_contact_is_not_taken_back_while_an_import_of_people_waits_and_stays_where_another_visit_names_them() -> None:
    visit, by = a_visit(), manager()
    person = NewContact("Philippa Quill", "head", "quill@fern.example.org")
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    answer = models.SchoolAnswer.objects.create(item="contact", words=person.words, **given)
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, [answer.pk], by=by, now=BEFORE)
        made = models.Contact.objects.get(email=person.email)
        run = models.ImportRun.objects.create(
            register="contacts", file_name="c.csv", day=BEFORE.date(), asked_at=BEFORE, seen_at=BEFORE
        )
        run.files.create(part="register", name="c.csv", content=b"")
        with pytest.raises(RuleBroken, match="An import of people at schools waits"):
            undo_answers(visit, [answer.pk], by=by, now=BEFORE)
        visit.refresh_from_db()
        assert visit.contact == made
        run.files.all().delete()
        VisitFactory(school=visit.school, contact=made)
        undo_answers(visit, [answer.pk], by=by, now=BEFORE)
    assert models.Contact.objects.filter(pk=made.pk).exists()
    assert not models.Erasure.objects.exists()


def test_an_answer_that_is_taken_back_leaves_nothing_of_whom_it_made() -> None:
    visit, by = a_visit(), manager()
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    lead = models.SchoolAnswer.objects.create(item="lead", words="Philippa Quill", **given)
    phone = models.SchoolAnswer.objects.create(item="lead_phone", words="+447400123456", **given)
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, None, by=by, now=BEFORE)
        assert str(models.Contact.objects.get(name="Philippa Quill").phone.as_e164) == "+447400123456"
        undo_answers(visit, [lead.pk, phone.pk], by=by, now=BEFORE)
    assert not models.Contact.objects.filter(name="Philippa Quill").exists()
    assert not models.EarlierValue.objects.filter(table="contact").exists()
