"""Staff have a second factor where the setting says so, are told where it does not, and `check --deploy` minds it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import AnonymousUser
from django.core.checks import run_checks
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user, change_role
from schools.accounts.context_processors import second_factor
from schools.accounts.models import Role
from tests.browsing import shows_second_factor
from tests.factories import UserFactory, user_with

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def required(settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("role", [Role.MANAGER, Role.COORDINATOR, Role.ANALYST])
def test_staff_without_a_second_factor_are_led_to_set_one_up_from_every_page(client: Client, role: Role) -> None:
    client.force_login(user_with(role))
    for path in (reverse("admin:index"), reverse("home"), "/no-such-page/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp")), path
    # allauth asks for the password again before it shows the code.
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_asking_who_is_signed_in_leads_nobody_to_another_secret(client: Client) -> None:
    client.force_login(user_with(Role.MANAGER))
    answer = client.get(reverse("phone-token"))
    assert (answer.status_code, set(answer.json())) == (200, {"person", "token", "earlier", "ended"})
    assert "mfa.totp.secret" not in client.session
    assert client.get(reverse("phone")).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(("minutes", "asked_again"), [(0, False), (14, False), (16, True)])
def test_who_signed_in_just_now_sets_the_first_one_up_without_the_password_again(
    client: Client, minutes: int, *, asked_again: bool
) -> None:
    add_user("lea@example.org", "Lea", role=Role.MANAGER, password="a-long-password")
    with time_machine.travel(NOW, tick=False) as clock:
        client.post(reverse("account_login"), {"login": "lea@example.org", "password": "a-long-password"})
        clock.shift(timedelta(minutes=minutes))
        assert (client.get(reverse("mfa_activate_totp")).status_code == 302) == asked_again
        if not asked_again:
            secret = client.session["mfa.totp.secret"]
            codes = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)}, follow=True).content.decode()
            assert "each of them lets you in once" in codes
            assert f'href="{reverse("admin:index")}">Go on to the office</a>' in codes


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_staff_who_showed_their_second_factor_are_let_through(client: Client) -> None:
    user = user_with(Role.COORDINATOR)
    TOTP.activate(user, generate_totp_secret())
    client.force_login(user)
    shows_second_factor(client, user)
    assert client.get(reverse("admin:index")).status_code == 200


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("required")
def test_who_waited_at_the_set_up_page_stays_out_once_the_coordinator_has_a_second_factor(client: Client) -> None:
    add_user("lea@example.org", "Lea", role=Role.COORDINATOR, password="a-long-password")
    reader = Client()  # somebody who reads her mail, and signed in before she did
    for browser in (reader, client):
        browser.post(reverse("account_login"), {"login": "lea@example.org", "password": "a-long-password"})
        assert browser.get(reverse("mfa_activate_totp")).status_code == 200
    client.post(reverse("mfa_activate_totp"), {"code": code_for(client.session["mfa.totp.secret"])})
    assert client.get(reverse("admin:index")).status_code == 200
    asks = reverse("mfa_reauthenticate")
    assert reader.get(reverse("admin:index"))["Location"] == reverse("mfa_reauthenticate", query={"next": reverse("admin:index")})
    # Nor can they give themselves one, or take hers away, fresh as their sign-in is.
    for name in ("mfa_index", "mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes", "account_reauthenticate"):
        assert reader.get(reverse(name))["Location"].partition("?")[0] == asks, name
        assert reader.post(reverse(name), {"password": "a-long-password"})["Location"] == asks, name
    page = reader.get(asks)
    assert page.status_code == 200
    assert reverse("account_reauthenticate") not in page.content.decode()
    assert reader.post(reverse("account_logout")).status_code == 302


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_a_volunteer_who_becomes_coordinator_shows_their_passkey_before_the_office_opens(client: Client) -> None:
    user = add_user("asha@example.org", "Asha", role=Role.VOLUNTEER)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}})
    client.force_login(user)
    assert client.get(reverse("home")).status_code == 200
    change_role(user, Role.COORDINATOR, now=NOW)
    asks = client.get(reverse("admin:index"))["Location"]
    assert client.get(asks)["Location"] == reverse("mfa_reauthenticate_webauthn", query={"next": reverse("admin:index")})


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_who_shows_the_second_factor_goes_on_to_the_page_that_was_asked_for(client: Client) -> None:
    user = user_with(Role.COORDINATOR)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client.force_login(user)
    asks = client.get(f"{reverse('admin:index')}?a=b")["Location"]
    assert client.post(asks, {"code": code_for(secret)})["Location"] == f"{reverse('admin:index')}?a=b"
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("has_one", [True, False])
def test_who_cannot_show_it_here_can_sign_out_and_stop_a_way_back_that_they_did_not_ask_for(
    client: Client, has_one: bool
) -> None:
    user = user_with(Role.COORDINATOR)
    if has_one:
        TOTP.activate(user, generate_totp_secret())
    client.force_login(user)
    assert client.get(reverse("way-back", args=["nonsense"])).status_code == 200
    if has_one:
        page = client.get(reverse("mfa_reauthenticate")).content.decode()
        assert f'action="{reverse("account_logout")}"' in page
    assert client.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_after_the_password_staff_with_a_second_factor_are_asked_for_it(client: Client) -> None:
    user = add_user("lea@example.org", "Lea", role=Role.COORDINATOR, password="a-long-password")
    TOTP.activate(user, generate_totp_secret())
    answer = client.post(reverse("account_login"), {"login": "lea@example.org", "password": "a-long-password"})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
@pytest.mark.usefixtures("required")
def test_volunteers_need_no_second_factor(client: Client) -> None:
    client.force_login(user_with(Role.VOLUNTEER))
    assert client.get(reverse("home")).status_code == 200


@pytest.mark.django_db
def test_where_it_is_off_staff_come_in_without(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = False
    client.force_login(user_with(Role.COORDINATOR))
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("is_on", "is_staff", "banner"), [(False, True, True), (False, False, False), (True, True, False), (True, False, False)]
)
def test_staff_are_told_that_it_is_off(settings: Settings, is_on: bool, is_staff: bool, banner: bool) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = is_on
    request = RequestFactory().get("/")
    request.user = UserFactory.build(is_staff=is_staff)
    assert second_factor(request) == {"second_factor_is_off": banner}


def test_strangers_are_told_nothing(settings: Settings, rf: RequestFactory) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = False
    request = rf.get("/")
    assert second_factor(request) == {"second_factor_is_off": False}
    request.user = AnonymousUser()
    assert second_factor(request) == {"second_factor_is_off": False}


@pytest.mark.parametrize(("is_on", "errors"), [(True, []), (False, ["speakout.E001"])])
def test_the_deploy_check_minds_a_second_factor_that_is_off(settings: Settings, is_on: bool, errors: list[str]) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = is_on
    found = run_checks(tags=["security"], include_deployment_checks=True)
    assert [message.id for message in found if (message.id or "").startswith("speakout.")] == errors
