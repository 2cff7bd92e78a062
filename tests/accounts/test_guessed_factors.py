"""Whoever has a password or a mailbox guesses at the second factor only so often, and shuts nobody out of their own devices."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user
from schools.accounts.forms import MOST_CODES
from schools.accounts.models import Role, User
from schools.messages.models import OutboxMessage
from tests.accounts.test_codes import is_in
from tests.accounts.test_devices import PASSWORD, known, opened_anew, types
from tests.accounts.test_second_factor import code_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECRET = generate_totp_secret()
TOO_MANY = "were tried today"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def asha() -> User:
    user = add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)
    TOTP.activate(user, SECRET)
    return user


def wrong() -> str:
    """Six digits that the app does not show now."""
    return next(code for code in ("000000", "111111", "222222") if code != code_for(SECRET))


def shows(browser: Client, code: str) -> Any:
    """The password, and this code after it."""
    assert types(browser)["Location"] == reverse("mfa_authenticate")
    return browser.post(reverse("mfa_authenticate"), {"code": code})


def a_day_of_guesses(clock: time_machine.Traveller, times: int) -> list[bool]:
    """Which of so many wrong codes were refused unseen, each in a browser of its own."""
    refused = []
    for _ in range(times):
        clock.shift(timedelta(seconds=90))  # slower than the limit for five minutes
        refused.append(TOO_MANY in shows(Client(REMOTE_ADDR="203.0.113.9"), wrong()).content.decode())
    return refused


def notices() -> list[tuple[str, str]]:
    return list(OutboxMessage.objects.order_by("pk").values_list("to", "subject"))


@pytest.mark.usefixtures("asha")
def test_after_a_days_wrong_codes_the_right_one_is_refused_and_the_owner_reads_of_it(clock: time_machine.Traveller) -> None:
    assert a_day_of_guesses(clock, MOST_CODES - 1) == [False] * (MOST_CODES - 1)
    assert notices() == []
    assert a_day_of_guesses(clock, 3) == [False, True, True]
    assert notices() == [("asha@example.org", f"Somebody tried {MOST_CODES} codes to sign in to Speakout as you")]
    body = OutboxMessage.objects.get().body
    assert "choose another password" in body
    assert "203.0.113.9" not in body
    browser = Client()
    page = shows(browser, code_for(SECRET)).content.decode()
    assert "on a device on which you signed in before" in page
    assert not is_in(browser)
    clock.shift(timedelta(days=1))
    shows(browser, code_for(SECRET))
    assert is_in(browser)


def test_a_known_device_is_let_in_whatever_codes_others_guessed(clock: time_machine.Traveller, asha: User) -> None:
    mine = known(asha)
    a_day_of_guesses(clock, MOST_CODES)
    shows(mine, code_for(SECRET))
    assert is_in(mine)


@pytest.mark.usefixtures("clock")
def test_five_quick_guesses_elsewhere_shut_out_no_known_device(asha: User) -> None:
    mine, new = known(asha), Client()
    for _ in range(6):
        shows(Client(REMOTE_ADDR="203.0.113.9"), wrong())
    shows(new, code_for(SECRET))
    assert not is_in(new)
    shows(mine, code_for(SECRET))
    assert is_in(mine)


def test_a_known_device_has_a_count_of_its_own_also_for_showing_the_factor_again(
    clock: time_machine.Traveller, asha: User
) -> None:
    mine = known(asha)
    for _ in range(MOST_CODES - 1):
        clock.shift(timedelta(seconds=90))
        assert TOO_MANY not in shows(opened_anew(mine), wrong()).content.decode()
    mine.force_login(asha)
    for is_refused in (False, True):
        page = mine.post(reverse("mfa_reauthenticate"), {"code": wrong()}).content.decode()
        assert (TOO_MANY in page) is is_refused
    new = Client()
    shows(new, code_for(SECRET))
    assert is_in(new), "what was tried on one device counts on no other"
