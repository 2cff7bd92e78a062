"""Anybody can type any address into the pages of signing in: mails to strangers are few, hold up nobody, and respect a no."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user
from schools.accounts.models import Role
from schools.messages import adapter
from schools.messages.actions import deliver
from schools.messages.line import in_line, priority_of
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.suppression import forget, mark
from tests.accounts.test_sign_in import mailed_to, same_for_everyone

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
OF_STRANGERS = 4
"""Less than in life, so that it is quick."""
KNOWN = "asha@example.org"
ADDRESSES = ("Sam@example.net", "sam@example.net", "other@example.net")
PAGES = ("account_request_login_code", "account_reset_password")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    add_user(KNOWN, "Asha Rahman", role=Role.VOLUNTEER)
    monkeypatch.setattr(adapter, "OF_STRANGERS", OF_STRANGERS)
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def asks(address: str, page: str = PAGES[0], network: str = "192.0.2.1") -> Any:
    return Client(REMOTE_ADDR=network).post(reverse(page), {"email": address}, follow=True)


def strangers(number: int) -> list[str]:
    return [f"{each}@example.net" for each in range(number)]


@pytest.mark.parametrize("page", PAGES)
def test_mails_to_strangers_are_bounded_over_all_networks_and_the_page_reads_the_same(page: str) -> None:
    addresses = strangers(OF_STRANGERS + 2)
    pages = [asks(address, page, f"192.0.2.{number}") for number, address in enumerate(addresses)]
    assert mailed_to() == addresses[:OF_STRANGERS]
    assert {(answer.status_code, same_for_everyone(answer.content, *addresses)) for answer in pages} == {
        (200, same_for_everyone(pages[0].content, *addresses))
    }


def test_who_signs_in_gets_code_and_link_although_strangers_have_used_up_the_mails() -> None:
    for address in strangers(OF_STRANGERS + 1):
        asks(address)
    for page in PAGES:
        asks(KNOWN, page)
    assert mailed_to()[OF_STRANGERS:] == [KNOWN] * 2


def test_an_hour_later_strangers_are_written_to_again(clock: time_machine.Traveller) -> None:
    for address in strangers(OF_STRANGERS):
        asks(address)
    clock.shift(timedelta(minutes=61))
    asks("later@example.net")
    assert mailed_to()[-1] == "later@example.net"


def test_one_strangers_address_gets_three_mails_a_day_and_leaves_the_others_theirs(clock: time_machine.Traveller) -> None:
    for minute in range(5):
        asks("Sam@example.net" if minute % 2 else "sam@example.net", PAGES[minute % 2])
        clock.shift(timedelta(minutes=2))
    asks("other@example.net")
    assert [address.lower() for address in mailed_to()] == ["sam@example.net"] * adapter.OF_STRANGER + ["other@example.net"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_erased", [False, True])
def test_who_wants_no_mail_and_has_no_sign_in_gets_none_and_nothing_is_kept_of_them(page: str, *, is_erased: bool) -> None:
    mark("sam@example.net", SuppressedAddress.Reason.OBJECTION, "", at=NOW)
    if is_erased:
        forget("sam@example.net")
    marked = [asks("Sam@example.net", page), asks("other@example.net", page)]
    assert mailed_to() == ["other@example.net"]
    assert len({same_for_everyone(answer.content, *ADDRESSES) for answer in marked}) == 1
    assert SuppressedAddress.objects.filter(address="sam@example.net").exists() is not is_erased


def test_a_stranger_who_objects_while_the_mail_waits_gets_none_and_it_is_no_line_on_home() -> None:
    asks("sam@example.net")
    mark("sam@example.net", SuppressedAddress.Reason.OBJECTION, "", at=NOW)
    message = OutboxMessage.objects.get()
    assert not deliver(message.pk, clock=lambda: NOW)
    message.refresh_from_db()
    assert message.stopped_at == NOW
    assert not OutboxMessage.objects.to_look_at().exists()


def test_mail_to_a_stranger_waits_in_line_and_a_code_does_not() -> None:
    hello = OutboxMessage.objects.create(key="hello:1", to="bea@example.org", created_at=NOW - timedelta(minutes=1))
    asks("sam@example.net")
    asks(KNOWN)
    code, stranger = (OutboxMessage.objects.get(to=address) for address in (KNOWN, "sam@example.net"))
    assert list(in_line(OutboxMessage.objects.all())) == [code, hello, stranger]
    assert priority_of(stranger) == priority_of(hello) < priority_of(code)
    assert stranger.expires_at == code.expires_at


@pytest.mark.parametrize(("minutes", "mails"), [(1, 3), (20, 30)])
def test_an_address_gets_three_links_a_minute_and_thirty_a_day(clock: time_machine.Traveller, minutes: int, mails: int) -> None:
    for _ in range(minutes):
        for _ in range(4):
            asks(KNOWN, PAGES[1])
        if OutboxMessage.objects.count() == mails:
            break
        clock.shift(timedelta(seconds=61))
    clock.shift(timedelta(seconds=61) if mails == 30 else timedelta(0))
    assert asks(KNOWN, PAGES[1]).status_code == 429
    assert mailed_to() == [KNOWN] * mails
