"""A volunteer is added on one page: status, clearance, sign-offs and invitation at once, all of it or nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from schools import models
from tests import factories
from tests.office.conftest import NOW
from tests.office.test_query_counts import Asserts

pytestmark = pytest.mark.django_db

ADD = "/admin/volunteer/add/"
TABLES = (models.Volunteer, models.Clearance, models.SignOff, models.VolunteerStep, models.Invitation, models.OutboxMessage)


def norma(area: models.Area, **more: Any) -> dict[str, Any]:
    least = {"name": "Norma Bell", "areas": [area.pk], "languages": ["en"], "step": "enquired", "step_day": "2026-11-20"}
    return least | more


def whole(area: models.Area, **more: Any) -> dict[str, Any]:
    """Everything that the page asks for."""
    types = models.SessionType.objects.filter(slug__in=("ks1-assembly", "ks2-assembly"))
    return (
        norma(
            area,
            email="Norma@Example.org",
            phone="0161 496 0100",
            emergency_contact="Bill, 0161 496 0101",
            home_postcode="la94xx",
            furthest_km=30,
            step="active",
            invite="on",
            scheme="dbs",
            decision="clear",
            level="Enhanced",
            clearance_reference="001234567890",
            issued="2026-10-01",
            decided_on="2026-10-05",
            recheck_on="2029-10-01",
            sign_offs=[kind.pk for kind in types],
            signed_off_on="2026-11-01",
            sign_offs_end_on="2028-11-01",
        )
        | more
    )


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: [str(error) for error in found] for name, found in answer.context["form"].errors.items()}


def test_the_charitys_own_areas_come_before_those_that_a_register_made(managers_office: Client) -> None:
    for name, automatic in (("Barnet", True), ("Wirral", False), ("Ashford", True), ("Kendal", False)):
        factories.AreaFactory(name=name, automatic=automatic)
    names = [area.name for area in managers_office.get(ADD).context["form"].fields["areas"].queryset]
    assert [name for name in names if name in {"Barnet", "Wirral", "Ashford", "Kendal"}] == [
        "Kendal",
        "Wirral",
        "Ashford",
        "Barnet",
    ]


def test_everything_is_stored_at_once_and_they_are_invited(office: Client, area: models.Area, coordinator: models.User) -> None:
    answer = office.post(ADD, whole(area), follow=True)
    person = models.Volunteer.objects.get()
    told = f"Norma Bell is added as {person.reference}, active. An invitation went to norma@example.org."
    assert told in answer.content.decode()
    assert (person.email, person.home_postcode, person.status, person.joined) == (
        "norma@example.org", "LA9 4XX", "active", date(2026, 11, 20),
    )  # fmt: skip
    assert list(person.areas.all()) == [area]
    clearance = models.Clearance.objects.get()
    assert (clearance.scheme, clearance.decision, clearance.decided_by) == ("dbs", "clear", coordinator)
    assert {(one.session_type.slug, one.stage, one.day, one.recheck_on, one.by) for one in person.sign_offs.all()} == {
        (slug, "signed_off", date(2026, 11, 1), date(2028, 11, 1), coordinator) for slug in ("ks1-assembly", "ks2-assembly")
    }
    step = models.VolunteerStep.objects.get()
    assert (step.step, step.day, step.by) == ("active", date(2026, 11, 20), coordinator)
    assert models.Invitation.objects.get().email == "norma@example.org"


def test_the_least_is_a_name_an_area_and_how_far_they_are(office: Client, area: models.Area) -> None:
    answer = office.post(ADD, norma(area), follow=True)
    assert "enquirer. They are not invited to sign in yet." in answer.content.decode()
    assert counts() == [1, 0, 0, 1, 0, 0]


def test_status_and_invitation_are_there_from_the_first_minute(office: Client, area: models.Area) -> None:
    body = office.get(ADD).content.decode()
    for words in (
        "E-mail address",
        "Status and invitation",
        "How far they have come",
        "Mail them an invitation",
        "Signed off for",
    ):
        assert words in body
    assert f'name="areas" value="{area.pk}" id="id_areas_0" checked' in body  # the only area
    assert body.count('type="date"') == 6


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, {"name": ["Give their name."]}),
        ({"areas": []}, {"areas": ["Tick at least one of your areas."]}),
        ({"email": "", "invite": "on"}, {"email": ["An invitation goes to an e-mail address. Give one, or invite them later."]}),
        ({"home_postcode": "Kendal"}, {"home_postcode": ["This is not a postcode. Write it like LA9 4XX, or leave it empty."]}),
        ({"phone": "12"}, {"phone": ["That is no phone number. Write it with its area code, like 0113 496 0100."]}),
        ({"languages": []}, {"languages": ["Tick at least one language."]}),
        ({"step": "left"}, {"step": ["Choose from the list."]}),
        ({"step_day": "31/02/2026"}, {"step_day": ["There is no such day. Write it like 26/11/2026."]}),
        ({"decision": ""}, {"decision": ["Choose what was decided. Or leave everything of the clearance empty."]}),
        ({"recheck_on": ""}, {"recheck_on": ["A clear decision needs this day."]}),
        ({"recheck_on": "2026-09-01"}, {"recheck_on": ["The recheck must be after the day of issue."]}),
        (
            {"sign_offs_end_on": "2026-11-01"},
            {"sign_offs_end_on": ["They end after the day of the sign-off. Give a later day, or leave it empty."]},
        ),
        ({"sign_offs": ["9" * 30]}, {"sign_offs": ["Choose from the list."]}),
        ({"reference": "a;b"}, {"__all__": ["Give a reference without colon, semicolon and @."]}),
        (
            {"step_day": "2026-12-24"},
            {"__all__": ["Thu 24 December 2026 is still to come. Write a step down once it has happened."]},
        ),
        ({"sign_offs": []}, {"__all__": ["Norma Bell has no sign-off that holds today. Record it first."]}),
        (
            {"decision": "pending", "issued": "", "decided_on": "", "recheck_on": ""},
            {"__all__": ["Norma Bell has no clear decision that holds today. Record it first."]},
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_half_done(
    typed: dict[str, Any], wrong: dict[str, list[str]], office: Client, area: models.Area
) -> None:
    answer = office.post(ADD, whole(area, **typed))
    assert errors(answer) == wrong
    assert counts() == [0] * 6
    body = answer.content.decode()
    assert 'value="001234567890"' in body
    assert typed.get("name") == "" or 'value="Norma Bell"' in body


def test_the_same_twice_adds_them_once(office: Client, area: models.Area) -> None:
    office.post(ADD, whole(area))
    before = counts()
    answer = office.post(ADD, whole(area, is_another="on"))
    assert errors(answer) == {
        "__all__": ["Another volunteer has the address norma@example.org. Look for them in the list of volunteers."]
    }
    assert counts() == before


def test_somebody_of_the_same_name_is_added_once_that_is_confirmed(office: Client, area: models.Area) -> None:
    office.post(ADD, norma(area))
    first = models.Volunteer.objects.get()
    assert "is_another" not in office.get(ADD).content.decode()
    answer = office.post(ADD, norma(area, name="NORMA BELL"))
    told = f"Norma Bell ({first.reference}) is there already. Tick below if this is somebody else."
    assert errors(answer) == {"name": [told]}
    assert 'name="is_another"' in answer.content.decode()
    assert office.post(ADD, norma(area, is_another="on")).status_code == 302
    assert models.Volunteer.objects.count() == 2


def test_an_address_with_which_somebody_works_in_the_office_is_not_taken_over(office: Client, area: models.Area) -> None:
    factories.UserFactory(email="norma@example.org")
    answer = office.post(ADD, norma(area, email="norma@example.org"))
    assert "Somebody already signs in as norma@example.org." in errors(answer)["__all__"][0]
    assert counts() == [0] * 6


def test_a_coordinator_adds_nobody_to_another_area_and_learns_no_names_there(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    theirs = factories.VolunteerFactory(name="Norma Bell")
    theirs.areas.add(elsewhere)
    assert str(elsewhere) not in office.get(ADD, {"areas": elsewhere.pk}).content.decode()
    assert "areas" in errors(office.post(ADD, norma(elsewhere)))
    assert office.post(ADD, norma(area)).status_code == 302


def test_nonsense_in_the_form_and_its_address_is_no_error_of_ours(office: Client, area: models.Area) -> None:
    assert office.get(ADD, {"areas": "x" * 40}).status_code == 200
    upload = SimpleUploadedFile("x", b"\x00")
    assert office.post(ADD, norma(area, name=upload, areas=["0", "-1", "é"], step_day="0000-00-00")).status_code == 200
    assert office.post(ADD, norma(area, name="\x00")).status_code == 200
    assert counts() == [0] * 6


def test_the_stock_form_leads_to_the_page(office: Client, area: models.Area) -> None:
    assert office.get("/admin/schools/volunteer/add/?areas=3")["Location"] == f"{ADD}?areas=3"


def test_the_page_asks_the_same_of_one_area_and_of_three(
    managers_office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    managers_office.get(ADD)
    with django_assert_num_queries(6):
        managers_office.get(ADD)
    for _ in range(2):
        factories.AreaFactory()
    with django_assert_num_queries(6):
        managers_office.get(ADD)


def test_their_page_says_whether_they_were_invited_and_came(office: Client, area: models.Area) -> None:
    def signs_in(person: models.Volunteer) -> str:
        body = " ".join(office.get(f"/admin/volunteer/{person.pk}/").content.decode().split())
        return body.partition("Signs in </dt> <dd>")[2].partition("</dd>")[0].strip()

    office.post(ADD, norma(area))
    person = models.Volunteer.objects.get()
    assert signs_in(person) == "not invited yet"
    office.post(f"/admin/volunteer/{person.pk}/", {"do": "invite", "invite-email": "norma@example.org"})
    assert signs_in(person) == "invited on 24 November 2026, not here yet; the link holds until 1 December 2026"
    models.Invitation.objects.update(expires_at=NOW, sent_at=NOW - timedelta(days=7))
    assert signs_in(person) == "invited on 17 November 2026; the link has run out, send another below"
    models.Invitation.objects.update(used_at=NOW)
    assert signs_in(person) == "invited, and came in on 24 November 2026"
