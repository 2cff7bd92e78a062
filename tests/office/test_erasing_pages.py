"""The pages of erasing: whom, what becomes of what, one confirmation, and the sheet."""

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.office.volunteers.views import erasing as erasing_views
from tests import factories
from tests.browsing import hidden
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


def erased(client: Client, address: str, reference: str, **typed: str) -> str:
    seen = hidden(client.get(address).content.decode())
    return client.post(address, {**seen, "do": "erase", "erase-reference": reference, **typed}, follow=True).content.decode()


def key_of(page: str, session: models.Session, column: str, *, box: str = "choice") -> str:
    """The name of a box of the page about the column of the session."""
    there = re.search(rf'name="({box}-Session-{session.pk}-{column}-\w+)"', page)
    assert there
    return there[1]


def test_somebody_at_a_school_is_found_previewed_and_erased(managers_office: Client) -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(name="Oak"), name="Philippa Head", email="p@oak.org")
    session = factories.SessionFactory(visit__school=contact.school, outcome_note="Philippa Head was kind.", room="Hall")
    other = factories.SessionFactory(
        visit=session.visit, starts=time(11), ends=time(11, 30), cancelled_note="Philippa Head rang."
    )
    address = f"/admin/erase/contact/{contact.pk}/"
    assert "/admin/erasures/" in managers_office.get("/admin/schools/contact/").content.decode()
    assert address in managers_office.get("/admin/erasures/?q=philippa").content.decode()
    page = managers_office.get(address).content.decode()
    assert "Philippa Head was kind." in page
    assert "a former contact" in page
    choices = {
        key_of(page, session, "outcome_note"): "edit",
        key_of(page, session, "outcome_note", box="text"): "They were kind.",
        key_of(page, other, "cancelled_note"): "keep",
    }
    sheet = erased(managers_office, address, f"contact:{contact.pk}", **choices)
    assert "Nothing was found but what is listed below as kept." in sheet
    assert "Philippa" not in sheet
    assert models.Session.objects.get(pk=session.pk).outcome_note == "They were kind."
    assert models.Session.objects.get(pk=other.pk).cancelled_note == "Philippa Head rang."
    assert f"contact:{contact.pk}" in managers_office.get("/admin/erasures/").content.decode()
    assert managers_office.get(address).status_code == 404


def test_a_colleague_is_erased_once_they_may_not_sign_in(managers_office: Client) -> None:
    user = factories.coordinator_of(name="Cordelia Marsh")
    address = f"/admin/erase/staff/{user.pk}/"
    assert address not in managers_office.get("/admin/erasures/?q=cordelia").content.decode()
    assert "may still sign in" in managers_office.get(address).content.decode()
    models.User.objects.filter(pk=user.pk).update(is_active=False)
    assert address in managers_office.get("/admin/erasures/?q=cordelia").content.decode()
    assert "Nothing was found." in erased(managers_office, address, f"staff:{user.pk}")
    assert managers_office.get("/admin/erase/school/1/").status_code == 404


def test_what_was_written_meanwhile_is_shown_and_what_was_chosen_stays(managers_office: Client) -> None:
    volunteer = factories.VolunteerFactory(name="Marguerite Quill", status="left")
    first = factories.SessionFactory(outcome_note="Marguerite Quill had the key.")
    address = f"/admin/erase/volunteer/{volunteer.pk}/"
    page = managers_office.get(address).content.decode()
    seen = hidden(page)
    factories.SessionFactory(outcome_note="Marguerite Quill was late.")
    typed = {"do": "erase", "erase-reference": volunteer.reference, key_of(page, first, "outcome_note"): "keep"}
    page = managers_office.post(address, {**seen, **typed}).content.decode()
    assert "Somebody wrote or changed something that names them meanwhile." in page
    assert "Marguerite Quill was late." in page
    assert models.Volunteer.objects.get(pk=volunteer.pk).name == "Marguerite Quill"
    assert not models.Erasure.objects.exists()


def test_who_asked_for_a_visit_is_found_by_name_or_address_and_erased(managers_office: Client) -> None:
    request = models.VisitRequest.objects.create(
        school_name="Oak Primary", name="Philippa Quill", role="head", email="p@oak.org", asked_at=NOW, confirmed_at=NOW,
        state="waits",
    )  # fmt: skip
    address = f"/admin/erase/requester/{request.pk}/"
    assert address in managers_office.get(f"/admin/request/{request.pk}/").content.decode()
    for words in ("quill", "p@oak"):
        assert address in managers_office.get(f"/admin/erasures/?q={words}").content.decode()
    sheet = erased(managers_office, address, f"requester:{request.pk}")
    assert "Nothing was found." in sheet
    assert "Quill" not in sheet
    assert address not in managers_office.get("/admin/erasures/?q=former").content.decode()
    page = managers_office.get(f"/admin/request/{request.pk}/").content.decode()
    assert "nobody: they were erased" in page
    assert address not in page


def test_a_trustee_is_found_once_they_have_ended_and_erased(managers_office: Client) -> None:
    by = models.User.objects.get(pk=managers_office.session["_auth_user_id"])
    trustee = models.Trustee.objects.create(name="Trudi Hazel", email="t@oak.org", named_by=by, named_at=NOW)
    address = f"/admin/erase/trustee/{trustee.pk}/"
    assert address not in managers_office.get("/admin/erasures/?q=hazel").content.decode()
    assert "End that on the page of trustees first" in managers_office.get(address).content.decode()
    models.Trustee.objects.filter(pk=trustee.pk).update(ended_at=NOW)
    assert address in managers_office.get("/admin/erasures/?q=hazel").content.decode()
    assert "Nothing was found." in erased(managers_office, address, f"trustee:{trustee.pk}")
    assert "Hazel" not in managers_office.get("/admin/schools/trustee/").content.decode()


def test_of_many_texts_the_later_ones_are_ticked_so_that_the_form_is_never_too_long(
    managers_office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_views, "MOST_WRITTEN_ANEW", 1)
    contact = models.Contact.objects.create(school=factories.SchoolFactory(name="Oak"), name="Philippa Head")
    sessions = [factories.SessionFactory(outcome_note=f"Philippa Head was there, {number}.") for number in range(3)]
    address = f"/admin/erase/contact/{contact.pk}/"
    page = managers_office.get(address).content.decode()
    assert page.count("<textarea") == 1
    assert len(re.findall(r'type="checkbox"\s+name="choice-', page)) == 2
    kept = {key_of(page, sessions[2], "outcome_note"): "keep"}
    erased(managers_office, address, f"contact:{contact.pk}", **kept)
    notes = list(models.Session.objects.order_by("pk").values_list("outcome_note", flat=True))
    assert notes == ["a former contact was there, 0.", "a former contact was there, 1.", "Philippa Head was there, 2."]


def test_who_erases_a_colleague_reads_no_mail_about_a_clearance_no_code_and_no_link_of_others(managers_office: Client) -> None:
    user = factories.coordinator_of(name="Cordelia Marsh", is_active=False)
    ends = {"kind": "clearance-ends", "subject": "Your DBS ends on 3 May", "body": "It ends on 3 May. Ask Cordelia Marsh."}
    secret = "Zm9yLXlvdXItZXllcy1hbG9uZS1wbGVhc2U1MjM0"
    link = {"subject": "Your visit", "body": f"Ask Cordelia Marsh: https://speakout.example.org/answer/{secret}/"}
    code: dict[str, Any] = {"subject": "471100 lets you in", "body": "Cordelia Marsh sent 471100.", "expires_at": NOW}
    for number, words in enumerate((ends, link, code)):
        models.OutboxMessage.objects.create(key=f"m{number}", to="asha@example.org", **words)
    report = {"refused": [{"line": 2, "id": "v9", "reason": "The DBS decision is clear. Ask Cordelia Marsh."}]}
    models.ImportRun.objects.create(
        register="volunteers", file_name="v.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, state="ready", report=report
    )
    page = managers_office.get(f"/admin/erase/staff/{user.pk}/").content.decode()
    assert page.count("<legend>") == 4
    assert "Ask Cordelia Marsh: https://speakout.example.org/answer/…/" in page
    assert "Only the person it went to reads it." in page
    assert erasing_views.OF_ANOTHER in page
    for hidden_words in ("3 May", "471100", secret, "decision is clear"):
        assert hidden_words not in page
