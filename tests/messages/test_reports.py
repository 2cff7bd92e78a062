"""What a provider reports: taken when it is signed, once, in any order, late, and only of messages and addresses of ours."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from schools.core.errors import RuleBroken
from schools.messages import actions, kinds
from schools.messages.actions import GONE, deliver, send_again, try_address_again
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.reports import view_of
from schools.messages.urls import report_urls, urlpatterns
from schools.models import Invitation
from tests.factories import VolunteerFactory, manager
from tests.messages.suppressed import People, write_and_send

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-the-provider"
SENT = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
SOON = SENT + timedelta(minutes=2)
LATER = SENT + timedelta(hours=3)

Reason = SuppressedAddress.Reason


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    known = People()
    monkeypatch.setattr(kinds, "_kinds", known.kinds())
    return known


@pytest.fixture
def sent(people: People) -> OutboxMessage:
    assert write_and_send(SENT) == 1
    return OutboxMessage.objects.get()


def basic(secret: str = SECRET) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(f'speakout:{secret}'.encode()).decode()}"}


def post(provider: str, body: object, *, at: datetime, **headers: Any) -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    request = RequestFactory().post(f"/mail-events/{provider}/", text, content_type="application/json", **headers)
    with time_machine.travel(at, tick=False):
        return view_of(provider, SECRET)(request)


def postmark(message_id: str, *, happened: datetime = SOON, kind: str = "HardBounce", **others: Any) -> dict[str, Any]:
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce", "Type": kind, "Email": "Asha@Example.org",
        "BouncedAt": happened.isoformat(), "Details": "550 5.1.1 no such person; ask bob@example.org",
        "Metadata": {"message": message_id}, "MessageID": "of-postmark", "ID": 4711, **others,
    }  # fmt: skip


def brevo(message_id: str, *, kind: str = "hard_bounce") -> dict[str, Any]:
    return {
        "event": kind, "email": "asha@example.org", "ts_epoch": int(SOON.timestamp() * 1000), "reason": "550 no such person",
        "X-Mailin-custom": json.dumps({"message": message_id}), "message-id": "<of-brevo>",
    }  # fmt: skip


def mailgun(message_id: str, *, key: str = SECRET, severity: str = "permanent") -> dict[str, Any]:
    timestamp, token = str(int(SOON.timestamp())), "t" * 50
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "event": "failed", "severity": severity, "reason": "bounce", "timestamp": SOON.timestamp(),
            "recipient": "asha@example.org", "user-variables": {"message": message_id},
            "delivery-status": {"message": "550 no such person", "description": ""},
        },
    }  # fmt: skip


def with_answer(provider: str, message_id: str, answer: str) -> dict[str, Any]:
    """A report that a mail came back, with what the reader’s mail server answered."""
    body = BODIES[provider](message_id)
    if provider == "mailgun":
        body["event-data"]["delivery-status"]["message"] = answer
    return {**body, "Details": answer, "reason": answer} if provider != "mailgun" else body


BODIES: dict[str, Callable[[str], dict[str, Any]]] = {"postmark": postmark, "brevo": brevo, "mailgun": mailgun}


def bounce(message: OutboxMessage, *, at: datetime = SOON, **others: Any) -> None:
    assert post("postmark", postmark(message.message_id, **others), at=at, **basic()).status_code == 200


@pytest.mark.parametrize("provider", ["postmark", "brevo", "mailgun"])
def test_a_bounce_marks_the_address_and_whoever_should_have_read_it_counts_as_not_told(
    sent: OutboxMessage, provider: str
) -> None:
    body = BODIES[provider](sent.message_id)
    assert post(provider, body, at=SOON, **basic()).status_code == 200
    row = SuppressedAddress.objects.get()
    assert (row.address, row.reason, row.since) == ("asha@example.org", Reason.BOUNCE, SOON)
    assert "bob@" not in row.words
    sent.refresh_from_db()
    assert (sent.sent_at, sent.handed_over_at, sent.stopped_at, sent.stopped_by) == (None, None, SOON, row)
    assert sent.last_error.startswith("It came back: 550")


@pytest.mark.parametrize(
    ("provider", "headers", "key"),
    [
        ("postmark", {}, SECRET),
        ("postmark", basic("another-secret-of-16"), SECRET),
        ("brevo", {}, SECRET),
        ("brevo", {"HTTP_AUTHORIZATION": "Basic nonsense"}, SECRET),
        ("mailgun", basic(), "another-key"),
    ],
)
def test_what_is_not_signed_is_refused_and_changes_nothing(
    sent: OutboxMessage, provider: str, headers: dict[str, str], key: str
) -> None:
    body = mailgun(sent.message_id, key=key) if provider == "mailgun" else postmark(sent.message_id)
    with pytest.raises(SuspiciousOperation):
        post(provider, body, at=SOON, **headers)
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize("body", [{"event-data": {"event": "failed"}}, "{}", "no json", "[]"])
def test_a_report_of_mailgun_without_signature_is_refused(sent: OutboxMessage, body: object) -> None:
    with pytest.raises(SuspiciousOperation):
        post("mailgun", body, at=SOON)
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"event": 7, "items": []}', '"text"', "\x00"])
@pytest.mark.parametrize("provider", ["postmark", "brevo"])
def test_what_is_signed_and_no_report_is_refused_or_changes_nothing(sent: OutboxMessage, provider: str, body: str) -> None:
    with suppress(SuspiciousOperation):
        assert post(provider, body, at=SOON, **basic()).status_code == 200
    assert not SuppressedAddress.objects.exists()


def test_the_site_answers_without_sign_in_and_refuses_with_400(sent: OutboxMessage, settings: Settings, client: Client) -> None:
    settings.ROOT_URLCONF = "tests.messages.report_site"
    body = json.dumps(postmark(sent.message_id))
    answers = [
        client.post("/mail-events/postmark/", body, content_type="application/json", **headers).status_code
        for headers in (basic(""), basic("another-secret-of-16"), basic())
    ]
    assert answers == [400, 400, 200]
    assert client.get("/mail-events/postmark/", **basic()).status_code == 405
    assert SuppressedAddress.objects.count() == 1


def test_there_is_an_address_for_reports_only_where_a_provider_is_set() -> None:
    assert urlpatterns == report_urls("", "") == []
    (pattern,) = report_urls("brevo", SECRET)
    assert str(pattern.pattern) == "mail-events/brevo/"


def test_the_same_report_twice_changes_nothing_more(sent: OutboxMessage) -> None:
    bounce(sent)
    before = OutboxMessage.objects.values().get(), SuppressedAddress.objects.values().get()
    bounce(sent, at=LATER)
    assert before == (OutboxMessage.objects.values().get(), SuppressedAddress.objects.values().get())


def test_a_report_that_comes_again_after_the_address_was_lifted_is_old_news(sent: OutboxMessage) -> None:
    bounce(sent)
    try_address_again(SuppressedAddress.objects.get().pk, why="It was full.", by=manager(), now=LATER)
    assert write_and_send(LATER) == 1
    bounce(sent, at=LATER + timedelta(hours=1))
    sent.refresh_from_db()
    assert sent.sent_at == LATER
    assert not SuppressedAddress.objects.active().exists()


def test_one_that_comes_back_after_the_address_was_lifted_marks_it_anew(sent: OutboxMessage) -> None:
    bounce(sent)
    try_address_again(SuppressedAddress.objects.get().pk, why="It was full.", by=manager(), now=LATER)
    write_and_send(LATER)
    sent.refresh_from_db()
    # The provider’s clock is an hour behind.
    bounce(sent, at=LATER + timedelta(minutes=1), happened=LATER - timedelta(hours=1))
    sent.refresh_from_db()
    assert sent.sent_at is None
    assert sent.stopped_by == SuppressedAddress.objects.active().get()


def test_what_came_back_before_the_address_was_lifted_and_is_reported_after_it_is_tried_again(people: People) -> None:
    write_and_send(SENT)
    first = OutboxMessage.objects.get()
    people.facts = [2]
    write_and_send(SENT)
    second = OutboxMessage.objects.exclude(pk=first.pk).get()
    bounce(first)
    try_address_again(SuppressedAddress.objects.get().pk, why="It was full.", by=manager(), now=LATER)
    bounce(second, at=LATER + timedelta(minutes=1))
    second.refresh_from_db()
    assert (second.sent_at, second.stopped_at, second.message_id) == (None, None, "")
    assert not SuppressedAddress.objects.active().exists()
    assert write_and_send(LATER + timedelta(minutes=2)) == 1


def test_a_report_that_overtakes_the_sender_is_not_overwritten(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(message: OutboxMessage, *, before_text: Any) -> str:
        before_text()
        bounce(message)
        return ""

    monkeypatch.setattr(actions, "send", send)
    write_and_send(SENT)
    message = OutboxMessage.objects.get()
    assert (message.sent_at, message.stopped_by) == (None, SuppressedAddress.objects.get())


def test_a_complaint_stops_what_comes_and_not_what_was_read(people: People) -> None:
    write_and_send(SENT)
    message = OutboxMessage.objects.get()
    bounce(message, kind="SpamComplaint")
    message.refresh_from_db()
    assert (message.sent_at, message.stopped_at) == (SENT, None)
    assert SuppressedAddress.objects.get().reason == Reason.COMPLAINT
    people.facts = [2]
    assert write_and_send(LATER) == 0


@pytest.mark.parametrize(("provider", "body"), [("postmark", "SoftBounce"), ("brevo", "soft_bounce")])
def test_a_full_mailbox_brings_the_message_back_and_marks_nobody(sent: OutboxMessage, provider: str, body: str) -> None:
    made = postmark(sent.message_id, kind=body) if provider == "postmark" else brevo(sent.message_id, kind=body)
    post(provider, made, at=SOON, **basic())
    sent.refresh_from_db()
    assert (sent.sent_at, sent.stopped_at, sent.stopped_by) == (None, SOON, None)
    assert OutboxMessage.objects.to_look_at().get() == sent
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        "552 5.2.2 The account that you tried to reach is over quota",
        "550 5.7.1 Unauthenticated mail is not accepted due to the domain's policy",
        "550 5.7.26 This mail does not pass authentication checks",
        "550 Message rejected because of DMARC",
        "550 Mailbox full",
    ],
)
@pytest.mark.parametrize("provider", ["postmark", "brevo", "mailgun"])
def test_an_answer_that_is_about_us_or_a_full_mailbox_brings_the_message_back_and_marks_nobody(
    sent: OutboxMessage, provider: str, answer: str
) -> None:
    post(provider, with_answer(provider, sent.message_id, answer), at=SOON, **basic())
    sent.refresh_from_db()
    assert (sent.sent_at, sent.stopped_at, sent.stopped_by) == (None, SOON, None)
    assert not SuppressedAddress.objects.exists()


def test_the_verdict_of_a_filter_is_no_complaint_of_a_reader(sent: OutboxMessage) -> None:
    bounce(sent, kind="SpamNotification", Details="The message was judged to be spam")
    sent.refresh_from_db()
    assert (sent.sent_at, sent.stopped_at, sent.stopped_by) == (None, SOON, None)
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize("kind", ["Transient", "AutoResponder", "DnsError", "Unsubscribe"])
def test_what_is_neither_a_bounce_nor_a_complaint_is_left_alone(sent: OutboxMessage, kind: str) -> None:
    bounce(sent, kind=kind)
    sent.refresh_from_db()
    assert sent.sent_at == SENT
    assert not SuppressedAddress.objects.exists()


def test_a_failure_for_now_at_mailgun_is_left_alone(sent: OutboxMessage) -> None:
    post("mailgun", mailgun(sent.message_id, severity="temporary"), at=SOON)
    assert not SuppressedAddress.objects.exists()


def test_of_an_address_that_is_not_ours_nothing_is_kept(sent: OutboxMessage) -> None:
    bounce(sent, Email="stranger@example.net")
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize("metadata", [{}, {"message": "<unknown@example.org>"}, {"message": ""}, None])
def test_a_message_that_we_do_not_know_marks_the_address_alone(sent: OutboxMessage, metadata: Any) -> None:
    bounce(sent, Metadata=metadata or {})
    sent.refresh_from_db()
    assert sent.sent_at == SENT
    assert SuppressedAddress.objects.get().address == "asha@example.org"


def test_a_code_that_came_back_stays_sent_and_an_invitation_is_written_anew(people: People) -> None:
    to, until = "asha@example.org", {"expires_at": LATER}
    invited = Invitation.objects.create(volunteer=VolunteerFactory(email=to), email=to, token_hash="x", sent_at=SENT, **until)
    put = {"to": to, "subject": "Hello", "body": "Code", **until}
    code, invitation = (OutboxMessage.objects.create(key=key, **put) for key in ("sign-in:1", f"invitation:{invited.pk}"))
    assert [deliver(message.pk, clock=lambda: SENT) for message in (code, invitation)] == [True, True]
    for message in (code, invitation):
        message.refresh_from_db()
        bounce(message)
    code.refresh_from_db()
    assert code.sent_at == SENT
    assert OutboxMessage.objects.to_look_at().get() == invitation
    assert OutboxMessage.objects.get(pk=invitation.pk).body == GONE
    with pytest.raises(RuleBroken, match="Invite them again"):
        send_again(invitation.pk, now=SOON)


def test_what_had_no_answer_and_came_back_told_nobody(sent: OutboxMessage) -> None:
    facts = {"sent_at": None, "handed_over_at": SENT, "stopped_at": SENT, "last_error": "Nobody knows whether it arrived"}
    OutboxMessage.objects.filter(pk=sent.pk).update(**facts)
    for _ in range(2):
        assert post("postmark", postmark(sent.message_id), at=LATER, **basic()).status_code == 200
        sent.refresh_from_db()
        assert (sent.handed_over_at, sent.stopped_at, sent.stopped_by) == (None, LATER, SuppressedAddress.objects.get())
        assert sent.last_error.startswith("It came back: ")


def test_what_a_manager_has_left_though_nobody_knew_stays_left(sent: OutboxMessage) -> None:
    facts = {"sent_at": None, "handed_over_at": SENT, "stopped_at": SENT, "left_at": SOON, "last_error": "Nobody knows"}
    OutboxMessage.objects.filter(pk=sent.pk).update(**facts)
    post("postmark", postmark(sent.message_id), at=LATER, **basic())
    sent.refresh_from_db()
    assert (sent.handed_over_at, sent.last_error) == (SENT, "Nobody knows")
