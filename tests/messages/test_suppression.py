"""No mail goes to an address from which it came back, or whose reader complained, until somebody lifts or corrects that."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from schools.core.errors import RuleBroken
from schools.erasing.actions import erase
from schools.messages import actions, kinds
from schools.messages.actions import GONE, deliver, deliver_due, send_again, try_address_again
from schools.messages.models import CAME_BACK, OutboxMessage, SuppressedAddress
from schools.messages.suppression import mark
from tests.factories import able_volunteer, manager
from tests.mail_server import MailServer, mail_server
from tests.messages.suppressed import People, write_and_send

pytestmark = pytest.mark.django_db

Reason = SuppressedAddress.Reason
LATER = timedelta(hours=1)


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    known = People()
    monkeypatch.setattr(kinds, "_kinds", known.kinds())
    return known


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.MAILERS = running.mailers
        yield running


def message(key: str = "hello:1", **fields: Any) -> OutboxMessage:
    return OutboxMessage.objects.create(
        **{"key": key, "to": "asha@example.org", "subject": "Hello", "body": "Good day", **fields}
    )


def marked(reason: Reason, now: datetime) -> SuppressedAddress:
    row = mark("Asha@Example.org ", reason, "550 5.1.1 no such person, ask bob@example.org", at=now)
    assert row is not None
    return row


@pytest.mark.parametrize("reason", Reason)
def test_no_mail_goes_there_and_the_message_says_why(reason: Reason, now: datetime) -> None:
    row = marked(reason, now)
    stored = message(to="ASHA@example.org")
    assert not deliver(stored.pk, clock=lambda: now)
    assert mail.outbox == []
    stored.refresh_from_db()
    assert (stored.stopped_at, stored.next_try, stored.handed_over_at, stored.stopped_by) == (now, None, None, row)
    assert stored.last_error == (
        f"Not sent. {reason.label}, Tue 24 November 2026: 550 5.1.1 no such person, ask …. "
        "Correct the address, or let it be tried again."
    )


@pytest.mark.parametrize("reason", Reason)
def test_whoever_signs_in_gets_their_code_all_the_same(reason: Reason, now: datetime) -> None:
    marked(reason, now)
    assert deliver(message("sign-in:1").pk, clock=lambda: now)
    assert len(mail.outbox) == 1


def test_an_address_that_a_server_refuses_is_marked_and_asked_no_more(server: MailServer, now: datetime) -> None:
    server.plan = lambda step: "550 5.1.1 nobody here, says root@mx.example.net" if step == "rcpt" else None
    assert not deliver(message().pk, clock=lambda: now)
    row = SuppressedAddress.objects.get()
    assert (row.address, row.reason, row.since, row.lifted_at) == ("asha@example.org", Reason.BOUNCE, now, None)
    assert row.words == "The mail server refused the address: 550 5.1.1 nobody here, says …"
    server.plan = lambda _: None
    assert not deliver(message("hello:2").pk, clock=lambda: now)
    assert not server.taken


@pytest.mark.parametrize(("step", "answer"), [("rcpt", "554 5.7.1 relay access denied"), ("text", "550 5.1.1 spam")])
def test_a_refusal_of_something_else_marks_nobody(server: MailServer, now: datetime, step: str, answer: str) -> None:
    server.plan = lambda at: answer if at == step else None
    stored = message()
    assert not deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert (stored.stopped_at, stored.stopped_by) == (now, None)
    assert not SuppressedAddress.objects.exists()


def test_a_mark_that_comes_while_the_server_is_reached_keeps_the_text_here(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reach(_: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        marked(Reason.COMPLAINT, now)
        before_text()
        raise AssertionError("the text was handed over")

    monkeypatch.setattr(actions, "send", reach)
    stored = message()
    assert not deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert stored.last_error.startswith("Not sent. Its reader reported our mail as unwanted")


def test_the_same_report_twice_changes_nothing_and_an_old_one_neither(now: datetime) -> None:
    row = marked(Reason.BOUNCE, now)
    assert mark(row.address, Reason.BOUNCE, "other words", at=now + LATER) == row
    assert SuppressedAddress.objects.get().since == now
    try_address_again(row.pk, why="The mailbox was full.", by=manager(), now=now + LATER)
    assert mark(row.address, Reason.BOUNCE, "550", at=now) is None, "it is from before it was lifted"
    assert not SuppressedAddress.objects.active().exists()
    assert mark(row.address, Reason.BOUNCE, "again", at=now + 2 * LATER) == row
    anew = SuppressedAddress.objects.active().get()
    assert (anew.since, anew.words, anew.lifted_by, anew.lifted_why) == (now + 2 * LATER, "again", None, "")


@pytest.mark.parametrize("order", [(Reason.BOUNCE, Reason.COMPLAINT), (Reason.COMPLAINT, Reason.BOUNCE)])
def test_a_complaint_outweighs_a_bounce_in_any_order(order: tuple[Reason, Reason], now: datetime) -> None:
    for reason in order:
        marked(reason, now)
    assert SuppressedAddress.objects.get().reason == Reason.COMPLAINT


@pytest.mark.parametrize("has_come_back", [False, True])
def test_an_objection_takes_the_place_of_a_complaint_and_a_later_complaint_not_its(now: datetime, *, has_come_back: bool) -> None:
    marked(Reason.COMPLAINT, now)
    if has_come_back:
        mark("asha@example.org", Reason.BOUNCE, "550 gone", at=now + LATER)
    for reason in (Reason.OBJECTION, Reason.COMPLAINT):
        mark("asha@example.org", reason, "", at=now + 2 * LATER)
    row = SuppressedAddress.objects.get()
    assert (row.reason, row.since, row.words) == (
        Reason.OBJECTION, now + 2 * LATER, f"{CAME_BACK}550 gone" if has_come_back else "",
    )  # fmt: skip


def test_lifting_needs_a_reason_and_happens_once(now: datetime) -> None:
    row, by = marked(Reason.BOUNCE, now), manager()
    with pytest.raises(RuleBroken, match="Say why it should work now"):
        try_address_again(row.pk, why="  ", by=by, now=now)
    assert try_address_again(row.pk, why=" It was full. ", by=by, now=now) == 0
    lifted = SuppressedAddress.objects.get()
    assert (lifted.lifted_at, lifted.lifted_by, lifted.lifted_why) == (now, by, "It was full.")
    with pytest.raises(RuleBroken, match="decided about this address already"):
        try_address_again(row.pk, why="It was full.", by=by, now=now)


def test_what_is_still_true_goes_once_the_address_is_lifted(people: People, now: datetime) -> None:
    row = marked(Reason.BOUNCE, now)
    assert write_and_send(now) == 0
    people.facts = [2]
    assert write_and_send(now) == 0
    assert not OutboxMessage.objects.to_look_at().exists(), "the address is decided about, not each message"
    assert OutboxMessage.objects.undecided().count() == 2
    assert try_address_again(row.pk, why="It was full.", by=manager(), now=now + LATER) == 2
    assert write_and_send(now + LATER) == 1
    assert [sent.subject for sent in mail.outbox] == ["0 2"]
    assert OutboxMessage.objects.count() == 1, "what is true no longer is gone"


def test_the_same_goes_to_the_corrected_address(people: People, now: datetime) -> None:
    marked(Reason.BOUNCE, now)
    write_and_send(now)
    people.addresses = ["asha.rao@example.org"]
    assert write_and_send(now + LATER) == 1
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["asha.rao@example.org"], "0 1")]
    assert write_and_send(now + 2 * LATER) == 0, "once"


def test_what_somebody_left_unsent_stays_so(people: People, now: datetime) -> None:
    row = marked(Reason.BOUNCE, now)
    write_and_send(now)
    OutboxMessage.objects.update(left_at=now)
    assert try_address_again(row.pk, why="It was full.", by=manager(), now=now + LATER) == 0
    people.addresses = ["asha.rao@example.org"]
    assert write_and_send(now + LATER) == 0


def test_a_direct_message_is_decided_about_by_itself(now: datetime) -> None:
    row = marked(Reason.BOUNCE, now)
    stored = message()
    deliver(stored.pk, clock=lambda: now)
    assert OutboxMessage.objects.to_look_at().get() == stored
    assert try_address_again(row.pk, why="It was full.", by=manager(), now=now) == 0
    assert deliver_due(clock=lambda: now) == (0, 0)
    send_again(stored.pk, now=now)
    assert deliver_due(clock=lambda: now) == (1, 0)


def test_a_text_that_is_not_kept_is_not_sent_again(now: datetime) -> None:
    stored = message(body=GONE, expires_at=now + LATER, stopped_at=now)
    with pytest.raises(RuleBroken, match="Invite them again"):
        send_again(stored.pk, now=now)


def test_whoever_is_erased_is_erased_here_too(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    assert volunteer.user is not None
    addresses = [volunteer.user.email, "another@example.org"]
    for address in addresses:
        mark(address, Reason.BOUNCE, "550", at=now)
    volunteer.status = "left"
    volunteer.save()
    erase(volunteer, by=manager(), now=now)
    assert list(SuppressedAddress.objects.values_list("address", flat=True)) == ["another@example.org"]
