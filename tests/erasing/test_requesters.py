"""Who asked for a visit and was never entered, and a trustee who has ended, are erased as everybody else is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing.actions import erase, preview_erasure
from schools.erasing.others import digits_in
from schools.erasing.people import is_of_entry, reference_of
from schools.recovery.emails import ask_trustee
from schools.recovery.trustees import end_trustee
from schools.visits.actions.requests import know_person
from schools.visits.request_emails import ask_to_confirm
from schools.volunteers.emails import welcome
from tests import factories
from tests.erasing.dumps import dump, places_with

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OFFICE = "office@oak.example.org"


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Bea Manager")


def asked(name: str = "Philippa Quill", email: str = "quill@oak.example.org", **fields: Any) -> models.VisitRequest:
    """A request of a school that nobody knows here, confirmed by mail."""
    values = {"school_name": "Oak Primary", "role": "head", "asked_at": NOW, "confirmed_at": NOW, "state": "waits"}
    request: models.VisitRequest = models.VisitRequest.objects.create(name=name, email=email, **values | fields)
    return request


def test_who_asked_without_an_entry_is_erased_and_a_colleague_of_the_same_mailbox_is_not(manager: models.User) -> None:
    request = asked(email=OFFICE, phone="+447400123456", note="Ask for Philippa Quill.")
    other = asked("Philippa Quill", OFFICE.upper(), state="asked", confirmed_at=None)
    colleague = asked("Quentin Bursar", OFFICE, note="Philippa Quill is away.")
    ask_to_confirm(request)
    session = factories.SessionFactory(outcome_note="Rang Philippa Quill, 07400-123456.")
    done = erase(request, by=manager, now=NOW)
    assert (done.kind, done.reference) == ("requester", f"requester:{request.pk}")
    for row in (request, colleague, session):
        row.refresh_from_db()
    assert (request.name, request.role, request.email, str(request.phone)) == ("a former contact", "", "", "")
    assert (request.state, request.school_name) == ("waits", "Oak Primary")
    assert not models.VisitRequest.objects.filter(pk=other.pk).exists()
    assert (colleague.name, colleague.email) == ("Quentin Bursar", OFFICE)
    assert session.outcome_note == "Rang a former contact, (erased)."
    assert not models.OutboxMessage.objects.filter(key=f"ask-for-visit:{request.pk}").exists()
    assert places_with(dump(), {"philippa", "quill", "400123456"}) == []
    with pytest.raises(RuleBroken, match="was erased already"):
        erase(request, by=manager, now=NOW)


def test_the_name_in_what_belongs_to_the_visit_that_was_asked_for_is_replaced_without_a_question(manager: models.User) -> None:
    visit = factories.VisitFactory(agreed_with="Mrs Quill, head")
    models.Contact.objects.create(school=factories.SchoolFactory(), name="Mrs Quill")
    elsewhere = factories.VisitFactory(agreed_with="Mrs Quill")
    request = asked("Mrs Quill", school=visit.school, school_name="", visit=visit, state="done")
    assert preview_erasure(request).to_decide == []
    erase(request, by=manager, now=NOW)
    visit.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (visit.agreed_with, elsewhere.agreed_with) == ("a former contact, head", "Mrs Quill")


def test_who_is_among_the_people_at_a_school_by_now_is_erased_there(manager: models.User) -> None:
    request = asked(school=factories.SchoolFactory(), school_name="")
    contact = know_person(request, by=manager, now=NOW)
    request.refresh_from_db()
    with pytest.raises(RuleBroken, match="Erase that entry"):
        erase(request, by=manager, now=NOW)
    erase(contact, by=manager, now=NOW)
    assert places_with(dump(), {"philippa", "quill"}) == []


def test_a_request_from_the_mailbox_of_an_entry_is_the_colleagues_who_made_it(manager: models.User) -> None:
    school = factories.SchoolFactory()
    anita = models.Contact.objects.create(school=school, name="Anita Patel", email=OFFICE)
    hers = asked("Mrs Patel", OFFICE, school=school, contact=anita)
    his = asked("Quentin Bursar", OFFICE, school=school, contact=anita, phone="+447400123456")
    session = factories.SessionFactory(outcome_note="Rang Quentin Bursar for Anita Patel.")
    assert [is_of_entry(row) for row in (hers, his)] == [True, False]
    erase(anita, by=manager, now=NOW)
    for row in (hers, his, session):
        row.refresh_from_db()
    assert (hers.name, hers.email) == ("a former contact", "")
    assert (his.name, his.email, str(his.phone)) == ("Quentin Bursar", OFFICE, "07400 123456")
    assert session.outcome_note == "Rang Quentin Bursar for a former contact."
    assert models.Erasure.objects.get().reference == f"contact:{anita.pk}"
    assert f"requester:{his.pk}" not in str(list(models.Erasure.objects.values()))
    erase(his, by=manager, now=NOW)
    assert places_with(dump(), {"patel", "quentin", "bursar", "400123456"}) == []


def test_a_colleague_is_erased_although_the_request_was_joined_with_an_entry_of_the_same_mailbox(manager: models.User) -> None:
    school = factories.SchoolFactory()
    anita = models.Contact.objects.create(school=school, name="Anita Patel", email=OFFICE)
    his = asked("Quentin Bursar", OFFICE, school=school, contact=anita)
    again = asked("Quentin Bursar", OFFICE, school=school, contact=anita, note="Quentin Bursar asks again.")
    erase(his, by=manager, now=NOW)
    assert places_with(dump(), {"quentin", "bursar"}) == []
    again.refresh_from_db()
    assert (again.contact, again.name, again.note) == (anita, "a former contact", "a former contact asks again.")
    anita.refresh_from_db()
    assert (anita.name, anita.email) == ("Anita Patel", OFFICE)


def test_whose_name_was_another_before_is_known_by_that_where_they_asked(manager: models.User) -> None:
    anita = models.Contact.objects.create(school=factories.SchoolFactory(), name="Anita Patel", email=OFFICE)
    request = asked("Mrs Patel", OFFICE, school=anita.school, contact=anita)
    anita.name = "Anita Smith"
    anita.save()
    request = models.VisitRequest.objects.get(pk=request.pk)
    assert is_of_entry(request)
    with pytest.raises(RuleBroken, match="known at the school as Anita Smith"):
        erase(request, by=manager, now=NOW)


def test_a_trustee_who_has_ended_is_erased_and_the_record_of_who_let_whom_in_stays(manager: models.User) -> None:
    # A namesake, so that only what references lead to may lose the name.
    factories.VolunteerFactory(name="Trudi Hazel")
    trustee = models.Trustee.objects.create(name="Trudi Hazel", email="trudi@example.com", named_by=manager, named_at=NOW)
    ask_trustee(trustee, now=NOW)
    user = factories.coordinator_of(name="Ravi Low")
    recovery = models.Recovery.objects.create(
        user=user, lost="second-factor", why="phone-lost", first_check="mail", second_check="call", asked_by=manager, asked_at=NOW
    )
    step = models.RecoveryStep.objects.create(recovery=recovery, kind="agreed", how="link", trustee=trustee, at=NOW)
    key = f"sign-in:way-back:{recovery.pk}:{step.pk}:old"
    models.OutboxMessage.objects.create(key=key, to=user.email, subject="x", body="Trudi Hazel agreed.", sent_at=NOW)
    models.OutboxMessage.objects.create(key="namesake", to=user.email, subject="x", body="Trudi Hazel comes.", sent_at=NOW)
    with pytest.raises(RuleBroken, match="End that on the page of trustees"):
        erase(trustee, by=manager, now=NOW)
    end_trustee(trustee, now=NOW)
    trustee.refresh_from_db()
    assert preview_erasure(trustee).to_decide == []
    erase(trustee, by=manager, now=NOW)
    trustee.refresh_from_db()
    former = f"Former trustee {trustee.pk}"
    assert (trustee.name, trustee.email, str(trustee)) == ("", "", former)
    step.refresh_from_db()
    assert step.trustee == trustee
    bodies = dict(models.OutboxMessage.objects.values_list("key", "body"))
    assert bodies[key] == f"{former} agreed."
    assert former in bodies[f"trustee:{trustee.pk}:{manager.pk}"]
    assert f"trustee:{trustee.pk}" not in bodies
    assert bodies["namesake"] == "Trudi Hazel comes."
    assert places_with(dump(), {"trudi@example.com"}) == []
    with pytest.raises(RuleBroken, match="was erased already"):
        erase(trustee, by=manager, now=NOW)


def test_a_colleague_is_taken_out_of_the_mails_that_say_what_they_did_for_others(manager: models.User) -> None:
    factories.VolunteerFactory(name="Cordelia Marsh")  # so that only what references lead to may lose the name
    who, ravi = factories.manager(name="Cordelia Marsh"), factories.coordinator_of(name="Ravi Low")
    welcome(ravi, by=who)
    trustee = models.Trustee.objects.create(name="Trudi Hazel", email="trudi@example.com", named_by=who, named_at=NOW)
    ask_trustee(trustee, now=NOW)
    recovery = models.Recovery.objects.create(
        user=ravi, lost="second-factor", why="phone-lost", first_check="mail", second_check="call", asked_by=who, asked_at=NOW,
        ended_at=NOW, outcome="stopped",
    )  # fmt: skip
    step = models.RecoveryStep.objects.create(recovery=recovery, kind="agreed", how="office", by=who, at=NOW)
    key = f"sign-in:way-back:{recovery.pk}:{step.pk}:new"
    models.OutboxMessage.objects.create(key=key, to=ravi.email, subject="x", body="Cordelia Marsh agreed.", sent_at=NOW)
    models.OutboxMessage.objects.create(key="namesake", to=ravi.email, subject="x", body="Cordelia Marsh comes.", sent_at=NOW)
    models.User.objects.filter(pk=who.pk).update(is_active=False)
    who.refresh_from_db()
    assert preview_erasure(who).to_decide == []
    erase(who, by=manager, now=NOW)
    former, bodies = f"Former colleague {who.pk}", dict(models.OutboxMessage.objects.values_list("key", "body"))
    for about in (key, f"welcome:{ravi.pk}:{who.pk}", f"trustee:{trustee.pk}", f"trustee:{trustee.pk}:{manager.pk}"):
        assert former in bodies[about], about
        assert "Cordelia" not in bodies[about], about
    assert bodies["namesake"] == "Cordelia Marsh comes."


@pytest.mark.parametrize(
    ("kind", "words"), [("volunteers", "volunteers"), ("contacts", "people at schools"), ("sessions", "sessions"), ("gias", "")]
)
def test_nobody_of_any_kind_is_erased_while_an_import_of_people_waits(kind: str, words: str, manager: models.User) -> None:
    run = models.ImportRun.objects.create(register=kind, file_name="p.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW)
    run.files.create(part="register", name="p.csv", content=b"")
    people: list[Model] = [
        models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head"),
        factories.VolunteerFactory(status="left"),
        factories.UserFactory(is_active=False),
        asked(),
        models.Trustee.objects.create(name="Trudi", email="t@example.com", named_by=manager, named_at=NOW, ended_at=NOW),
    ]
    for row in people:
        person: Any = row
        if words:
            with pytest.raises(RuleBroken, match=f"An import of {words} waits, and its file may name them."):
                preview_erasure(person)
        else:
            assert preview_erasure(person).person.reference == reference_of(person)


def test_a_number_is_found_in_json_whatever_stands_between_its_digits() -> None:
    visit = factories.VisitFactory()
    models.MessageAbout.objects.create(
        visit=visit, school=visit.school, known_by="message", facts="x", says=["Ring 07400\u00a0123\u2011456."]
    )
    with_digits = models.MessageAbout.objects.annotate(digits=digits_in("says"))
    assert with_digits.filter(digits__contains="7400123456").exists()
