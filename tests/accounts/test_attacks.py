"""Somebody who is not meant to come in tries: each door says the same to everybody and opens to nobody."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session as SignIn
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user, switch_sign_in
from schools.accounts.adapter import MOST_TRIES
from schools.accounts.models import Role, User
from schools.messages.models import OutboxMessage
from tests.accounts.test_codes import asks_for_a_code, code_sent, enters, is_in
from tests.accounts.test_sign_in import PASSWORD, same_for_everyone
from tests.portal.pages import BEFORE

pytestmark = pytest.mark.django_db
ADDRESSES = ("asha@example.org", "off@example.org", "nobody@example.org")


@pytest.fixture
def asha() -> User:
    off = add_user("off@example.org", "Off", role=Role.VOLUNTEER, password=PASSWORD)
    User.objects.filter(pk=off.pk).update(is_active=False)
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)


def read(answer: Any) -> tuple[int, str, str]:
    """What somebody sees: status, where they are led, the page without what differs by itself."""
    return answer.status_code, answer.headers.get("Location", ""), same_for_everyone(answer.content, *ADDRESSES)


@pytest.mark.usefixtures("asha")
def test_guesses_of_a_code_read_the_same_whether_or_not_the_address_signs_in() -> None:
    seen = []
    for address in ADDRESSES:
        cache.clear()
        browser = Client()
        steps = [read(browser.post(reverse("account_request_login_code"), {"email": address}))]
        steps.append(read(browser.get(reverse("account_confirm_login_code"))))
        steps += [read(enters(browser, "0000-0000")) for _ in range(3)]
        resend = {"action": "resend"}
        steps.append(read(browser.post(reverse("account_confirm_login_code"), resend)))
        steps += [read(enters(browser, "0000-0000")) for _ in range(3)]
        steps += [read(browser.post(reverse("account_request_login_code"), {"email": address})) for _ in range(4)]
        seen.append(steps)
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.usefixtures("asha")
def test_too_many_wrong_passwords_read_the_same_whether_or_not_the_address_signs_in() -> None:
    seen = []
    for address in ADDRESSES:
        cache.clear()
        browser = Client()
        form = {"login": address, "password": "not-the-password"}
        seen.append([read(browser.post(reverse("account_login"), form)) for _ in range(7)])
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.usefixtures("asha")
def test_too_many_wishes_for_a_new_password_read_the_same_whether_or_not_the_address_signs_in() -> None:
    seen = []
    for address in ADDRESSES:
        cache.clear()
        browser = Client()
        seen.append([read(browser.post(reverse("account_reset_password"), {"email": address})) for _ in range(7)])
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    "act", [{"action_add": "", "email": "mine@example.net"}, {"action_primary": "", "email": "other@example.net"}]
)
def test_no_page_of_the_library_gets_around_the_two_confirmations(client: Client, asha: User, act: dict[str, str]) -> None:
    EmailAddress.objects.create(user=asha, email="other@example.net", verified=True)
    client.force_login(asha)
    for answer in (client.get(reverse("account_email")), client.post(reverse("account_email"), act)):
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("change-address"))
    asha.refresh_from_db()
    assert asha.email == "asha@example.org"
    assert not EmailAddress.objects.filter(email="mine@example.net").exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away_after_signing_in(client: Client, asha: User, wanted: str) -> None:
    form = {"login": asha.email, "password": PASSWORD, "next": wanted}
    answer = client.post(f"{reverse('account_login')}?next={wanted}", form)
    assert answer.headers["Location"] == reverse("home")
    browser = Client()
    browser.post(f"{reverse('account_request_login_code')}?next={wanted}", {"email": asha.email, "next": wanted})
    answer = browser.post(reverse("account_confirm_login_code"), {"code": code_sent(), "next": wanted})
    assert answer.headers["Location"] == reverse("home")


def test_a_session_known_before_signing_in_lets_nobody_in_after_it(client: Client, asha: User) -> None:
    client.get(reverse("account_login"))
    asks_for_a_code(client)
    known = client.session.session_key
    enters(client, code_sent())
    assert is_in(client)
    thief = Client()
    thief.cookies["sessionid"] = known or ""
    assert thief.get(reverse("me")).status_code == 302
    assert client.session.session_key != known


def test_who_is_switched_off_is_out_on_every_device_at_once(asha: User) -> None:
    devices = [Client(), Client()]
    for device in devices:
        device.force_login(asha)
        assert device.get(reverse("me")).status_code == 200
    User.objects.filter(pk=asha.pk).update(is_active=False)
    for device in devices:
        assert device.get(reverse("me")).headers["Location"].startswith(reverse("account_login"))
        assert device.get(reverse("phone-token")).json()["person"] == ""


def test_a_code_that_was_sent_before_somebody_was_switched_off_is_no_use(client: Client, asha: User) -> None:
    asks_for_a_code(client)
    User.objects.filter(pk=asha.pk).update(is_active=False)
    enters(client, code_sent())
    assert not is_in(client)


def test_no_session_and_no_sign_in_that_was_begun_outlives_being_switched_off(client: Client, asha: User) -> None:
    signed_in = Client()
    signed_in.force_login(asha)
    asks_for_a_code(client)
    code = code_sent()
    for may_sign_in in (False, True):
        switch_sign_in(asha, may_sign_in=may_sign_in)
    assert User.objects.get(pk=asha.pk).is_active
    assert signed_in.get(reverse("me")).headers["Location"].startswith(reverse("account_login"))
    enters(client, code)
    assert not is_in(client)


def test_a_new_password_ends_the_other_devices(client: Client, asha: User) -> None:
    thief = Client()
    thief.force_login(asha)
    client.post(reverse("account_login"), {"login": asha.email, "password": PASSWORD})
    new = {"oldpassword": PASSWORD, "password1": "a-walk-along-the-beck", "password2": "a-walk-along-the-beck"}
    assert client.post(reverse("account_change_password"), new).status_code == 302
    assert client.get(reverse("me")).status_code == 200
    assert thief.get(reverse("me")).status_code == 302


def test_a_phone_left_lying_about_gets_no_passkey_and_no_password_without_proof(client: Client, asha: User) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        asks_for_a_code(client)
        enters(client, code_sent())
        clock.shift(timedelta(hours=1))
        for name in ("mfa_add_webauthn", "mfa_activate_totp"):
            answer = client.post(reverse(name), {"name": "Thief", "credential": "{}"})
            assert answer.headers["Location"].startswith(reverse("account_reauthenticate")), name
        new = {"oldpassword": "a-guess", "password1": "a-walk-along-the-beck", "password2": "a-walk-along-the-beck"}
        assert client.post(reverse("account_change_password"), new).status_code == 200
    assert not Authenticator.objects.exists()
    asha.refresh_from_db()
    assert asha.check_password(PASSWORD)


@pytest.mark.parametrize(("minutes", "works"), [(10, True), (60, False)])
def test_who_has_no_password_adds_a_way_in_only_just_after_signing_in(client: Client, minutes: int, works: bool) -> None:
    ben = add_user("ben@example.org", "Ben", role=Role.VOLUNTEER)
    with time_machine.travel(BEFORE, tick=False) as clock:
        asks_for_a_code(client, ben.email)
        enters(client, code_sent())
        clock.shift(timedelta(minutes=minutes))
        for name in ("mfa_add_webauthn", "mfa_activate_totp"):
            for answer in (client.get(reverse(name)), client.post(reverse(name), {"name": "Thief", "credential": "{}"})):
                assert ("Sign in anew first" in answer.content.decode()) is not works, name


def test_who_has_no_password_chooses_the_first_by_a_link_in_their_mail(client: Client) -> None:
    ben = add_user("ben@example.org", "Ben", role=Role.VOLUNTEER)
    client.force_login(ben)
    new = {"password1": "a-walk-along-the-beck", "password2": "a-walk-along-the-beck"}
    answer = client.post(reverse("account_set_password"), new)
    assert answer.headers["Location"] == reverse("account_reset_password")
    ben.refresh_from_db()
    assert not ben.has_usable_password()
    client.post(reverse("account_reset_password"), {"email": ben.email})
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", OutboxMessage.objects.latest("pk").body)
    assert link
    form = client.get(link[1], follow=True)
    client.post(form.redirect_chain[-1][0], new)
    ben.refresh_from_db()
    assert ben.check_password("a-walk-along-the-beck")


@pytest.mark.usefixtures("asha")
def test_guesses_sent_at_the_same_moment_are_all_counted(client: Client) -> None:
    asks_for_a_code(client)
    right = code_sent()
    before = SignIn.objects.get(session_key=client.session.session_key).session_data
    for _ in range(5):
        enters(client, "0000-0000" if right != "0000-0000" else "1111-1111")
        # Another guess, sent at the same moment, stored the session as it was when it began.
        SignIn.objects.filter(session_key=client.session.session_key).update(session_data=before)
    enters(client, right)
    assert not is_in(client)


@pytest.mark.usefixtures("asha")
def test_passwords_tried_at_the_same_moment_are_all_counted(client: Client) -> None:
    """As if each try had read allauth's count of failures before the others wrote it back."""
    form = {"login": "asha@example.org", "password": "not-the-password"}
    for _ in range(MOST_TRIES):
        assert "Too many" not in client.post(reverse("account_login"), form).content.decode()
        for key in [key for key in cache._cache if "login_failed" in key]:  # type: ignore[attr-defined]  # of the memory's cache
            cache.delete(key.removeprefix(":1:"))
    client.post(reverse("account_login"), {**form, "password": PASSWORD})
    assert not is_in(client)
