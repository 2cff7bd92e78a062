"""The pages of what is held on somebody, and of how long what is kept."""

import csv
import io
import json
import re

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


def known(client: Client, address: str, first: str = "mail", second: str = "call", day: str = "2026-11-20") -> str:
    answer = client.post(address, {"do": "know", "know-asked_on": day, "know-first": first, "know-second": second}, follow=True)
    return answer.content.decode()


def somebody() -> models.Contact:
    school = factories.SchoolFactory(name="Oak")
    contact = models.Contact.objects.create(school=school, name="Philippa Head", email="p@oak.org", phone="+441632960123")
    factories.SessionFactory(visit__school=school, outcome_note="Philippa Head was kind.")
    return contact


def test_somebody_is_found_known_by_two_steps_and_given_what_was_ticked(managers_office: Client) -> None:
    contact = somebody()
    address = f"/admin/held/contact/{contact.pk}/"
    assert address in managers_office.get("/admin/held/?q=philippa").content.decode()
    page = managers_office.get(address).content.decode()
    assert "p@oak.org" in page
    page = known(managers_office, address)
    access = models.SubjectAccess.objects.get()
    assert (access.reference, access.first_check, access.second_check) == (f"contact:{contact.pk}", "mail", "call")
    assert access.by is not None
    assert "20 December 2026" in page
    assert "Philippa Head was kind." in page
    request = f"/admin/held/request/{access.pk}/"
    answer = managers_office.post(request, {"do": "give", "format": "csv"})
    assert "was kind" not in answer.content.decode()
    access.refresh_from_db()
    assert (access.sheet["texts"], access.sheet["left_out"]) == (0, 1)
    key = re.search(r'name="text" value="([^"]+)"', page)
    assert key
    answer = managers_office.post(request, {"do": "give", "format": "csv", "text": key[1]})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["table", "row", "column", "value"]
    assert ["sessions (texts of others)", "1", "outcome_note", "Philippa Head was kind."] in rows
    assert "no-store" in answer.headers["Cache-Control"]
    assert f'filename="speakout-held-contact-{contact.pk}.csv"' in answer.headers["Content-Disposition"]
    given = json.loads(managers_office.post(request, {"do": "give", "format": "json"}).content)
    assert given["contacts"][0]["email"] == "p@oak.org"
    access.refresh_from_db()
    assert access.given_by is not None
    assert "Philippa" not in json.dumps(access.sheet)
    assert f"contact:{contact.pk}" in managers_office.get("/admin/held/").content.decode()


@pytest.mark.parametrize(
    ("first", "second", "day", "words"),
    [
        ("mail", "mail", "2026-11-20", "Choose two different steps"),
        ("mail", "", "2026-11-20", "Choose the second step."),
        ("mail", "passport", "2026-11-20", "Select a valid choice"),
        ("mail", "call", "2026-12-24", "They cannot have asked after today."),
        ("mail", "call", "", "Give the day on which they asked."),
    ],
)
def test_nobody_is_known_by_less_than_two_steps(managers_office: Client, first: str, second: str, day: str, words: str) -> None:
    page = known(managers_office, f"/admin/held/contact/{somebody().pk}/", first, second, day)
    assert words in page
    assert not models.SubjectAccess.objects.exists()


def test_a_step_for_which_nothing_is_held_knows_nobody(managers_office: Client) -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="p@oak.org")
    page = known(managers_office, f"/admin/held/contact/{contact.pk}/", "signed_in", "call")
    assert "We hold no phone number of theirs" in page
    assert "They do not sign in" in page
    assert not models.SubjectAccess.objects.exists()
    known(managers_office, f"/admin/held/contact/{contact.pk}/", "mail", "in_person")
    assert models.SubjectAccess.objects.exists()


def test_who_has_left_and_who_never_signed_in_is_found_too(managers_office: Client) -> None:
    left = factories.VolunteerFactory(name="Cordelia Left", status="left", user=None)
    colleague = factories.coordinator_of(factories.AreaFactory(), name="Cordelia Office", is_active=False)
    page = managers_office.get("/admin/held/?q=cordelia").content.decode()
    assert f"/admin/held/volunteer/{left.pk}/" in page
    assert f"/admin/held/staff/{colleague.pk}/" in page


def test_who_asked_for_a_visit_and_a_trustee_are_given_what_is_held_on_them(managers_office: Client) -> None:
    request = models.VisitRequest.objects.create(
        school_name="Oak Primary", name="Philippa Quill", role="head", email="p@oak.org", asked_at=NOW, confirmed_at=NOW,
        state="waits", note="Mornings, please.",
    )  # fmt: skip
    by = models.User.objects.get(pk=managers_office.session["_auth_user_id"])
    trustee = models.Trustee.objects.create(name="Trudi Hazel", email="t@oak.org", named_by=by, named_at=NOW)
    for kind, row, table in (("requester", request, "requests of schools"), ("trustee", trustee, "trustees")):
        address = f"/admin/held/{kind}/{row.pk}/"
        assert address in managers_office.get(f"/admin/held/?q={row.email}").content.decode()
        assert row.email in managers_office.get(address).content.decode()
        page = known(managers_office, address, second="letter")
        assert ("Mornings, please." in page) is (kind == "requester")  # typed, so somebody looks at it
        access = models.SubjectAccess.objects.get(kind=kind)
        answer = managers_office.post(f"/admin/held/request/{access.pk}/", {"do": "give", "format": "json"})
        assert [line["email"] for line in json.loads(answer.content)[table]] == [row.email]


def test_whoever_is_gone_meanwhile_is_named_in_a_sentence(managers_office: Client) -> None:
    contact = somebody()
    known(managers_office, f"/admin/held/contact/{contact.pk}/")
    request = f"/admin/held/request/{models.SubjectAccess.objects.get().pk}/"
    contact.delete()
    assert "They are not there under this reference" in managers_office.get(request).content.decode()
    answer = managers_office.post(request, {"do": "give", "format": "csv"}, follow=True)
    assert "They are not there under this reference" in answer.content.decode()
    assert managers_office.get("/admin/held/robot/1/").status_code == 404


def test_a_request_follows_the_volunteer_and_not_a_reference_that_somebody_else_has_by_now(managers_office: Client) -> None:
    reached = {"email": "asha@example.org", "phone": "+441632960123"}
    first, second = factories.VolunteerFactory(name="Asha Rao", **reached), factories.VolunteerFactory(name="Ben Cole")
    known(managers_office, f"/admin/held/volunteer/{first.pk}/")
    mine, theirs = first.reference, second.reference
    for row, reference in ((first, "between"), (second, mine), (first, theirs)):
        models.Volunteer.objects.filter(pk=row.pk).update(reference=reference)
    request = f"/admin/held/request/{models.SubjectAccess.objects.get().pk}/"
    answer = managers_office.post(request, {"do": "give", "format": "json"})
    text = answer.content.decode()
    assert ("Asha Rao" in text, "Ben Cole" in text) == (True, False)


def test_a_file_of_another_kind_is_refused_in_a_sentence(managers_office: Client) -> None:
    known(managers_office, f"/admin/held/contact/{somebody().pk}/")
    request = f"/admin/held/request/{models.SubjectAccess.objects.get().pk}/"
    answer = managers_office.post(request, {"do": "give", "format": "exe"}, follow=True)
    assert "Choose CSV or JSON." in answer.content.decode()
    assert models.SubjectAccess.objects.get().given_at is None


def test_the_page_of_periods_shows_the_last_purge_and_one_that_was_killed(managers_office: Client) -> None:
    page = managers_office.get("/admin/kept/").content.decode()
    assert "Nothing was purged yet." in page
    assert "24 months" in page
    line = {"period": "volunteers", "number": 3, "oldest": "2021-02-03", "waiting": 2, "for_managers": 1}
    models.PurgeRun.objects.create(started_at=NOW, finished_at=NOW, report=[line])
    models.PurgeRun.objects.create(started_at=NOW)
    page = managers_office.get("/admin/kept/").content.decode()
    assert "3 removed" in page
    assert "2021-02-03" in page
    assert "<div>2 for the next night</div>" in page, "each count in a line of its own"
    assert "<div>1 for you to decide about</div>" in page
    assert "has not ended" in page


def test_the_page_of_periods_names_whom_the_purge_leaves_to_a_manager(managers_office: Client) -> None:
    nobody_knows = factories.VolunteerFactory(name="Ottokar Silent", status="enquirer")
    page = managers_office.get("/admin/kept/").content.decode()
    assert f'<a href="/admin/erase/volunteer/{nobody_knows.pk}/">Ottokar Silent</a>' in page


def test_erased_people_leads_to_both(managers_office: Client) -> None:
    page = managers_office.get("/admin/erasures/").content.decode()
    assert "/admin/held/" in page
    assert "/admin/kept/" in page


def test_a_coordinator_reads_neither(office: Client) -> None:
    contact = somebody()
    for address in ("/admin/held/", f"/admin/held/contact/{contact.pk}/", "/admin/kept/"):
        assert office.get(address).status_code == 403
