"""A stranger who guesses for hours shuts nobody out of a device that they have used before; and pages are kept by nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user
from schools.accounts.adapter import MOST_TRIES
from schools.accounts.devices import COOKIE, MOST_PEOPLE, SALT
from schools.accounts.models import Role, User
from tests.accounts.test_codes import asks_for_a_code, code_sent, enters, is_in

pytestmark = pytest.mark.django_db
PASSWORD = "a-walk-along-the-beck"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Limits last for a minute, and a test may take as long."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)


def types(browser: Client, password: str = PASSWORD, email: str = "asha@example.org") -> Any:
    return browser.post(reverse("account_login"), {"login": email, "password": password}, headers={"x": "y"})


def known(user: User) -> Client:
    """A browser in which the user was signed in once, and signed out again."""
    browser = Client()
    browser.force_login(user)
    browser.get(reverse("me"))
    browser.post(reverse("account_logout"))
    assert not is_in(browser)
    return browser


def a_stranger_guesses() -> None:
    for _ in range(MOST_TRIES + 2):
        types(Client(REMOTE_ADDR="203.0.113.9"), "a-guess")
    for _ in range(5):
        asks_for_a_code(Client(REMOTE_ADDR="203.0.113.9"))


def opened_anew(browser: Client) -> Client:
    """The same device, in which no sign-in has begun."""
    anew = Client()
    anew.cookies[COOKIE] = browser.cookies[COOKIE].value
    return anew


def test_a_known_device_lets_in_by_password_whatever_strangers_guess(asha: User) -> None:
    mine, new = known(asha), Client()
    a_stranger_guesses()
    types(new)
    assert not is_in(new), "a device that nobody knows waits, as the stranger does"
    types(mine)
    assert is_in(mine)


def test_a_known_device_gets_its_code_whatever_strangers_ask_for(asha: User) -> None:
    mine, new = known(asha), Client()
    a_stranger_guesses()
    assert "Too many" in asks_for_a_code(new).content.decode()
    asks_for_a_code(mine)
    enters(mine, code_sent())
    assert is_in(mine)


def test_the_page_for_codes_knows_the_device_too(asha: User) -> None:
    mine, new = known(asha), Client()
    a_stranger_guesses()
    form = {"email": "Asha@example.org"}
    assert "Too many" in new.post(reverse("account_request_login_code"), form).content.decode()
    assert mine.post(reverse("account_request_login_code"), form).status_code == 302
    enters(mine, code_sent())
    assert is_in(mine)


def test_a_known_device_has_ten_tries_of_its_own(asha: User) -> None:
    mine = known(asha)
    answers = [types(mine, "a-guess").content.decode() for _ in range(MOST_TRIES + 1)]
    assert ["Too many" in answer for answer in answers] == [False] * MOST_TRIES + [True]
    types(mine)
    assert not is_in(mine)


def test_a_known_device_mails_only_so_many_codes_more(asha: User) -> None:
    mine = known(asha)
    answers = ["Too many" in asks_for_a_code(opened_anew(mine)).content.decode() for _ in range(8)]
    assert answers == [False] * 6 + [True] * 2, "three of the address, three of the device"


@pytest.mark.usefixtures("asha")
def test_a_device_is_known_for_those_alone_who_signed_in_on_it(asha: User) -> None:
    theirs = known(add_user("ben@example.org", "Ben", role=Role.VOLUNTEER))
    a_stranger_guesses()
    types(theirs)
    assert not is_in(theirs)


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "x:y:z", signing.dumps(["key", [1]], salt="another"), signing.dumps(7, salt=SALT)],
    ids=["blank", "no signature", "three parts", "another salt", "no device"],
)
def test_a_cookie_that_is_not_ours_is_none(asha: User, cookie: str) -> None:
    a_stranger_guesses()
    browser = Client()
    browser.cookies[COOKIE] = cookie
    types(browser)
    assert not is_in(browser)


@pytest.mark.parametrize(("days", "is_known"), [(399, True), (401, False)])
def test_a_cookie_of_long_ago_is_none(asha: User, clock: time_machine.Traveller, days: int, *, is_known: bool) -> None:
    mine = known(asha)
    clock.shift(timedelta(days=days))
    a_stranger_guesses()
    anew = opened_anew(mine)
    types(anew)
    assert is_in(anew) is is_known


def test_the_cookie_holds_ids_alone_and_no_script_reads_it(client: Client, asha: User) -> None:
    client.force_login(asha)
    cookie = client.get(reverse("me")).cookies[COOKIE]
    key, people = signing.loads(cookie.value, salt=SALT)
    assert (len(key), people) == (32, [asha.pk])
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 400 * 24 * 60 * 60)
    assert COOKIE not in client.get(reverse("me")).cookies, "it is set once"


def test_a_shared_computer_knows_the_last_few(client: Client) -> None:
    people = [add_user(f"v{number}@example.org", "V", role=Role.VOLUNTEER) for number in range(MOST_PEOPLE + 1)]
    for user in people:
        client.force_login(user)
        client.get(reverse("me"))
    _, kept = signing.loads(client.cookies[COOKIE].value, salt=SALT)
    assert kept == [user.pk for user in people[1:]]


def test_pages_are_kept_by_the_readers_own_browser_alone(client: Client, asha: User) -> None:
    for name in ("privacy", "account_login", "me", "home", "my-data-json"):
        for signed_in in (False, True):
            if signed_in:
                client.force_login(asha)
            kept = client.get(reverse(name)).headers["Cache-Control"]
            assert "private" in kept, (name, signed_in)
            assert "no-cache" in kept, (name, signed_in)
            client.logout()


def test_pages_of_the_office_and_of_secrets_are_kept_by_nobody(client: Client) -> None:
    client.force_login(add_user("lea@example.org", "Lea", role=Role.MANAGER))
    for path in (reverse("admin:index"), reverse("admin:running"), reverse("phone-token")):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
