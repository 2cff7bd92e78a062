"""Erasing by references: what goes, what stays without the name, and what a manager decides."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.errors import RuleBroken
from schools.core.phones import as_in_column
from schools.erasing.actions import Decision, erase, preview_erasure
from schools.erasing.links import Links
from schools.erasing.people import person_of, reference_of
from schools.messages import actions
from schools.visits.actions.inviting import invite_to_undo
from schools.visits.actions.undoing import undo
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.profiles import more_in_the_long_gate

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def volunteer() -> models.Volunteer:
    """Somebody who was called Marguerite Thorne, went by another address, and left."""
    volunteer: models.Volunteer = factories.VolunteerFactory(
        name="Marguerite Thorne", email="thorne@example.org", phone="+447400123456"
    )
    volunteer.name, volunteer.email = "Marguerite Quill", "quill@example.org"
    volunteer.status, volunteer.left = models.Volunteer.Status.LEFT, date(2026, 11, 1)
    volunteer.save()
    return volunteer


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Bea Manager")


def mail(key: str, body: str, **fields: object) -> models.OutboxMessage:
    values = {"to": f"{key}@example.com", "subject": "News", "sent_at": NOW, "kind": "mornings"} | fields
    message: models.OutboxMessage = models.OutboxMessage.objects.create(key=key, body=body, **values)
    return message


def about(message: models.OutboxMessage, visit: models.Visit, **party: object) -> None:
    models.MessageAbout.objects.create(visit=visit, message=message, known_by="message", facts=message.key, **party)


def test_earlier_values_are_kept_whoever_changes_them(volunteer: models.Volunteer) -> None:
    models.Volunteer.objects.filter(pk=volunteer.pk).update(name="Marguerite Third")
    kept = models.EarlierValue.objects.filter(table="volunteer", row=volunteer.pk).values_list("column", "value")
    assert set(kept) == {("name", "Marguerite Thorne"), ("name", "Marguerite Quill"), ("email", "thorne@example.org")}


def test_other_peoples_mails_stay_and_say_former_volunteer(volunteer: models.Volunteer, manager: models.User) -> None:
    session, partner = factories.SessionFactory(), factories.VolunteerFactory(name="Colin Airey")
    factories.CoverFactory(session=session, volunteer=volunteer, state="withdrawn")
    about(mail("partner", "Hello Colin,\n\nMarguerite goes instead of you."), session.visit, volunteer=partner)
    about(mail("school", "Marguerite Thorne comes."), session.visit, school=session.visit.school)
    about(mail("own", "Hello Marguerite,"), session.visit, volunteer=volunteer)
    mail(f"given-back:{volunteer.pk}::1:2", "Marguerite Quill can’t come.", kind="given-back")
    mail("old", "A code", to="thorne@example.org", kind="")
    erase(volunteer, by=manager, now=NOW)
    former = f"Former volunteer {volunteer.reference}"
    assert dict(models.OutboxMessage.objects.values_list("key", "body")) == {
        "partner": f"Hello Colin,\n\n{former} goes instead of you.",
        "school": f"{former} comes.",
        f"given-back:{volunteer.pk}::1:2": f"{former} can’t come.",
    }
    assert models.MessageAbout.objects.count() == 3
    assert places_with(dump(), {"marguerite", "thorne", "quill", "400123456"}) == []


def test_an_undo_that_names_whom_it_had_invited_is_found_when_the_invitation_is_gone(manager: models.User) -> None:
    people = [factories.VolunteerFactory(name="Marguerite Quill", email=f"{number}@example.org") for number in range(2)]
    batches = [invite_to_undo([person], by=manager, now=NOW) for person in people]
    models.OutboxMessage.objects.update(sent_at=NOW)
    undone = [undo(batch, by=manager, now=NOW) for batch in batches]
    models.Invitation.objects.all().delete()
    former = people[0]
    former.status, former.left = models.Volunteer.Status.LEFT, date(2026, 11, 1)
    former.save()
    assert all("Marguerite Quill" in batch.left_alone[0] for batch in undone)
    links = Links(person_of(former))
    assert [links.has(models.Batch, batch.pk) for batch in batches] == [True, False]


def test_each_note_is_decided_about_and_nothing_is_done_that_nobody_saw(
    volunteer: models.Volunteer, manager: models.User
) -> None:
    first, second, third = (
        factories.SessionFactory(outcome_note=note)
        for note in ("Marguerite Quill had the key.", "Ask Marguerite.", "Quill pens were used.")
    )
    plan = preview_erasure(volunteer)
    keys = [place.key for place in plan.to_decide]
    # Each note once, with its earlier states.
    assert [key.rpartition("-")[0] for key in keys] == [f"Session-{row.pk}-outcome_note" for row in (first, second, third)]
    assert models.Volunteer.objects.get(pk=volunteer.pk).name == "Marguerite Quill"
    decisions = {keys[1]: Decision("edit", "Ask a partner."), keys[2]: Decision("keep")}
    models.ContactLog.objects.create(
        school=first.visit.school, day=date(2026, 11, 2), how="phone", who="Pat", note="Marguerite Quill rang.", by=manager
    )
    with pytest.raises(RuleBroken, match="meanwhile"):
        erase(volunteer, by=manager, now=NOW, decisions=decisions, mark=plan.mark)
    with pytest.raises(RuleBroken, match="names them still"):
        erase(volunteer, by=manager, now=NOW, decisions={keys[1]: Decision("edit", "Ask Marguerite Quill.")})
    assert models.Volunteer.objects.get(pk=volunteer.pk).name == "Marguerite Quill"
    sheet = erase(volunteer, by=manager, now=NOW, decisions=decisions, mark=preview_erasure(volunteer).mark).sheet
    notes = models.Session.objects.order_by("pk").values_list("outcome_note", flat=True)
    assert list(notes) == [f"Former volunteer {volunteer.reference} had the key.", "Ask a partner.", "Quill pens were used."]
    assert models.ContactLog.objects.get().note == f"Former volunteer {volunteer.reference} rang."
    assert [line[3] for line in sheet["decided"]] == ["cut", "cut", "edit", "keep"]
    assert "Quill" not in str(sheet)
    with pytest.raises(RuleBroken, match="was erased already"):
        erase(volunteer, by=manager, now=NOW)


def test_a_namesake_and_a_shared_address_stay(volunteer: models.Volunteer, manager: models.User) -> None:
    models.Volunteer.objects.filter(pk=volunteer.pk).update(email="home@example.org")
    other = factories.VolunteerFactory(name="Marguerite Quill", email="home@example.org")
    session = factories.SessionFactory(outcome_note="Marguerite Quill had the key.")
    theirs = mail("home", "Hello Marguerite Quill,", to="home@example.org")
    models.MessageTo.objects.create(message=theirs, volunteer=other)
    volunteer.refresh_from_db()
    assert erase(volunteer, by=manager, now=NOW).sheet["shared"] > 0
    session.refresh_from_db()
    assert session.outcome_note == "Marguerite Quill had the key."
    assert models.OutboxMessage.objects.get().body == "Hello Marguerite Quill,"


def test_a_contact_becomes_a_former_contact_and_the_schools_log_stays(manager: models.User) -> None:
    school = factories.SchoolFactory()
    contact = models.Contact.objects.create(school=school, name="Philippa Head", email="head@oak.example.org")
    visit = factories.VisitFactory(school=school, contact=contact, agreed_with="Philippa Head")
    visit.parking = "Behind the hall"
    visit.save()
    talk = models.ContactLog.objects.create(
        school=school, day=date(2026, 11, 2), how="phone", who="Philippa Head, head teacher", by=manager
    )
    about(mail("own", "Dear Philippa Head", to="head@oak.example.org", kind="visits"), visit, school=school)
    about(mail("other", "Dear all, Philippa Head asked for it"), visit, school=school)
    done = erase(contact, by=manager, now=NOW)
    assert (done.reference, reference_of(contact)) == (f"contact:{contact.pk}", done.reference)
    assert not models.Contact.objects.exists()
    visit.refresh_from_db()
    talk.refresh_from_db()
    assert (visit.contact, visit.agreed_with, talk.who) == (None, "a former contact", "a former contact, head teacher")
    assert models.OutboxMessage.objects.get(key="other").body == "Dear all, a former contact asked for it"
    assert models.OutboxMessage.objects.get(key="own").body == actions.ERASED_TEXT
    assert places_with(dump(), {"philippa", "head@oak"}) == []


def test_mail_that_waits_for_a_contact_goes_nowhere(manager: models.User) -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="head@oak.example.org")
    mail("waits", "Dear Philippa Head", to="head@oak.example.org", sent_at=None, kind="")
    mail("perhaps", "Dear Philippa Head", to="head@oak.example.org", sent_at=None, handed_over_at=NOW)
    erase(contact, by=manager, now=NOW)
    left = models.OutboxMessage.objects.get()
    assert (left.key, left.to, left.body, left.stopped_at) == ("perhaps", "", actions.ERASED_TEXT, NOW)
    assert not models.OutboxMessage.objects.due(now=NOW).exists()


def test_a_colleague_is_erased_once_they_may_not_sign_in(manager: models.User) -> None:
    user = factories.coordinator_of(name="Cordelia Marsh", email="marsh@example.org")
    visit = factories.VisitFactory(coordinator=user)
    about(mail("school", "Yours, Cordelia Marsh"), visit, school=visit.school)
    LogEntry.objects.create(
        user=manager, content_type=ContentType.objects.get_for_model(models.User), object_id=str(user.pk),
        object_repr="Cordelia Marsh", action_flag=CHANGE,
    )  # fmt: skip
    with pytest.raises(RuleBroken, match="may still sign in"):
        erase(user, by=manager, now=NOW)
    user.is_active = False
    user.save()
    erase(user, by=manager, now=NOW)
    user.refresh_from_db()
    assert (user.name, user.email) == (f"Former colleague {user.pk}", f"erased-{user.pk}@erased.invalid")
    assert models.OutboxMessage.objects.get().body == f"Yours, Former colleague {user.pk}"
    assert LogEntry.objects.get().object_repr == f"Former colleague {user.pk}"
    visit.refresh_from_db()
    assert visit.coordinator == user
    assert places_with(dump(), {"cordelia", "marsh"}) == []


@pytest.mark.parametrize("signs_in", [True, False])
def test_a_sign_in_that_was_begun_and_never_finished_keeps_no_address(signs_in: bool, manager: models.User) -> None:
    if signs_in:
        factories.coordinator_of(name="Cordelia Marsh", email="marsh@example.org")
    else:
        models.Contact.objects.create(school=factories.SchoolFactory(), name="Cordelia Marsh", email="marsh@example.org")
    for address in ("Marsh@example.org", "cordelia.marsh@example.org"):
        Client().post(reverse("account_request_login_code"), {"email": address})
    assert all(address in begun_sign_ins() for address in ("marsh@example.org", "cordelia.marsh@example.org"))
    models.User.objects.filter(name="Cordelia Marsh").update(is_active=False)
    rows: list[Any] = [*models.User.objects.filter(name="Cordelia Marsh"), *models.Contact.objects.all()]
    done = erase(rows[0], by=manager, now=NOW)
    assert dict(done.sheet["gone"])["sessions"] == 1
    assert begun_sign_ins() == ["cordelia.marsh@example.org"], "which is somebody else’s"


def begun_sign_ins() -> list[str]:
    """The addresses with which somebody began to sign in, as the sessions of their browsers have them."""
    return [row.get_decoded()["account_login"]["email"].lower() for row in Session.objects.order_by("expire_date")]


def test_an_import_that_waits_and_a_sign_in_of_a_volunteer_stand_against_it(
    volunteer: models.Volunteer, manager: models.User
) -> None:
    run = models.ImportRun.objects.create(register="volunteers", file_name="p.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW)
    run.files.create(part="register", name="p.csv", content=b"")
    with pytest.raises(RuleBroken, match="An import of volunteers waits"):
        erase(volunteer, by=manager, now=NOW)
    user = factories.UserFactory(is_active=False)
    factories.VolunteerFactory(user=user)
    with pytest.raises(RuleBroken, match="is also the volunteer"):
        erase(user, by=manager, now=NOW)


def test_a_line_of_the_ledger_loses_the_name_and_no_number(volunteer: models.Volunteer, manager: models.User) -> None:
    material = models.Material.objects.create(name="Sticker")
    store = models.Store.objects.create(name="Hall", area=factories.AreaFactory())
    line = models.Movement.objects.create(
        material=material, store=store, quantity=7, kind="received", day=NOW.date(), written_at=NOW, by=manager,
        note="Marguerite Quill brought them",
    )  # fmt: skip
    erase(volunteer, by=manager, now=NOW)
    line.refresh_from_db()
    assert (line.quantity, line.note) == (7, f"Former volunteer {volunteer.reference} brought them")


def test_a_sender_whose_copy_names_them_writes_none_of_its_words(volunteer: models.Volunteer, manager: models.User) -> None:
    session = factories.SessionFactory()
    factories.CoverFactory(session=session, volunteer=volunteer, state="withdrawn")
    message = mail("m", "Marguerite Quill comes.", sent_at=None)
    about(message, session.visit, school=session.visit.school)
    copy = models.OutboxMessage.objects.get()
    erase(volunteer, by=manager, now=NOW)
    actions._write_sent(copy, "", now=NOW)
    message.refresh_from_db()
    assert (message.body, message.sent_at) == (f"Former volunteer {volunteer.reference} comes.", NOW)


def test_a_real_number_is_found_however_it_is_written(manager: models.User) -> None:
    school = factories.SchoolFactory()
    contact = models.Contact.objects.create(
        school=school, name="Philippa Head", email="office@oak.example.org", phone="+447400123456"
    )
    models.Contact.objects.create(school=school, name="Quentin Bursar", email="office@oak.example.org")
    shared = mail("shared", "Dear all", to="office@oak.example.org")
    mail("sms:shared", "Tomorrow, 9:15", to="+447400123456", channel="sms", beside=shared)
    models.SuppressedAddress.objects.create(address="+447400123456", reason="stop", since=NOW)
    ways = "Rang 07400 123456, +44 7400 123456, 07400123456, 07400-123-456, (07400) 123456 and +44 (0)7400 123456."
    session = factories.SessionFactory(visit__school=school, outcome_note=ways)
    models.SchoolAnswer.objects.create(
        visit=session.visit, school=school, item="lead_phone", words="+447400123456", given_by="Jo", at=NOW
    )
    run = models.ImportRun.objects.create(
        register="contacts", file_name="c.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, state="applied", applied_at=NOW
    )
    fields = {"phone": [None, "+447400123456"]}
    models.ImportChange.objects.create(run=run, kind="created", register_id="1", known_by="x", name="x", fields=fields)
    sheet = erase(contact, by=manager, now=NOW).sheet
    assert places_with(dump(), {"7400123456", "7400 123456", "7400-123"}) == []
    session.refresh_from_db()
    erased = ["(erased)"] * 4
    assert session.outcome_note == f"Rang {', '.join(erased)}, (erased) and (erased)."
    # The name with its two words, and one number however it is written; the mailbox is somebody else's too.
    assert (sheet["values"], sheet["shared"]) == (4, 1)
    assert models.OutboxMessage.objects.get(key="shared").body == "Dear all"


@pytest.mark.parametrize("holder", more_in_the_long_gate(["partner", "school", "area", "before"]))
def test_a_number_that_somebody_else_has_too_is_cut_nowhere(
    holder: str, volunteer: models.Volunteer, manager: models.User
) -> None:
    if holder == "partner":
        factories.VolunteerFactory(name="Colin Airey", phone="+447400123456")
    elif holder == "school":
        factories.SchoolFactory(phone="(07400) 123-456")
    elif holder == "area":
        factories.AreaFactory(duty_phone="+447400123456")
    else:
        partner = factories.VolunteerFactory(name="Colin Airey", phone="+447400123456")
        models.Volunteer.objects.filter(pk=partner.pk).update(phone="")
    session = factories.SessionFactory(outcome_note="Ring 07400 123456.")
    erase(volunteer, by=manager, now=NOW)
    session.refresh_from_db()
    assert session.outcome_note == "Ring 07400 123456."


def test_whom_the_charity_names_today_stays_named_there(volunteer: models.Volunteer, manager: models.User) -> None:
    named = {"concern_name": "Marguerite Quill, trustee", "concern_phone": "+447400123456", "data_protection": "M. Thorne"}
    models.Charity.objects.update(**named)
    trustee = models.Trustee.objects.create(name="Marguerite Quill", email="quill@example.org", named_by=manager, named_at=NOW)
    text, _ = models.PublicText.objects.update_or_create(
        key="privacy", language="en", defaults={"words": "Ask Marguerite Third.", "version": 1, "published_at": NOW}
    )
    models.Volunteer.objects.filter(pk=volunteer.pk).update(name="Marguerite Third")
    volunteer.refresh_from_db()
    erase(volunteer, by=manager, now=NOW)
    charity = models.Charity.objects.get()
    assert {name: as_in_column(getattr(charity, name)) for name in named} == named
    trustee.refresh_from_db()
    text.refresh_from_db()
    assert (trustee.name, trustee.email, text.words) == ("Marguerite Quill", "quill@example.org", "Ask Marguerite Third.")
    assert dict(models.Erasure.objects.get().sheet["closed"]) == {"public texts": 1}


def test_a_word_of_a_name_that_somebody_else_spells_otherwise_stays(manager: models.User) -> None:
    school = factories.SchoolFactory()
    models.Charity.objects.update(concern_name="Pat O'Donovan, trustee")
    kate = models.VisitRequest.objects.create(
        school=school, name="Kate O'Donovan", role="head", email="kate@oak.example.org", asked_at=NOW
    )
    mary = models.Contact.objects.create(school=school, name="Mary O’Donovan")
    erase(factories.VolunteerFactory(name="Sean O’Donovan", status="left", left=date(2026, 11, 1)), by=manager, now=NOW)
    erase(mary, by=manager, now=NOW)
    kate.refresh_from_db()
    assert (models.Charity.objects.get().concern_name, kate.name) == ("Pat O'Donovan, trustee", "Kate O'Donovan")


def test_the_sms_beside_a_mail_loses_a_name_that_somebody_else_spells_so(manager: models.User) -> None:
    former = factories.VolunteerFactory(name="Chloë O’Neill", status="left", left=date(2026, 11, 1))
    factories.VolunteerFactory(name="Chloe O'Neill")
    told = mail(f"given-back:{former.pk}::1:2", "Chloë O’Neill can’t make it.", kind="given-back")
    sms = {"to": "+447400999888", "subject": "Chloe", "body": "Chloe O'Neill can't make it.", "channel": "sms", "beside": told}
    models.OutboxMessage.objects.create(key=f"sms:{told.key}", **sms)
    sheet = erase(former, by=manager, now=NOW).sheet
    instead = f"Former volunteer {former.reference}"
    assert set(models.OutboxMessage.objects.values_list("body", flat=True)) == {
        f"{instead} can’t make it.", f"{instead} can't make it."
    }  # fmt: skip
    assert sheet["shared"] == 0  # what somebody else is called is not what they were called


def test_somebody_with_very_many_values_is_erased_on_either_database(manager: models.User) -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head")
    models.EarlierValue.objects.bulk_create(
        models.EarlierValue(table="contact", row=contact.pk, column="email", value=f"philippa{number}@oak.example.org")
        for number in range(120)
    )
    session = factories.SessionFactory(outcome_note="Wrote to philippa3@oak.example.org and philippa119@oak.example.org.")
    erase(contact, by=manager, now=NOW)
    session.refresh_from_db()
    assert session.outcome_note == "Wrote to (erased) and (erased)."


def test_a_name_is_taken_out_in_every_spelling_and_out_of_the_sms_beside_a_mail(manager: models.User) -> None:
    former = factories.VolunteerFactory(name="Chloë O’Neill", status="left", left=date(2026, 11, 1))
    told = mail(f"given-back:{former.pk}::1:2", "Chloë O’Neill can’t make it.", kind="given-back")
    models.OutboxMessage.objects.create(
        key=f"sms:{told.key}", to="+447400999888", subject="Chloe", body="Chloe can't make it.", channel="sms", beside=told
    )
    notes = ("O'Neill rang.", "Chloe O´Neill rang.", "CHLOË OʼNEILL rang.", "Chloe Oneill-Hall rang.")
    sessions = [factories.SessionFactory(outcome_note=note) for note in notes]
    erase(former, by=manager, now=NOW)
    instead = f"Former volunteer {former.reference}"
    assert set(models.OutboxMessage.objects.values_list("body", flat=True)) == {
        f"{instead} can’t make it.", f"{instead} can't make it."
    }  # fmt: skip
    left = [models.Session.objects.get(pk=session.pk).outcome_note for session in sessions]
    assert left == [f"{instead} rang."] * 3 + [f"{instead} Oneill-Hall rang."]


def test_a_name_that_is_somebody_elses_in_another_spelling_is_looked_for_as_it_is(manager: models.User) -> None:
    former = factories.VolunteerFactory(name="Chloë O’Neill", status="left", left=date(2026, 11, 1))
    factories.VolunteerFactory(name="Chloe O'Neill")
    session = factories.SessionFactory(outcome_note="Chloë O’Neill came; Chloe O'Neill did not.")
    erase(former, by=manager, now=NOW)
    session.refresh_from_db()
    assert session.outcome_note == f"Former volunteer {former.reference} came; Chloe O'Neill did not."


def test_a_name_that_somebody_else_spells_otherwise_is_theirs_and_a_namesakes_counts_once(manager: models.User) -> None:
    """Zoë Hall is looked for in every note where there is a Zoe Hall; where there is another Zoë Hall, she is not."""
    former = factories.VolunteerFactory(name="Zoë Hall", status="left", left=date(2026, 11, 1))
    factories.VolunteerFactory(name="Zoe Hall")
    before = preview_erasure(former)
    factories.VolunteerFactory(name="Zoë Hall")
    assert (before.shared, preview_erasure(former).shared) == (0, 1)
