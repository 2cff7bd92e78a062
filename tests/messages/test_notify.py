"""By GOV.UK Notify an SMS leaves once; whatever it answers has the meaning that a mail server's answer has."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from schools.messages import kinds, notify
from schools.messages.actions import FIRST_PAUSE, NO_ENTRY_PAUSE, deliver, deliver_due
from schools.messages.asking import write_due
from schools.messages.models import SuppressedAddress
from schools.messages.pace import PAUSE
from schools.messages.states import State, state_of
from tests.messages.notify_server import CUT, SLOW, TEMPLATE, Answer, NotifyServer, errors, notify_server
from tests.messages.texted import ASHA, NOW, Texted, the_mail, the_sms

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifyServer]:
    with notify_server(settings) as running:
        monkeypatch.setattr(kinds, "_kinds", Texted().kinds())
        write_due(clock=lambda: NOW)
        yield running


def test_an_sms_goes_once_with_its_reference_and_our_words_alone(server: NotifyServer, settings: Settings) -> None:
    settings.SPEAKOUT_SMS_SENDER = "8e222534-7f05-4972-86e3-17c5d9f894e2"
    assert deliver_due(clock=lambda: NOW)[0] == 2
    sms = the_sms()
    assert server.taken == [
        {
            "phone_number": ASHA, "template_id": TEMPLATE, "personalisation": {"text": "News fact:0:1"},
            "reference": sms.message_id, "sms_sender_id": "8e222534-7f05-4972-86e3-17c5d9f894e2",
        }
    ]  # fmt: skip
    assert (sms.sent_at, sms.last_error) == (NOW, "")
    assert deliver_due(clock=lambda: NOW + timedelta(hours=1))[0] == 0


def tried(server: NotifyServer, answer: Answer) -> Any:
    server.plan = lambda _: answer
    assert deliver_due(clock=lambda: NOW)[0] == 1, "the mail goes all the same"
    assert the_mail().sent_at == NOW
    return the_sms()


@pytest.mark.parametrize(
    "answer",
    [
        errors(400, "ValidationError", "phone_number Number is not a real phone number"),
        errors(400, "InvalidPhoneError", "Not a UK mobile phone number"),
    ],
)
def test_a_number_that_notify_refuses_is_marked_and_nobody_has_to_decide(server: NotifyServer, answer: Answer) -> None:
    sms = tried(server, answer)
    assert sms.stopped_by == SuppressedAddress.objects.get(address=ASHA, reason="number")
    assert (sms.stopped_at, sms.left_at) == (NOW, NOW)
    assert sms.last_error.startswith("Notify refused the number: 400 ")


@pytest.mark.parametrize(
    "answer",
    [
        errors(400, "BadRequestError", "Missing personalisation: name"),
        errors(400, "BadRequestError", "Can’t send to this recipient using a team-only API key"),
        errors(400, "BadRequestError", "Cannot send to international phone numbers"),
        errors(404, "NoResultFound", "No result found"),
    ],
)
def test_an_sms_that_notify_refuses_stops_and_marks_nobody(server: NotifyServer, answer: Answer) -> None:
    sms = tried(server, answer)
    assert (sms.stopped_at, sms.left_at, sms.stopped_by) == (NOW, NOW, None)
    assert sms.last_error.startswith("Notify refused the SMS: ")
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        errors(403, "AuthError", "Invalid token: API key not found"),
        errors(401, "AuthError", "Unauthorized"),
        errors(500, "Exception", "Internal server error"),
        (503, "<html>busy</html>"),
    ],
)
def test_where_notify_lets_us_not_in_or_is_out_of_order_it_is_tried_again_soon(server: NotifyServer, answer: Answer) -> None:
    sms = tried(server, answer)
    assert (sms.stopped_at, sms.attempts, sms.next_try, sms.handed_over_at) == (None, 0, NOW + NO_ENTRY_PAUSE, None)
    server.plan = lambda _: errors(500, "Exception", "still")
    assert deliver_due(clock=lambda: NOW + NO_ENTRY_PAUSE) == (0, 1)


@pytest.mark.parametrize("error", ["RateLimitError", "TooManyRequestsError"])
def test_where_notify_asks_to_wait_no_sms_goes_for_a_minute_and_mail_goes_on(server: NotifyServer, error: str) -> None:
    sms = tried(server, errors(429, error, "Exceeded rate limit"))
    assert (sms.stopped_at, sms.next_try) == (None, NOW + FIRST_PAUSE)
    server.plan = notify_taken
    assert not deliver(sms.pk, clock=lambda: NOW + PAUSE / 2)
    assert deliver(sms.pk, clock=lambda: NOW + PAUSE + timedelta(seconds=1))


def notify_taken(body: dict[str, Any]) -> Answer:
    return 201, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": body["reference"]}


@pytest.mark.parametrize("answer", [CUT, SLOW, (201, "no json")])
def test_where_no_answer_comes_after_the_text_nobody_knows_and_it_is_not_sent_again(
    server: NotifyServer, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "ANSWER_WITHIN", 0.3)
    sms = tried(server, answer)
    assert state_of(sms, now=NOW) is State.UNSURE
    assert (sms.stopped_at, sms.left_at, sms.handed_over_at) == (NOW, NOW, NOW)
    assert deliver_due(clock=lambda: NOW + timedelta(days=1)) == (0, 0)
    assert len(server.taken) == 1


def test_where_notify_is_not_there_it_is_tried_again_soon(server: NotifyServer, settings: Settings) -> None:
    settings.NOTIFY_SERVER = "http://127.0.0.1:9"
    sms = tried(server, CUT)
    assert (sms.stopped_at, sms.next_try) == (None, NOW + NO_ENTRY_PAUSE)
    assert "Notify was not reached" in sms.last_error
    assert server.taken == []
