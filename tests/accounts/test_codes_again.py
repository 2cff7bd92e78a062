"""“Send me another code” counts as asking for one and gives no guesses more, and nobody learns from it who has a sign-in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.messages.models import OutboxMessage
from tests.accounts.test_codes import asks_for_a_code, code_sent, enters, is_in
from tests.accounts.test_devices import known, opened_anew
from tests.accounts.test_sign_in import same_for_everyone

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ADDRESSES = ("asha@example.org", "nobody@example.org")
REFUSED = "No other code was sent"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER)


def another(browser: Client) -> str:
    """Press “Send me another code”; the page that follows."""
    form = {"action": "resend"}
    return str(browser.post(reverse("account_confirm_login_code"), form, follow=True).content.decode())


def mails() -> int:
    return OutboxMessage.objects.filter(to="asha@example.org").count()


def test_an_address_gets_three_codes_a_minute_whatever_is_pressed(client: Client, clock: time_machine.Traveller) -> None:
    asks_for_a_code(client)
    assert [REFUSED in another(client) for _ in range(2)] == [False, False]
    assert "Too many" in asks_for_a_code(Client()).content.decode()
    assert mails() == 3
    clock.shift(timedelta(seconds=61))
    others = [Client(), Client()]
    for other in others:
        asks_for_a_code(other)
    assert [REFUSED in another(other) for other in others] == [False, True]
    assert mails() == 6
    enters(client, code_sent())
    assert not is_in(client), "a code lets in where it was asked for"


def test_an_address_gets_thirty_codes_a_day_whatever_is_pressed(clock: time_machine.Traveller) -> None:
    for _ in range(12):
        clock.shift(timedelta(seconds=61))
        browser = Client()
        asks_for_a_code(browser)
        for _ in range(2):
            another(browser)
    assert mails() == 30


def test_where_no_other_code_is_sent_the_last_one_still_lets_in(client: Client) -> None:
    asks_for_a_code(client)
    last = code_sent()
    for _ in range(2):
        asks_for_a_code(Client())
    assert REFUSED in another(client)
    enters(client, last)
    assert is_in(client)


def test_a_known_device_is_sent_another_one_whatever_others_asked_for(asha: User) -> None:
    mine = known(asha)
    for _ in range(3):
        asks_for_a_code(Client())
    asks_for_a_code(mine)
    assert [REFUSED in another(mine) for _ in range(2)] == [False, False]
    assert "Too many" in asks_for_a_code(opened_anew(mine)).content.decode(), "three of its own, whatever is pressed"
    enters(mine, code_sent())
    assert is_in(mine)


def test_it_reads_the_same_whether_or_not_the_address_signs_in() -> None:
    pages: list[list[Any]] = []
    for address in ADDRESSES:
        browser, other = Client(), Client()
        asks_for_a_code(browser, address)
        seen = [another(browser), asks_for_a_code(other, address).content.decode(), another(other), another(browser)]
        pages.append([same_for_everyone(page.encode(), *ADDRESSES) for page in seen])
        assert [REFUSED in page for page in seen] == [False, False, True, True]
    assert pages[0] == pages[1]
    assert OutboxMessage.objects.filter(to="nobody@example.org").count() == 2, "of which none is for another code"


def forgets_how_often_it_guessed(browser: Client) -> None:
    """As guesses that are sent at the same moment overwrite one another’s count in the session."""
    session = browser.session
    session[LOGIN_SESSION_KEY]["state"]["stages"]["login_by_code"]["data"]["failed_attempts"] = 0
    session.save()


def test_another_code_gives_no_guesses_more(client: Client) -> None:
    asks_for_a_code(client)
    for number in range(5):
        if number == 3:
            another(client)
        enters(client, "0000-0000" if code_sent() != "0000-0000" else "1111-1111")
        forgets_how_often_it_guessed(client)
    enters(client, code_sent())
    assert not is_in(client)
