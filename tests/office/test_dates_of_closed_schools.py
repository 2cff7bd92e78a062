"""A school closes while somebody offers it dates: what was ticked is shown, and its dates are taken back all the same."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.office.test_dates_page import address, text
from tests.planning.offering import NOW, ON, THREE, a_school, offered, people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def school(area: models.Area) -> models.School:
    people(area, 2)
    return a_school(area)


def test_what_was_ticked_for_a_school_that_closed_meanwhile_stays_with_the_reason(
    office: Client, school: models.School, area: models.Area
) -> None:
    models.Contact.objects.create(school=school, name="Alex Deputy", email="alex@fern.example.org")
    pat, keys = school.contacts.get(name="Pat Head"), [each.key for each in THREE]
    shown = office.get(address(school)).context["shown"]
    sent = {"do": "offer", "half_day": keys, "term": shown.term.key, "template": shown.planned.template, "contact": pat.pk}
    models.School.objects.filter(pk=school.pk).update(status="closed", closed=ON)
    refused = office.post(address(school), sent)
    closed = "Fern Primary cannot be visited: it is closed, or has no Reception to Year 6. Look for its successor."
    days = "; ".join(map(str, THREE))
    assert refused.context["reasons"] == [closed, f"You had ticked {days}, for Pat Head."]
    assert text(refused).count(closed) == 2, "also where the half-days were"
    assert "No half-day of this term" not in text(refused)
    assert not models.OfferedDates.objects.exists()
    models.School.objects.filter(pk=school.pk).update(high_age=None, low_age=None)
    assert "cannot be visited" in text(office.post(address(school), sent)), "also where no template would send anybody there"


def test_the_dates_of_a_school_that_closed_meanwhile_are_taken_back_on_its_page(
    office: Client, school: models.School, area: models.Area
) -> None:
    row = offered(school)
    models.School.objects.filter(pk=school.pk).update(status="closed", closed=ON, chain=school.pk)
    page = office.post(address(school), {"do": "take-back", "offered": row.pk}, follow=True)
    row.refresh_from_db()
    assert row.state == "back"
    assert page.redirect_chain[-1] == (f"/admin/school/{school.pk}/", 302)
    assert "The dates are taken back." in text(page)
    assert "Nothing can be offered to Fern Primary." in text(page)
    now = a_school(area, name="Fern Academy", chain=school.pk, opened=ON)
    led = office.get(f"{address(school)}?back=/admin/due/", follow=True)
    assert led.redirect_chain == [(f"{address(now)}?{urlencode({'back': '/admin/due/'})}", 302)]
    assert "This is what it has become: offer dates here." in text(led)
