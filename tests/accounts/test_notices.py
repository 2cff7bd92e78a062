"""Whoever has a password or a second factor reads by mail that it was changed, and never from where."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.charity.models import Charity
from schools.messages.actions import deliver
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.suppression import mark
from tests.accounts.test_second_factor import code_for
from tests.accounts.test_sign_in import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "a-walk-along-the-beck"
BROWSER = "Mozilla/5.0 (Android 8; Mobile) Chrome/90"
OF_SECOND_FACTOR = sorted(
    f"mfa/email/{path.name.removesuffix('_message.txt')}"
    for path in (Path(allauth.__file__).parent / "templates" / "mfa" / "email").glob("*_message.txt")
)
PREFIXES = ["account/email/password_changed", "account/email/password_reset", *OF_SECOND_FACTOR]


@pytest.fixture
def asha() -> User:
    Charity.objects.update(name="Kind Words")
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)


@pytest.fixture
def signed_in(asha: User) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT=BROWSER)
    client.post(reverse("account_login"), {"login": asha.email, "password": PASSWORD})
    return client


def notices() -> list[tuple[str, str]]:
    """Whom notices went to, and their subjects."""
    return list(OutboxMessage.objects.filter(expires_at=None).order_by("pk").values_list("to", "subject"))


def test_who_changes_the_password_is_written_to(signed_in: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert signed_in.post(reverse("account_change_password"), form).status_code == 302
    assert notices() == [("asha@example.org", "Your password for Kind Words was changed")]


def test_who_chooses_a_password_by_a_link_is_written_to(client: Client, asha: User) -> None:
    client.post(reverse("account_reset_password"), {"email": asha.email})
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", OutboxMessage.objects.get().body)
    assert link
    form = client.get(link[1], follow=True)
    assert notices() == []
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert notices() == [("asha@example.org", "Your password for Kind Words was changed")]


def test_a_second_factor_that_comes_or_goes_and_new_recovery_codes_are_written_of(
    signed_in: Client, asha: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    def press(name: str, *args: int, **data: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert signed_in.post(reverse(name, args=args), data).status_code == 302

    signed_in.get(reverse("mfa_activate_totp"))
    press("mfa_activate_totp", code=code_for(signed_in.session["mfa.totp.secret"]))
    press("mfa_generate_recovery_codes")
    press("mfa_deactivate_totp")
    key = Authenticator.objects.create(user=asha, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}})
    press("mfa_remove_webauthn", key.pk)
    assert [subject for _, subject in notices()] == [
        "An authenticator app was added to your sign-in to Kind Words",
        "New recovery codes for your sign-in to Kind Words",
        "An authenticator app was removed from your sign-in to Kind Words",
        "A passkey was removed from your sign-in to Kind Words",
    ]


def noticed(prefix: str, user: User, **context_of_it: Any) -> OutboxMessage:
    """The notice, as allauth asks for it in a request."""
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT=BROWSER)
    with context.request_context(request):
        get_adapter().send_notification_mail(prefix, user, context_of_it or None)
    return OutboxMessage.objects.latest("pk")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_notice_has_our_words_and_names_neither_network_nor_browser(asha: User, prefix: str) -> None:
    message = noticed(prefix, asha)
    assert "Kind Words" in message.subject
    assert "If that was not you, phone a manager at once" in message.body
    for strange in ("203.0.113.9", "Chrome", "IP address", "Hello from", "Thank you for using", "Two-Factor", "{{", "{%"):
        assert strange not in message.subject + message.body
    for part in ("subject", "message"):
        assert (Path(settings.BASE_DIR) / "templates" / f"{prefix}_{part}.txt").exists(), "these words are the library's"


def test_a_notice_that_we_have_no_words_for_names_neither_network_nor_browser_too(asha: User) -> None:
    body = noticed("account/email/email_changed", asha, from_email="a@example.org", to_email="b@example.org").body
    assert "b@example.org" in body
    assert "203.0.113.9" not in body
    assert "Chrome" not in body


def test_a_notice_reaches_even_a_marked_address_and_stays_readable(asha: User) -> None:
    mark(asha.email, SuppressedAddress.Reason.COMPLAINT, "", at=timezone.now())
    message = noticed(PREFIXES[0], asha)
    assert deliver(message.pk, clock=timezone.now)
    assert [each.to for each in mail.outbox] == [["asha@example.org"]]
    message.refresh_from_db()
    assert "Your password was changed." in message.body


def test_who_has_no_address_in_the_table_of_the_library_is_written_to_as_well(asha: User) -> None:
    EmailAddress.objects.filter(user=asha).delete()
    TOTP.activate(asha, generate_totp_secret())
    assert noticed("mfa/email/totp_activated", asha).to == "asha@example.org"
