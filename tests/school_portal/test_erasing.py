"""Somebody at a school is erased: their links end, and what they said and asked for stays without their name."""

import html
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing.actions import erase
from schools.visits.actions.requests import confirm_request, know_person
from schools.visits.actions.taking_answers import take_answers, undo_answers
from schools.visits.new_contacts import NewContact
from tests.erasing.dumps import dump, places_with
from tests.factories import SchoolFactory, VisitFactory, coordinator_of, manager
from tests.school_portal.taking import all_waiting, as_read, to_press
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, access_at, path_of, sent, took_place

pytestmark = pytest.mark.django_db

QUILL = NewContact("Philippa Quill", "head", "quill@fern.example.org")


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


def test_what_a_colleague_with_an_entry_of_their_own_signed_by_the_same_link_stays_theirs() -> None:
    visit, by = a_visit(), manager()
    contact = anita(visit)
    models.Contact.objects.create(school=visit.school, name="Sam Hill", email="anita@fern.example.org")
    said: dict[str, Any] = {"visit": visit, "school": visit.school, "at": BEFORE, "access": access_at(visit.school)}
    for item, signed in (("note", "sam hill"), ("parking", "Annie"), ("arrival", "Ms Hill-Patel")):
        models.SchoolAnswer.objects.create(item=item, words="x", state="left", given_by=signed, **said)
    erase(contact, by=by, now=BEFORE)
    assert dict(models.SchoolAnswer.objects.values_list("item", "given_by")) == {
        "note": "sam hill", "parking": "a former contact", "arrival": "a former contact",
    }  # fmt: skip


@pytest.mark.parametrize("signed", ["Annie", "Ms Lee"])
def test_who_signed_the_five_questions_alone_is_not_named_beside_them_and_a_guest_who_did_is(signed: str) -> None:
    visit, by = a_visit(), manager()
    guest = a_guest(visit)
    contact = models.Contact.objects.get(school=visit.school)
    models.Contact.objects.filter(pk=contact.pk).update(name="Ann Lee")
    took_place(visit)
    with time_machine.travel(AFTER, tick=False):
        for school in (visit.school, guest):
            typed = {"do": "questions", "again": "yes", "comment": "Thank you", "by": signed}
            assert sent(path_of(visit, school), **typed).status_code == 302
        done = erase(models.Contact.objects.get(pk=contact.pk), by=by, now=AFTER)
    signatures = dict(models.Feedback.objects.values_list("school", "given_by"))
    assert signatures == {visit.school_id: "a former contact", guest.pk: signed}
    assert dict(done.sheet["gone"])["signatures of feedback of schools"] == 1
    feedback = models.Feedback.objects.get(school=visit.school)
    assert (feedback.again, feedback.comment) == ("yes", "Thank you")


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
        take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    visit.refresh_from_db()
    assert (visit.contact, visit.safeguarding_contact) == (None, None)
    assert not models.Contact.objects.filter(school=visit.school).exists()


def quill_named(visit: models.Visit) -> models.SchoolAnswer:
    """The answer of the school that names Philippa Quill as whom to write to."""
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    return models.SchoolAnswer.objects.create(item="contact", words=QUILL.words, **given)


def test_a_contact_that_is_taken_back_goes_with_what_is_theirs_alone_and_comes_back_whole() -> None:
    visit, by = a_visit(), manager()
    answer, before = quill_named(visit), visit.contact
    given = {"visit": visit, "school": visit.school, "given_by": "Philippa Quill", "at": BEFORE}
    models.SchoolAnswer.objects.create(item="arrival", words="Ask for Philippa Quill, quill@fern.example.org.", **given)
    models.ContactLog.objects.create(
        school=visit.school, visit=visit, day=BEFORE.date(), how="phone", who="Philippa Quill", note="Ask Philippa.", by=by
    )
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, as_read(answer), by=by, now=BEFORE)
        for key, to, words in (("own", QUILL.email, "Dear Philippa"), ("other", "jo@fern.example.org", "Philippa Quill asks.")):
            mail = models.OutboxMessage.objects.create(key=key, to=to, subject="News", body=words, kind="visits", sent_at=BEFORE)
            models.MessageAbout.objects.create(
                visit=visit, school=visit.school, message=mail, known_by="message", facts=key, at=BEFORE
            )
        models.SuppressedAddress.objects.create(address=QUILL.email, reason="bounce", since=BEFORE)
        assert undo_answers(visit, as_read(answer), by=by, now=BEFORE) == []
    visit.refresh_from_db()
    answer.refresh_from_db()
    assert (visit.contact, answer.state, answer.words, answer.before) == (before, "open", QUILL.words, None)
    assert not models.Contact.objects.filter(email=QUILL.email).exists()
    assert not models.Erasure.objects.exists()
    assert not models.SuppressedAddress.objects.exists()
    assert models.OutboxMessage.objects.get(key="own").to == ""
    assert models.OutboxMessage.objects.get(key="other").body == "Philippa Quill asks."
    assert (models.ContactLog.objects.get().who, models.ContactLog.objects.get().note) == ("Philippa Quill", "Ask Philippa.")
    arrival = models.SchoolAnswer.objects.get(item="arrival")
    assert (arrival.words, arrival.given_by) == ("Ask for Philippa Quill, quill@fern.example.org.", "Philippa Quill")
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    visit.refresh_from_db()
    assert visit.contact
    assert (visit.contact.name, visit.contact.role, visit.contact.email) == (QUILL.name, QUILL.role, QUILL.email)
    assert visit.arrival_notes == "Ask for Philippa Quill, quill@fern.example.org."


def at_another_school(made: models.Contact) -> None:
    made.also_at.add(SchoolFactory())


def wants_invitations(made: models.Contact) -> None:
    models.Contact.objects.filter(pk=made.pk).update(wants_invitations=True)


def corrected(made: models.Contact) -> None:
    models.Contact.objects.filter(pk=made.pk).update(name="Philippa Quill-Thorne")


def asks_for_a_visit(made: models.Contact) -> None:
    models.VisitRequest.objects.create(
        school=made.school, contact=made, name=made.name, email=made.email, asked_at=BEFORE, confirmed_at=BEFORE, state="waits"
    )


def is_offered_dates(made: models.Contact) -> None:
    models.OfferedDates.objects.create(
        school=made.school, contact=made, half_days=[], types=[], people=2, offered_at=BEFORE, held_until=BEFORE.date()
    )


def opened_a_link(made: models.Contact) -> None:
    models.SchoolAccess.objects.create(
        contact=made, purpose="visits", email=made.email, expires=BEFORE.date(), last_used_at=BEFORE
    )


def is_asked_for_by_another_visit(made: models.Contact) -> None:
    VisitFactory(school=made.school, contact=made)


@pytest.mark.parametrize(
    "needs",
    [
        at_another_school,
        wants_invitations,
        corrected,
        asks_for_a_visit,
        is_offered_dates,
        opened_a_link,
        is_asked_for_by_another_visit,
    ],
)
def test_a_contact_stays_where_anything_else_needs_them_and_the_page_says_so(
    needs: Callable[[models.Contact], None],
) -> None:
    visit, by, office = a_visit(), manager(), Client()
    office.force_login(by)
    answer = quill_named(visit)
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, as_read(answer), by=by, now=BEFORE)
        made = models.Contact.objects.get(email=QUILL.email)
        needs(made)
        pressed = {"do": "undo-take", "answer": to_press(answer)}
        page = office.post(reverse("admin:visit-detail", args=[visit.pk]), pressed, follow=True).content.decode()
    made.refresh_from_db()
    assert f"{made} stays among the people at the school" in html.unescape(page)
    visit.refresh_from_db()
    answer.refresh_from_db()
    assert (visit.contact == made, answer.state) == (False, "open")


def test_nobody_takes_back_a_contact_of_a_visit_that_is_not_theirs() -> None:
    visit, other = a_visit(), a_visit()
    answer = quill_named(visit)
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, as_read(answer), by=manager(), now=BEFORE)
        with pytest.raises(RuleBroken):
            undo_answers(visit, as_read(answer), by=coordinator_of(), now=BEFORE)
        assert undo_answers(other, as_read(answer), by=manager(), now=BEFORE) is None
    assert models.Contact.objects.filter(email=QUILL.email).exists()


def test_an_answer_that_is_taken_back_leaves_nothing_of_whom_it_made() -> None:
    visit, by = a_visit(), manager()
    given = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    lead = models.SchoolAnswer.objects.create(item="lead", words="Philippa Quill", **given)
    phone = models.SchoolAnswer.objects.create(item="lead_phone", words="+447400123456", **given)
    with time_machine.travel(BEFORE, tick=False):
        take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
        assert str(models.Contact.objects.get(name="Philippa Quill").phone.as_e164) == "+447400123456"
        undo_answers(visit, as_read(lead, phone), by=by, now=BEFORE)
    assert not models.Contact.objects.filter(name="Philippa Quill").exists()
    assert not models.EarlierValue.objects.filter(table="contact").exists()
