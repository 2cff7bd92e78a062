"""What Notify reports: taken when it has the secret, once, in any order, late, and only of SMS of ours."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from schools.messages import kinds, sms_ports
from schools.messages.actions import deliver_due, erase_texts
from schools.messages.asking import write_due
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.sms import say_yes
from schools.messages.sms_reports import view_of
from schools.messages.states import State, state_of
from schools.messages.urls import sms_report_urls
from schools.models import User
from tests.factories import UserFactory
from tests.messages.notify_server import TOKEN, answered, receipt
from tests.messages.texted import ASHA, NOW, Texted, the_mail, the_sms

pytestmark = pytest.mark.django_db

REPORTED = datetime(2026, 11, 24, 9, 6, tzinfo=UTC)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[OutboxMessage]:
    settings.SPEAKOUT_SMS = "stub"
    monkeypatch.setattr(kinds, "_kinds", Texted().kinds())
    write_due(clock=lambda: NOW)
    deliver_due(clock=lambda: NOW)
    yield the_sms()
    sms_ports.taken.clear()


def post(body: object, *, token: str | None = f"Bearer {TOKEN}", at: datetime = REPORTED, method: str = "post") -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    headers: dict[str, Any] = {"HTTP_AUTHORIZATION": token} if token is not None else {}
    request = getattr(RequestFactory(), method)("/sms-events/", text, content_type="application/json", **headers)
    with time_machine.travel(at, tick=False):
        return view_of(TOKEN)(request)


def test_an_sms_that_arrived_is_known_to_have(sent: OutboxMessage) -> None:
    for _ in range(2):
        assert post(receipt(sent.message_id, "delivered")).status_code == 200
    sent.refresh_from_db()
    assert (sent.sent_at, sent.arrived_at) == (NOW, NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("status", "is_marked"), [("permanent-failure", True), ("temporary-failure", False), ("technical-failure", False)]
)
def test_one_that_failed_came_back_and_marks_the_number_where_that_is_at_fault(
    sent: OutboxMessage, status: str, *, is_marked: bool
) -> None:
    for _ in range(2):
        post(receipt(sent.message_id, status))
    sent.refresh_from_db()
    assert (sent.sent_at, sent.handed_over_at, sent.stopped_at, sent.left_at) == (None, None, REPORTED, REPORTED)
    assert state_of(sent, now=REPORTED) is State.CAME_BACK
    assert [row.address for row in SuppressedAddress.objects.filter(reason="number")] == ([ASHA] if is_marked else [])
    assert the_mail().sent_at == NOW, "the mail is none of its business"
    assert not OutboxMessage.objects.undecided().exists()


def test_one_that_failed_once_its_reader_was_erased_marks_nobody(sent: OutboxMessage) -> None:
    erase_texts(OutboxMessage.objects.filter(pk=the_mail().pk))
    assert post(receipt(sent.message_id, "permanent-failure")).status_code == 200
    sent.refresh_from_db()
    assert (sent.to, state_of(sent, now=REPORTED)) == ("", State.CAME_BACK)
    assert not SuppressedAddress.objects.exists(), "everybody without an address would have this one"


@pytest.mark.parametrize("order", list(permutations(["created", "temporary-failure", "delivered"])))
def test_what_arrived_has_arrived_in_whatever_order_that_is_reported(sent: OutboxMessage, order: tuple[str, ...]) -> None:
    for status in order:
        post(receipt(sent.message_id, status))
    sent.refresh_from_db()
    assert state_of(sent, now=REPORTED) is State.SENT
    assert sent.arrived_at is not None


def test_a_report_from_before_we_know_that_it_went_out_is_taken(sent: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=sent.pk).update(sent_at=None, next_try=NOW + timedelta(minutes=12))
    post(receipt(sent.message_id, "permanent-failure"))
    sent.refresh_from_db()
    assert state_of(sent, now=REPORTED) is State.CAME_BACK


def test_who_hears_that_it_arrived_does_not_send_it_again(sent: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=sent.pk).update(sent_at=None, next_try=NOW + timedelta(minutes=12))
    post(receipt(sent.message_id, "delivered"))
    assert deliver_due(clock=lambda: NOW + timedelta(minutes=13)) == (0, 0)


def test_a_report_tells_what_became_of_one_of_which_nobody_knew(sent: OutboxMessage) -> None:
    unsure = {"sent_at": None, "stopped_at": NOW, "left_at": NOW, "handed_over_at": NOW, "last_error": "no answer"}
    OutboxMessage.objects.filter(pk=sent.pk).update(**unsure)
    post(receipt(sent.message_id, "delivered"))
    sent.refresh_from_db()
    assert (state_of(sent, now=REPORTED), sent.last_error) == (State.SENT, "")


@pytest.mark.parametrize("token", [None, "", "Bearer ", "Bearer another-token-of-16", f"Basic {TOKEN}", TOKEN, "Bearer ünö"])
def test_what_does_not_have_the_secret_is_refused_and_changes_nothing(sent: OutboxMessage, token: str | None) -> None:
    with pytest.raises(SuspiciousOperation):
        post(receipt(sent.message_id, "permanent-failure"), token=token)
    sent.refresh_from_db()
    assert sent.stopped_at is None


@pytest.mark.parametrize("body", ["", "no json", "[]", '"text"', "\x00", "7"])
def test_what_is_no_report_is_refused(sent: OutboxMessage, body: str) -> None:
    with pytest.raises(SuspiciousOperation):
        post(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reference": None, "status": "permanent-failure"},
        {"reference": "", "status": "permanent-failure"},
        {"reference": "<of-somebody-else@example.org>", "status": "permanent-failure"},
        {"source_number": None, "message": "STOP"},
        {"source_number": "447400123456", "message": None},
        {"source_number": "447400123456", "message": "Stopping by? Yes"},
        {"source_number": ["x"], "message": {"a": 1}, "date_received": 7},
    ],
)
def test_what_is_about_nothing_of_ours_changes_nothing(sent: OutboxMessage, body: dict[str, Any]) -> None:
    assert post(body).status_code == 200
    sent.refresh_from_db()
    assert (sent.stopped_at, SuppressedAddress.objects.count()) == (None, 0)


@pytest.mark.parametrize("method", ["put", "delete", "options"])
def test_it_is_posted_alone(sent: OutboxMessage, method: str) -> None:
    assert post({}, method=method).status_code == 405
    assert view_of(TOKEN)(RequestFactory().get("/sms-events/")).status_code == 405


@pytest.mark.parametrize("words", ["STOP", "stop", " Stop. ", "Stop please", "UNSUBSCRIBE"])
def test_who_answers_stop_gets_no_more(sent: OutboxMessage, words: str) -> None:
    user: User = UserFactory()
    say_yes(user, ASHA, now=NOW)
    for _ in range(2):
        post(answered(words))
    user.refresh_from_db()
    assert (str(user.sms_number), user.sms_since) == ("", None)
    row = SuppressedAddress.objects.get()
    assert (row.address, row.reason, row.since) == (ASHA, "stop", NOW + timedelta(minutes=5))


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-13-45T00:00:00Z", "2026-11-24T09:05:00", "2027-01-01T00:00:00Z"])
def test_a_moment_that_cannot_be_is_now(sent: OutboxMessage, moment: str) -> None:
    post(answered("STOP", date_received=moment))
    assert SuppressedAddress.objects.get().since == REPORTED


def test_there_is_no_address_for_it_where_nobody_reports() -> None:
    assert sms_report_urls("none", TOKEN) == sms_report_urls("stub", TOKEN) == []
    assert [str(url.pattern) for url in sms_report_urls("notify", TOKEN)] == ["sms-events/"]
