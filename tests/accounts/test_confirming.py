"""Confirming an address: who presses the button goes on in the browser of the sign-in; a link alone does nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.models import User
from schools.messages.models import OutboxMessage
from tests.factories import manager

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
PASSWORD = "a-long-password"


@pytest.fixture
def mona() -> User:
    """The first manager, whose address nobody vouched for."""
    return User.objects.create_superuser("mona@example.org", PASSWORD, name="Mona Pryce")


def signs_in(client: Client, address: str = "") -> None:
    answer = client.post(reverse("account_login") + address, {"login": "mona@example.org", "password": PASSWORD})
    assert answer["Location"] == reverse("account_email_verification_sent")


def link() -> str:
    match = re.search(r"http://testserver(/accounts/confirm-email/\S+/)", OutboxMessage.objects.latest("pk").body)
    assert match
    return match[1]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def is_confirmed() -> bool:
    return bool(EmailAddress.objects.filter(email="mona@example.org", verified=True).exists())


@pytest.mark.usefixtures("mona")
def test_in_the_browser_of_the_sign_in_one_press_leads_into_the_office(client: Client) -> None:
    signs_in(client)
    assert "Confirm" in client.get(link()).content.decode()
    answer = client.post(link())
    assert answer["Location"] == reverse("admin:index")
    assert is_in(client)
    assert is_confirmed()
    page = client.get(reverse("admin:index"), follow=True).content.decode()
    assert "The e-mail address mona@example.org is confirmed." in page


@pytest.mark.usefixtures("mona")
def test_the_page_that_was_wanted_first_is_not_forgotten(client: Client) -> None:
    signs_in(client, "?next=/admin/charity/")
    assert client.post(link())["Location"] == "/admin/charity/"


@pytest.mark.usefixtures("mona")
def test_who_opens_the_link_without_pressing_the_button_changes_nothing(client: Client) -> None:
    signs_in(client)
    for browser in (Client(), client):
        for method in (browser.get, browser.head):
            method(link())
    assert not is_confirmed()
    assert not is_in(client)


@pytest.mark.usefixtures("mona")
def test_a_form_from_elsewhere_confirms_nothing() -> None:
    signs_in(Client())
    assert Client(enforce_csrf_checks=True).post(link()).status_code == 403
    assert not is_confirmed()


@pytest.mark.usefixtures("mona")
def test_another_browser_confirms_and_is_let_in_nowhere(client: Client) -> None:
    signs_in(client)
    other = Client()
    assert other.post(link())["Location"] == reverse("account_login")
    assert is_confirmed()
    assert not is_in(other)
    assert not is_in(client)


@pytest.mark.usefixtures("mona")
def test_somebody_else_who_is_signed_in_stays_signed_in_and_becomes_nobody_else(client: Client) -> None:
    signs_in(client)
    cora, browser = manager(), Client()
    browser.force_login(cora)
    browser.get(link())
    assert browser.session["_auth_user_id"] == str(cora.pk)
    browser.post(link())
    assert browser.session["_auth_user_id"] == str(cora.pk)
    assert is_confirmed()


@pytest.mark.usefixtures("mona")
def test_somebody_elses_waiting_sign_in_is_not_completed_by_the_link(client: Client) -> None:
    User.objects.create_user("ben@example.org", PASSWORD, name="Ben")
    signs_in(client)
    monas = link()
    other = Client()
    other.post(reverse("account_login"), {"login": "ben@example.org", "password": PASSWORD})
    other.post(monas)
    assert not is_in(other)


@pytest.mark.usefixtures("mona")
def test_the_link_works_once(client: Client) -> None:
    signs_in(client)
    used = link()
    client.post(used)
    again = Client()
    again.post(used)
    assert not is_in(again)
    assert "confirms nothing any more" in again.get(used).content.decode()


@pytest.mark.usefixtures("mona")
@pytest.mark.parametrize(("hours", "works"), [(71, True), (73, False)])
def test_the_link_works_for_three_days_and_a_late_one_says_what_to_do(hours: int, *, works: bool) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        signs_in(Client())
        clock.shift(timedelta(hours=hours))
        page = Client().get(link()).content.decode()
    assert ("confirms nothing any more" not in page) is works


@pytest.mark.usefixtures("mona")
def test_the_sign_in_waits_35_minutes_and_after_that_the_address_is_confirmed_all_the_same(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        signs_in(client)
        clock.shift(timedelta(minutes=36))
        assert client.post(link())["Location"] == reverse("account_login")
    assert is_confirmed()
    assert not is_in(client)


def test_staff_are_still_led_to_their_second_factor(client: Client, mona: User, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    signs_in(client)
    client.post(link())
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_activate_totp")
    assert mona.is_staff
