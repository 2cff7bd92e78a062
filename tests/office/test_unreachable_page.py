"""Addresses that mail does not reach: whose they are, who sees them, and letting one be tried again."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.visits.actions import cancel_visit, confirm
from tests import factories
from tests.news import tell_and_send
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

PAGE = "/admin/unreachable/"


def gone(address: str, **fields: Any) -> models.SuppressedAddress:
    facts = {"reason": "bounce", "since": NOW, "words": "550 no such person", **fields}
    return models.SuppressedAddress.objects.create(address=address.lower(), **facts)


def contact(area: models.Area, address: str, name: str = "Hetty Moss") -> models.Contact:
    return models.Contact.objects.create(
        school=factories.SchoolFactory(area=area, name=f"School of {name}"), name=name, email=address, phone="+441539720001"
    )


def page_of(client: Client) -> str:
    return " ".join(strip_tags(client.get(PAGE).content.decode()).split())


def test_a_coordinator_sees_whose_addresses_they_are_and_home_leads_there(office: Client, area: models.Area) -> None:
    contact(area, "Hetty@Ashfield.example.org")
    volunteer = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    assert volunteer.user is not None
    gone("hetty@ashfield.example.org")
    gone(volunteer.user.email, reason="complaint", words="")
    body = page_of(office)
    assert "Hetty Moss, School of Hetty Moss 01539 720001" in body
    assert "Mail to it came back: 550 no such person" in body
    assert "Asha Bell" in body
    assert "Its reader reported our mail as unwanted" in body
    home = office.get("/admin/").content.decode()
    assert "<strong>2</strong> <span>addresses could not be reached" in home
    assert f'href="{PAGE}"' in home


def test_nobody_sees_addresses_of_another_area(office: Client, elsewhere: models.Area) -> None:
    contact(elsewhere, "hetty@ashfield.example.org")
    row = gone("hetty@ashfield.example.org")
    assert "hetty@" not in page_of(office)
    assert "could not be reached" not in office.get("/admin/").content.decode()
    answer = office.post(PAGE, {"do": "again", "address": row.pk, "why": "It was full."}, follow=True)
    assert "Somebody has decided about this address already" in answer.content.decode()
    row.refresh_from_db()
    assert row.lifted_at is None


def test_an_address_that_was_corrected_needs_nobody(office: Client, area: models.Area) -> None:
    person = contact(area, "hetty@ashfield.example.org")
    gone("hetty@ashfield.example.org")
    person.email = "hetty.moss@ashfield.example.org"
    person.save()
    assert "Everybody can be reached by mail" in page_of(office)
    assert "could not be reached" not in office.get("/admin/").content.decode()


def test_a_manager_sees_whoever_signs_in(managers_office: Client) -> None:
    analyst = factories.analyst(name="Ann Analyst")
    gone(analyst.email)
    assert "Ann Analyst" in page_of(managers_office)


def test_an_address_is_tried_again_with_a_reason_and_once(office: Client, area: models.Area, coordinator: models.User) -> None:
    contact(area, "hetty@ashfield.example.org")
    row = gone("hetty@ashfield.example.org")

    def press(why: str) -> str:
        return office.post(PAGE, {"do": "again", "address": row.pk, "why": why}, follow=True).content.decode()

    assert "Say why it should work now" in press(" ")
    assert "Mail goes there again. No mail was waiting for that." in press("The mailbox was full.")
    assert "Somebody has decided about this address already" in press("The mailbox was full.")
    row.refresh_from_db()
    assert (row.lifted_by, row.lifted_why) == (coordinator, "The mailbox was full.")


@pytest.mark.parametrize("address", ["", "x", "0", "99999999999999999999"])
def test_an_address_that_is_not_there_is_said_so(office: Client, address: str) -> None:
    answer = office.post(PAGE, {"do": "again", "address": address, "why": "It was full."}, follow=True)
    assert "Somebody has decided about this address already" in answer.content.decode()


def test_whoever_cannot_be_reached_stands_under_tell_these_people_and_the_mail_goes_on_when_corrected(
    office: Client, area: models.Area
) -> None:
    person = contact(area, "hetty@ashfield.example.org")
    visit = factories.SessionFactory(visit__school=person.school).visit
    confirm(visit, agreed_on=NOW.date(), agreed_with="", by=factories.manager(), now=NOW)
    tell_and_send(NOW)
    gone("hetty@ashfield.example.org")
    cancel_visit(visit, code="weather", note="", by=factories.manager(), now=NOW)
    assert tell_and_send(NOW) == 0
    told = " ".join(strip_tags(office.get(reverse("admin:tell")).content.decode()).split())
    assert "The mail to hetty@ashfield.example.org came back or got no answer, so phone them: Not sent." in told
    person.email = "hetty.moss@ashfield.example.org"
    person.save()
    assert tell_and_send(NOW) == 1
    assert models.OutboxMessage.objects.get(sent_at=NOW, to=person.email).subject.startswith("Our visit is cancelled")


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_many_questions_whatever_it_shows(
    office: Client, area: models.Area, number: int, django_assert_num_queries: Any
) -> None:
    for each in range(number):
        contact(area, f"p{each}@ashfield.example.org", f"Person {each}")
        gone(f"p{each}@ashfield.example.org")
        volunteer = factories.able_volunteer(area, signs_in=True)
        assert volunteer.user is not None
        gone(volunteer.user.email)
    office.get(PAGE)
    with django_assert_num_queries(8):
        office.get(PAGE)
