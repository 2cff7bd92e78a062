"""Signing in by a code from an e-mail, or by a passkey; neither lets staff past the second factor."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.messages.actions import GONE, deliver_due
from schools.messages.models import OutboxMessage
from tests.accounts.guessing import SHARED_CACHE, guesses
from tests.accounts.test_sign_in import same_for_everyone
from tests.processes import together

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
PASSWORD = "a-long-password"


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER)


def asks_for_a_code(client: Client, email: str = "asha@example.org", **more: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, **more}, follow=True)


def code_sent() -> str:
    found = re.search(r"\b\d{4}-\d{4}\b", OutboxMessage.objects.latest("pk").body)
    assert found
    return found[0]


def enters(client: Client, code: str) -> Any:
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("typed", ["{}", " {} ", "without dash"])
def test_an_address_without_password_gets_a_code_that_lets_in(client: Client, asha: User, typed: str) -> None:
    page = asks_for_a_code(client)
    assert page.redirect_chain == [(reverse("account_confirm_login_code"), 302)]
    code = code_sent()
    answer = enters(client, code.replace("-", "") if typed == "without dash" else typed.format(code))
    assert answer["Location"] == reverse("home")
    assert client.session["_auth_user_id"] == str(asha.pk)


@pytest.mark.usefixtures("asha")
def test_the_code_button_asks_for_a_code_whatever_stands_in_the_password_box(client: Client) -> None:
    asks_for_a_code(client, password="filled in by the browser", code="1")
    assert enters(client, code_sent())["Location"] == reverse("home")


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize(("minutes", "works"), [(29, True), (31, False)])
def test_a_code_lives_half_an_hour_in_which_the_page_may_be_left(client: Client, minutes: int, works: bool) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        asks_for_a_code(client)
        clock.shift(timedelta(minutes=minutes))
        # Somebody comes back from the mail app; the phone has loaded the page again.
        again = client.get(reverse("account_confirm_login_code"))
        assert (again.status_code == 200) is works
        enters(client, code_sent())
        assert is_in(client) is works


@pytest.mark.usefixtures("asha")
def test_a_code_works_once_and_only_in_the_browser_that_asked_for_it(client: Client) -> None:
    asks_for_a_code(client)
    code = code_sent()
    other = Client()
    asks_for_a_code(other, "nobody@example.org")
    enters(other, code)
    assert not is_in(other)
    enters(client, code)
    client.post(reverse("account_logout"))
    assert enters(client, code).status_code == 302
    assert not is_in(client)


@pytest.mark.usefixtures("asha")
def test_after_five_wrong_codes_the_right_one_is_no_use(client: Client) -> None:
    asks_for_a_code(client)
    right = code_sent()
    for _ in range(5):
        enters(client, "0000-0000" if right != "0000-0000" else "1111-1111")
    enters(client, right)
    assert not is_in(client)


@pytest.mark.usefixtures("asha")
def test_known_and_unknown_addresses_read_the_same_and_cost_the_same_mail(client: Client) -> None:
    pages = [asks_for_a_code(Client(), address) for address in ("asha@example.org", "nobody@example.org")]
    known, unknown = (same_for_everyone(page.content, "asha@example.org", "nobody@example.org") for page in pages)
    assert known == unknown
    assert pages[0].redirect_chain == pages[1].redirect_chain
    assert list(OutboxMessage.objects.order_by("pk").values_list("to", flat=True)) == ["asha@example.org", "nobody@example.org"]
    assert "Nobody has a sign-in with it" in OutboxMessage.objects.latest("pk").body


@pytest.mark.usefixtures("asha")
def test_an_address_gets_three_codes_a_minute_and_no_more() -> None:
    for _ in range(5):
        asks_for_a_code(Client())
    assert OutboxMessage.objects.count() == 3


@pytest.mark.usefixtures("asha")
def test_a_code_is_gone_from_the_table_once_it_was_sent_and_never_sent_too_late() -> None:
    with time_machine.travel(NOW, tick=False):
        asks_for_a_code(Client())
        asks_for_a_code(Client())
        late, sent = OutboxMessage.objects.order_by("-pk")
        OutboxMessage.objects.filter(pk=late.pk).update(next_try=NOW + timedelta(minutes=31))
    assert deliver_due(clock=lambda: NOW + timedelta(minutes=1)) == (1, 1)
    assert deliver_due(clock=lambda: NOW + timedelta(minutes=32)) == (0, 1)
    assert set(OutboxMessage.objects.values_list("body", flat=True)) == {GONE}
    sent.refresh_from_db()
    assert sent.sent_at is not None


def test_a_code_does_not_lead_staff_past_the_second_factor(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    lea = add_user("lea@example.org", "Lea", role=Role.COORDINATOR)
    TOTP.activate(lea, generate_totp_secret())
    asks_for_a_code(client, lea.email)
    assert enters(client, code_sent())["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_a_code_leads_staff_without_a_second_factor_to_setting_one_up(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    lea = add_user("lea@example.org", "Lea", role=Role.COORDINATOR)
    asks_for_a_code(client, lea.email)
    enters(client, code_sent())
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_activate_totp")


@pytest.mark.parametrize(("role", "asked"), [(Role.VOLUNTEER, False), (Role.COORDINATOR, True)])
def test_a_passkey_is_one_more_way_in_for_volunteers_and_a_second_factor_for_staff(
    client: Client, role: Role, asked: bool
) -> None:
    user = add_user("lea@example.org", "Lea", role=role)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}})
    asks_for_a_code(client, user.email)
    answer = enters(client, code_sent())
    assert (answer["Location"] == reverse("mfa_authenticate")) is asked


@pytest.mark.usefixtures("asha")
def test_a_device_stays_signed_in_for_as_long_as_the_setting_says(client: Client, settings: Settings) -> None:
    assert settings.SESSION_COOKIE_AGE == 90 * 24 * 60 * 60
    with time_machine.travel(NOW, tick=False) as clock:
        asks_for_a_code(client)
        enters(client, code_sent())
        assert client.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE
        clock.shift(timedelta(days=89))
        assert client.get(reverse("me")).status_code == 200
        clock.shift(timedelta(days=2))
        assert client.get(reverse("me")).status_code == 302


@pytest.mark.usefixtures("asha")
def test_other_devices_can_be_ended_and_this_one_stays() -> None:
    here, there = Client(HTTP_USER_AGENT="Mozilla/5.0 (Android 8; Mobile) Chrome/90"), Client(HTTP_USER_AGENT="iPhone Safari/604")
    for client in (here, there):
        asks_for_a_code(client)
        enters(client, code_sent())
    page = here.get(reverse("usersessions_list")).content.decode()
    assert "Android, Chrome" in page
    assert "iPhone, Safari" in page
    here.post(reverse("usersessions_list"))
    assert here.get(reverse("me")).status_code == 200
    assert there.get(reverse("me"))["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
def test_several_processes_count_the_same_guesses(settings: Settings) -> None:
    settings.CACHES = SHARED_CACHE
    call_command("createcachetable")
    try:
        add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)
        looked_at = [seen for one in together(guesses, [(3,), (3,), (3,)]) for seen in one]
        # Each alone stays below the limit of five; together they do not get past it.
        assert len(looked_at) == 9
        assert 1 <= sum(looked_at) <= 5
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE speakout_cache")
