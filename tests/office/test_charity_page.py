"""The charity's page: what is blank and what follows, how a mail comes out, and its form with history."""

import re
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from schools import models
from schools.charity.checks import the_charity_has_a_name
from schools.charity.models import Charity
from tests import factories
from tests.public_texts import published

pytestmark = pytest.mark.django_db

PAGE = "/admin/charity/"
FORM = "/admin/schools/charity/1/change/"
TYPED = {
    "name": "Kind Words", "address": "1 High Street", "safeguarding_phone": "01539 722000", "sender": "hello@kind.example.org",
    "reply_to": "office@kind.example.org", "data_protection": "Tom Hale", "concern_name": "Mary Bell",
    "concern_phone": "01539 722001", "credentials": "Charity 1",
    "cycle_years": "3", "most_pupils": "400", "distances_in": "km",
    "travel_km_per_hour": "40", "travel_detour": "1.4", "travel_minutes_around": "10",
}  # fmt: skip


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(factories.manager(email="mona@example.org"))
    return client


def text(answer: object) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())  # type: ignore[attr-defined]  # an answer


def seen(office: Client, address: str = FORM) -> dict[str, str]:
    """The hidden fields with which the form says what it has shown."""
    page = office.get(address).content.decode()
    fields = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def test_a_new_installation_reads_what_is_blank_and_what_follows(office: Client) -> None:
    page = text(office.get(PAGE))
    for words in (
        "has no name yet",
        "no safeguarding phone",
        "where answers go",
        "No privacy notice is published",
        "No accessibility statement is published",
        "the number of the person to whom a concern",
    ):
        assert words in page
    assert "Name the charity" in text(office.get(reverse("admin:index")))


def test_what_was_typed_is_stored_shown_and_used_at_once(office: Client) -> None:
    published("privacy")
    published("accessibility")
    answer = office.post(FORM, TYPED | seen(office))
    assert answer["Location"] == PAGE
    page = text(office.get(PAGE))
    assert "Still blank" not in page
    for words in ("Kind Words office", "1 High Street", "01539 722000", "office@kind.example.org", "once in 3 school years"):
        assert words in page
    assert "Kind Words &lt;hello@kind.example.org&gt;" in page
    assert "Hand a register in" in page  # what comes next when a charity sets itself up
    assert "Name the charity" not in text(office.get(reverse("admin:index")))


def test_the_history_says_who_changed_what(office: Client) -> None:
    office.post(FORM, TYPED | seen(office))
    office.post(FORM, TYPED | seen(office) | {"name": "Kinder Words", "concern_name": "Ada Moss"})
    page = text(office.get("/admin/schools/charity/1/history/"))
    assert "Kind Words → Kinder Words" in page
    assert "Mary Bell → Ada Moss" in page


def test_of_two_people_the_second_reads_what_the_first_stored(office: Client) -> None:
    shown = seen(office)
    office.post(FORM, TYPED | shown)
    answer = office.post(FORM, TYPED | shown | {"name": "Unkind Words"})
    assert answer.status_code == 200
    assert Charity.objects.get().name == "Kind Words"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("cycle_years", "0", "A cycle is 1 to 10 academic years."),
        ("most_pupils", "1001", "A session has at most 1,000 pupils of a year group."),
        ("travel_km_per_hour", "300", "People travel between 3 and 120 km an hour."),
        ("travel_detour", "nan", "Enter a number."),
        ("travel_minutes_around", "inf", "Enter a number."),
        ("sender", "Kind Words", "Enter a valid email address."),
        ("name", "Kind\nWords", "Write it on one line."),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence_and_nothing_is_stored(
    office: Client, field: str, value: str, sentence: str
) -> None:
    answer = office.post(FORM, TYPED | seen(office) | {field: value})
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert Charity.objects.get().name == ""


def test_there_is_no_second_charity_and_none_is_deleted(office: Client) -> None:
    assert office.get("/admin/schools/charity/add/").status_code == 403
    assert office.post("/admin/schools/charity/1/delete/", {"post": "yes"}).status_code == 403


def test_a_trial_mail_goes_to_whoever_asks_for_it(office: Client) -> None:
    Charity.objects.update(name="Kind Words")
    answer = office.post(PAGE, {"do": "trial"}, follow=True)
    assert "A trial mail is on its way to mona@example.org." in text(answer)
    message = models.OutboxMessage.objects.get()
    assert (message.to, message.subject) == ("mona@example.org", "A trial mail from Kind Words")


@pytest.mark.parametrize("who", ["coordinator", "analyst", "volunteer"])
def test_nobody_but_managers_opens_it(client: Client, who: str) -> None:
    area = factories.AreaFactory()
    people = {
        "coordinator": factories.coordinator_of(area),
        "analyst": factories.analyst(),
        "volunteer": factories.able_volunteer(area, signs_in=True).user,
    }
    user = people[who]
    assert user
    client.force_login(user)
    for address in (PAGE, FORM):
        assert client.get(address).status_code in {302, 403}
        assert client.post(address, TYPED | {"do": "trial"}).status_code in {302, 403}
    assert Charity.objects.get().name == ""
    assert not models.OutboxMessage.objects.exists()


def test_the_check_warns_while_something_is_blank_and_only_where_the_database_is_asked_for() -> None:
    assert "speakout.W001" not in [problem.id for problem in run_checks()]
    (warning,) = the_charity_has_a_name(databases=["default"])
    assert "its name" in warning.msg
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org", safeguarding_phone="+441539722000")
    assert the_charity_has_a_name(databases=["default"]) == []


def test_the_history_of_a_row_that_a_file_brought_begins_with_what_the_file_said(office: Client) -> None:
    row = {"nation": "england", "name": "Autumn", "first_day": "2026-09-01", "last_day": "2026-12-18"}
    models.Term.objects.bulk_create([models.Term(**row)])
    term = models.Term.objects.get()
    address = reverse("admin:schools_term_change", args=[term.pk])
    assert office.post(address, row | seen(office, address) | {"name": "Autumn term", "authority": ""}).status_code == 302
    assert [state.name for state in term.history.all()] == ["Autumn term", "Autumn"]
    assert "Autumn → Autumn term" in text(office.get(reverse("admin:schools_term_history", args=[term.pk])))


@pytest.mark.parametrize("table", ["sessiontype", "visittemplate", "kitline", "term", "area", "agreement"])
def test_what_else_a_charity_changes_has_a_history(office: Client, table: str) -> None:
    kind = models.SessionType.objects.get(slug="send")
    material = models.Material.objects.create(name="Leaflet")
    rows: dict[str, Any] = {
        "sessiontype": kind,
        "visittemplate": models.VisitTemplate.objects.create(name="Two mornings"),
        "kitline": models.KitLine.objects.create(session_type=kind, material=material, quantity=1),
        "term": models.Term.objects.create(nation="england", name="Autumn", first_day="2026-09-01", last_day="2026-12-18"),
        "area": factories.AreaFactory(),
        "agreement": models.Agreement.objects.create(version=1, text="Be on time.", from_day="2026-01-01"),
    }
    row = rows[table]
    row.save()
    assert row.history.count() == 2
    assert office.get(reverse(f"admin:schools_{table}_history", args=[row.pk])).status_code == 200
