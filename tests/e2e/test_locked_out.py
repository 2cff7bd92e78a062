"""A coordinator without phone and recovery codes is back in by two people: one asks, one agrees, and the wait passes."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from schools import models
from schools.accounts.models import Role
from tests.e2e.charity import may_sign_in
from tests.e2e.conftest import DESK, NOW, PHONE, Opener, Visitor
from tests.factories import user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def link_in_mail(to: str, purpose: str) -> str:
    """The path of the link in the newest such mail to the address."""
    bodies = models.OutboxMessage.objects.filter(to=to).order_by("pk").values_list("body", flat=True)
    return [match[0] for body in bodies for match in re.finditer(rf"/way-back/{purpose}\.\S+", body)][-1]


def asks(mona: Visitor) -> None:
    """Find Ravi, say what he lost and by which two steps he was known."""
    mona.signs_in("mona@example.org")
    mona.goes_to("/admin/locked-out/?q=Carruthers")
    mona.looks_at_each_width("who")
    mona.page.get_by_role("link", name="Ravi Carruthers").click()
    mona.page.get_by_label("What they lost").select_option("second-factor")
    mona.page.get_by_label("Why").select_option("phone-lost")
    mona.page.get_by_label("First step by which you knew them").select_option("call")
    mona.page.get_by_label("Second step").select_option("in_person")
    mona.looks_at_each_width("asking")
    mona.page.get_by_role("button", name="Ask to let them in").click()
    expect(mona.page.get_by_text("You asked for it.")).to_be_visible()
    mona.looks_at_each_width("asked")
    mona.goes_to("/admin/trustees/")
    mona.looks_at_each_width("trustees")


def agrees(bea: Visitor) -> None:
    """From home to the request, and agree."""
    bea.signs_in("bea@example.org")
    bea.page.get_by_role("link", name=re.compile("locked out and about to be let in")).click()
    bea.page.get_by_role("main").get_by_role("link", name="Ravi Carruthers").click()
    bea.page.get_by_role("button", name="Agree: it is them").click()
    expect(bea.page.get_by_text("You agreed.")).to_be_visible()
    bea.looks_at_each_width("agreed")


def comes_in(ravi: Visitor, link: str) -> None:
    """Press the link's button, and set up an app on the new phone."""
    ravi.goes_to(link)
    ravi.looks("welcome")
    page = ravi.page
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/2fa/totp/activate/")
    page.get_by_text("The app can’t scan it").click()
    secret = page.locator("#authenticator_secret").input_value()
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    page.get_by_label("The code that the app shows").fill(str(code))
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/recovery-codes/")
    page.get_by_role("link", name="Go on to the office").click()
    page.wait_for_url("**/admin/")
    ravi.goes_to("/me/way-back/")
    expect(page.get_by_role("heading", name="It took effect")).to_be_visible()
    ravi.looks("mine")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_a_coordinator_without_phone_and_codes_is_back_in_by_two_people(
    visitor: Opener, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The texts of mails are read from the outbox, where those that let in do not stay once they were sent.
    monkeypatch.setattr("schools.messages.actions.nudge", lambda *_: None)
    user = models.User.objects.get(email="coordinator@example.org")
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    for name in ("Mona Fell", "Bea Tarn"):
        may_sign_in(user_with(Role.MANAGER, email=f"{name.split()[0].lower()}@example.org", name=name))
    ravi = visitor("ravi", size=PHONE)
    ravi.signs_in(user.email)
    expect(ravi.page).to_have_url(re.compile("/accounts/2fa/authenticate/"))

    asks(visitor("mona", size=DESK))
    agrees(visitor("bea", size=DESK))
    ravi.goes_to(link_in_mail(user.email, "stop"))
    expect(ravi.page.get_by_role("heading", name="Did you ask for this?")).to_be_visible()
    ravi.looks("stop")

    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    with time_machine.travel(NOW + timedelta(hours=49), tick=True):
        ravi.goes_to("/accounts/login/")  # no clock runs in this test: the page lets it take effect
        comes_in(ravi, link_in_mail(user.email, "enter"))
    assert list(models.RecoveryStep.objects.values_list("kind", flat=True)) == ["asked", "agreed", "done", "came-in"]
