"""Each kind of person of whom something is kept is found on the page of what is held, and on that of erasures."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.accounts.models import Role
from schools.erasing.models import PersonKind
from schools.erasing.people import KINDS
from schools.erasing.registry import OF_PEOPLE, label_of
from schools.keeping.record import SUBJECTS
from tests import factories
from tests.house import assert_stated
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Philippa Quill", "quill@oak.org"
PAGES = {"held": "held-person", "erasures": "erase"}
"""The pages that find somebody, each with that of the person to which it leads."""


def requester() -> models.VisitRequest:
    return models.VisitRequest.objects.create(
        school_name="Oak Primary", name=NAME, role="head", email=ADDRESS, asked_at=NOW, confirmed_at=NOW, state="waits"
    )


def trustee() -> models.Trustee:
    by = factories.manager()
    return models.Trustee.objects.create(name=NAME, email=ADDRESS, named_by=by, named_at=NOW, said_yes_at=NOW, ended_at=NOW)


WITH_AN_ENTRY: dict[PersonKind, Callable[[], Any]] = {
    PersonKind.VOLUNTEER: lambda: factories.VolunteerFactory(name=NAME, status="left"),
    PersonKind.CONTACT: lambda: models.Contact.objects.create(school=factories.SchoolFactory(), name=NAME, email=ADDRESS),
    PersonKind.STAFF: lambda: factories.manager(name=NAME, is_active=False),
    PersonKind.REQUESTER: requester,
    PersonKind.TRUSTEE: trustee,
}
"""How somebody of each kind comes to have an entry, and to be one who may be erased."""

IN_WORDS: dict[str, Callable[[], Any]] = {
    "whom to call in an emergency": lambda: factories.VolunteerFactory(emergency_contact=f"{NAME}, 01539 496 0000"),
    "whoever signs what a school says": lambda: models.SchoolAlarm.objects.create(
        visit=factories.VisitFactory(), what="nobody", given_by=NAME, day=NOW.date(), at=NOW
    ),
    "whoever is named in a note": lambda: models.Charity.objects.update(concern_name=NAME),
}
"""How those are named who have no entry."""


@pytest.mark.parametrize("kind", PersonKind)
@pytest.mark.parametrize("page", PAGES)
def test_whoever_has_an_entry_is_found_and_their_page_opens(managers_office: Client, kind: PersonKind, page: str) -> None:
    row = WITH_AN_ENTRY[kind]()
    theirs = reverse(f"admin:{PAGES[page]}", args=[kind.value, row.pk])
    assert theirs in managers_office.get(reverse(f"admin:{page}"), {"q": NAME}).content.decode()
    assert NAME in managers_office.get(theirs).content.decode()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", IN_WORDS)
def test_whoever_has_no_entry_is_found_by_where_their_name_stands(managers_office: Client, who: str, page: str) -> None:
    IN_WORDS[who]()
    address = reverse(f"admin:{page}")
    assert f"“{NAME}" not in managers_office.get(address, {"q": NAME}).content.decode()
    shown = managers_office.get(address, {"q": NAME, "elsewhere": "1"}).content.decode()
    assert f"“{NAME}" in shown
    assert "stands nowhere else" in managers_office.get(address, {"q": "Cordelia", "elsewhere": "1"}).content.decode()


def test_every_kind_of_the_registry_and_of_the_record_is_among_them() -> None:
    assert set(KINDS.values()) == set(WITH_AN_ENTRY) == set(PersonKind)
    tables = {table for subjects in SUBJECTS for table in subjects.tables.split()}
    assert tables == {label_of(table) for table in KINDS} == {label_of(table) for table in OF_PEOPLE}
    assert_stated(
        {subjects.name for subjects in SUBJECTS if not subjects.tables},
        IN_WORDS,
        add="Say in this file how each of them is named, and let the pages find them (schools/keeping/named.py).",
        remove="The record knows nobody of these kinds: take each out of this file.",
    )


def test_a_volunteer_is_found_by_name_and_address_of_their_sign_in(managers_office: Client) -> None:
    user = factories.user_with(Role.VOLUNTEER, name="Pippa Thorne", email="thorne@oak.org")
    theirs = factories.VolunteerFactory(name=NAME, user=user)
    for words in ("Pippa Thorne", "thorne@oak.org", NAME):
        page = managers_office.get("/admin/held/", {"q": words}).content.decode()
        assert f"/admin/held/volunteer/{theirs.pk}/" in page
    assert "/admin/held/volunteer/" not in managers_office.get("/admin/held/", {"q": "Cordelia"}).content.decode()


def test_no_certificate_is_read_to_look_for_a_name_and_no_secret_is_shown(managers_office: Client) -> None:
    volunteer = factories.VolunteerFactory()
    models.Clearance.objects.filter(volunteer=volunteer).update(reference=NAME)
    models.OutboxMessage.objects.create(
        key="code", to="a@oak.org", subject="Your code", body=f"Hello {NAME}, 482913", expires_at=NOW, kind=""
    )
    shown = managers_office.get("/admin/held/", {"q": NAME, "elsewhere": "1"}).content.decode()
    assert "482913" not in shown
    assert "learance," not in shown
    assert not models.ClearanceLook.objects.exists()


@pytest.mark.parametrize("page", PAGES)
def test_no_words_lead_to_what_says_something_of_a_clearance(managers_office: Client, page: str) -> None:
    """Neither what an import of volunteers changed or left, nor a mail that is its reader’s alone; other imports are searched."""
    facts = {"DBS issued 5 March 2019": [None, "not clear, decided on 7 March 2019"]}
    for register in ("volunteers", "contacts"):
        run = models.ImportRun.objects.create(
            register=register, file_name="p.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, state="applied", applied_at=NOW,
            report={"refused": [{"line": 2, "id": "P7K2QX", "reason": f"The {register} decision is clear, which needs issued"}]},
        )  # fmt: skip
        models.ImportChange.objects.create(
            run=run, kind="updated", register_id="", known_by="p7k2qx", name="Ann Ash", state="left",
            why=f"The {register} row has no decision that holds today.",
            fields=facts if register == "volunteers" else {"role": ["head", NAME]},
        )  # fmt: skip
    models.OutboxMessage.objects.create(
        key="c", to="a@oak.org", kind="clearance-ends", subject="Your DBS ends on 9 July 2031", body="9 July 2031", sent_at=NOW
    )
    assert "contacts decision is clear" in elsewhere(managers_office, "decision is clear", page)
    assert "contacts row has no decision that holds today" in elsewhere(managers_office, "that holds today", page)
    for words in ("not clear", "7 March 2019", "9 July 2031", "volunteers decision", "volunteers row"):
        assert "stands nowhere else" in elsewhere(managers_office, words, page), words
    assert NAME in elsewhere(managers_office, NAME, page)


def elsewhere(office: Client, name: str, page: str = "held") -> str:
    """What the page shows of where the name stands."""
    shown = office.get(reverse(f"admin:{page}"), {"q": name, "elsewhere": "1"}).content.decode()
    return shown.partition("Where the name stands")[2]


def test_a_short_name_is_found_as_a_whole_word_and_a_letter_is_not_looked_for(managers_office: Client) -> None:
    models.Charity.objects.update(concern_name="Ask Bo, or Robo")
    assert "“Ask Bo, or Robo”" in elsewhere(managers_office, "Bo")
    assert "stands nowhere else" in elsewhere(managers_office, "Rob")
    shown = elsewhere(managers_office, "B")
    assert "Nobody has looked" in shown
    assert "stands nowhere else" not in shown


def test_earlier_states_are_found_once_and_called_so(managers_office: Client) -> None:
    volunteer = factories.VolunteerFactory(emergency_contact=f"{NAME}, 01539 496 0000")
    volunteer.emergency_contact = "Jo Bloggs"
    volunteer.save()
    visit = factories.VisitFactory(arrival_notes=f"Ask {NAME}.")
    visit.parking = "By the gate"
    visit.save()
    assert elsewhere(managers_office, NAME).count(f"“Ask {NAME}.”") == 1
    assert "arlier state of visit" not in elsewhere(managers_office, NAME)
    visit.arrival_notes = ""
    visit.save()
    shown = elsewhere(managers_office, NAME)
    assert shown.count(f"“Ask {NAME}.”") == 1
    assert "An earlier state of visit" in shown
    assert "An earlier state of volunteer" in shown
    assert f"“{NAME}, 01539 496 0000”" in shown


def test_a_long_text_is_cut_around_the_name_and_a_long_list_says_that_it_goes_on(managers_office: Client) -> None:
    factories.VisitFactory(arrival_notes=f"{'word ' * 200}Ask {NAME}.")
    shown = elsewhere(managers_office, NAME)
    assert f"Ask {NAME}.”" in shown
    assert "“…" in shown
    assert "more places" not in shown
    by = factories.manager()
    models.ContactLog.objects.bulk_create(
        models.ContactLog(school=factories.SchoolFactory(), day=NOW.date(), how="phone", note=f"{NAME} rang.", by=by)
        for _ in range(100)
    )
    assert "more places than these 100" in elsewhere(managers_office, NAME)


def test_a_long_list_of_people_says_that_there_are_more(managers_office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schools.office.volunteers.people.MOST_SHOWN", 2)
    address = f"{reverse('admin:held')}?q=quill"
    for number in range(2):
        factories.VolunteerFactory(name=f"Pat Quill {number}")
    assert "There are more" not in managers_office.get(address).text
    factories.VolunteerFactory(name="Pat Quill 2")
    shown = managers_office.get(address).text
    assert shown.count("Pat Quill") == 2
    assert "There are more" in shown
