"""Whoever signs in without a password, by a mailed code or a passkey, tells of a morning as everybody does; as installed, too."""

import re
from collections.abc import Generator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from schools.accounts.models import User
from schools.messages.actions import deliver_due
from schools.messages.models import OutboxMessage
from schools.visits.models import Session
from tests.e2e.charity import PASSWORD
from tests.e2e.passkeys import can_make_passkeys
from tests.e2e.phone import MARGARET, Phone, PhoneOpener, on_both_servers, pupils
from tests.mail_server import MailServer, mail_server

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def tells_of_the_morning(mine: Phone, session: Session) -> None:
    mine.reports(session, {"Year 5": "28"})
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert pupils()[0] == 28


@pytest.fixture
def post(settings: Any) -> Generator[MailServer]:
    """A mail server, to which this process delivers: the development server's mails at once, production's from its outbox."""
    with mail_server() as server:
        settings.MAILERS = server.mailers
        yield server


@on_both_servers
def test_a_mailed_code_lets_in_and_the_morning_is_told(phone: PhoneOpener, sessions: list[Session], post: MailServer) -> None:
    user = User.objects.get(email=MARGARET)
    user.set_unusable_password()
    user.save()
    mine = phone("margaret")
    mine.goes_to("/accounts/login/")
    mine.page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill(MARGARET)
    mine.page.get_by_role("button", name="E-mail me a code").click()
    expect(mine.page.get_by_role("heading", name="Enter the code")).to_be_visible()
    deliver_due(clock=timezone.now)
    [message] = post.taken
    assert f"To: {MARGARET}" in message
    code = re.search(r"\b\d{4}-\d{4}\b", message)
    assert code
    mine.page.get_by_label("Code").fill(code[0])
    mine.page.get_by_role("main").get_by_role("button").first.click()
    expect(mine.page.get_by_role("heading", name="Hello Margaret")).to_be_visible()
    tells_of_the_morning(mine, sessions[0])
    # The text of the mail lets somebody in, so it is not kept once it was sent.
    assert code[0] not in OutboxMessage.objects.get().body


@on_both_servers
def test_a_passkey_lets_in_without_a_password_and_the_morning_is_told(
    phone: PhoneOpener, sessions: list[Session], settings: Any
) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # of the development server, which has no certificate
    mine = phone("margaret")
    # Browsers take passkeys on a name alone, not on an address in numbers.
    mine.address = mine.address.replace("127.0.0.1", "localhost")
    can_make_passkeys(mine.page)
    mine.signs_in(MARGARET)
    mine.goes_to("/accounts/2fa/webauthn/add/")
    if "/reauthenticate" in mine.page.url:
        mine.page.get_by_label("Password").fill(PASSWORD)
        mine.page.get_by_role("main").get_by_role("button").first.click()
    mine.page.get_by_label("What do you call this device?").fill("My old phone")
    mine.page.get_by_role("button", name="Add a passkey on this device").click()
    mine.page.wait_for_url(lambda url: "/add/" not in url)
    mine.goes_to("/accounts/logout/")
    mine.page.get_by_role("main").get_by_role("button", name="Sign out").click()
    mine.page.wait_for_url("**/accounts/login/")
    mine.page.get_by_role("button", name="Use a passkey").click()
    expect(mine.page.get_by_role("heading", name="Hello Margaret")).to_be_visible()
    tells_of_the_morning(mine, sessions[0])
