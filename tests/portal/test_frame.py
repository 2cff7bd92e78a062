"""The frame around every page: nothing inline, a way around, kind words when something goes wrong, sign-in in the same dress."""

import re

import pytest
import time_machine
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, able_volunteer, manager
from tests.portal.pages import AFTER, client_for, client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db

PUBLIC = ("account_login", "account_reset_password", "account_reset_password_done", "account_signup", "account_inactive")
SIGNED_IN = ("account_logout", "account_change_password", "account_email", "mfa_index", "account_reauthenticate", "me")


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(), signs_in=True)


def assert_framed(page: str) -> None:
    """One heading, a way past the frame, our sheet, nothing that a strict content security policy would refuse."""
    assert page.count("<h1") == 1
    assert '<a class="skip" href="#main">' in page
    assert "portal/portal.css" in page
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", page)
    assert not re.search(r'<script(?![^>]*\s(src=|type="application/json"))', page)


@pytest.mark.parametrize("name", PUBLIC)
def test_pages_before_signing_in_are_framed_and_lead_nowhere_else(name: str) -> None:
    page = text_of(Client().get(reverse(name)))
    assert_framed(page)
    assert 'aria-label="Places"' not in page


@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_about_oneself_are_framed(name: str, asha: Volunteer) -> None:
    page = text_of(client_of(asha).get(reverse(name), follow=True))
    assert_framed(page)
    assert 'aria-label="Places"' in page


@time_machine.travel(AFTER)
def test_pages_of_the_portal_are_framed_and_every_link_leads_somewhere(asha: Volunteer) -> None:
    session = morning_at(school_in(asha.areas.get()), asha)[0]
    client = client_of(asha)
    day = f"{session.visit_id}/{session.day}/"
    pages = ["/", "/open/", "/me/", f"/mornings/{day}", f"/mornings/{day}give-back/", f"/mornings/{day}told/"]
    links = set()
    for url in [*pages, f"/mornings/{day}outcome/"]:
        page = text_of(client.get(url))
        assert_framed(page)
        links |= set(re.findall(r'<a [^>]*?href="(/[^"]*)"', page))
    assert len(links) > 8
    for link in links:
        assert client.get(link).status_code in {200, 302}, link


def test_an_answer_to_a_form_counts_as_typed_so_that_nothing_loads_it_again(asha: Volunteer) -> None:
    client, is_touched = client_of(asha), re.compile(r'<html [^>]*class="is-touched"')
    assert not is_touched.search(text_of(client.get("/me/away/")))
    assert is_touched.search(text_of(client.post("/me/away/", {})))


def test_only_staff_are_led_to_the_office(asha: Volunteer) -> None:
    assert "/admin/" not in text_of(client_of(asha).get("/me/"))
    assert "/admin/" in text_of(client_for(manager()).get("/me/"))


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "403_csrf"])
def test_a_page_for_when_something_goes_wrong_needs_nothing_to_be_shown(name: str) -> None:
    assert_framed(render_to_string(f"{name}.html"))


def test_a_form_that_was_open_too_long_is_answered_kindly(asha: Volunteer) -> None:
    client = Client(enforce_csrf_checks=True)
    assert asha.user is not None
    client.force_login(asha.user)
    answer = client.post(reverse("account_logout"))
    assert answer.status_code == 403
    assert "Please send it again" in text_of(answer)
    assert_framed(text_of(answer))
