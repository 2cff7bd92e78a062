"""Over SMTP a message leaves once, whatever the mail server does; what it refuses for good stops, the rest is tried again."""

import itertools
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import sleep

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from schools.charity.models import Charity
from schools.core.clocks import Clock
from schools.core.errors import RuleBroken
from schools.messages import smtp
from schools.messages.actions import (
    FIRST_PAUSE,
    HELD,
    NO_ENTRY_PAUSE,
    TEXT_HELD,
    deliver,
    deliver_due,
    leave_unsent,
    send_again,
)
from schools.messages.models import OutboxMessage
from tests.mail_server import CUT, TAKE_AND_CUT, MailServer, Step, mail_server
from tests.processes import alone, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.MAILERS = running.mailers
        settings.SPEAKOUT_ADDRESS = "https://speakout.example.org"
        yield running


def at(moment: datetime) -> Clock:
    return lambda: moment


def message(key: str = "hello:1", **fields: object) -> OutboxMessage:
    return OutboxMessage.objects.create(
        **{"key": key, "to": "asha@example.org", "subject": "Hello", "body": "Good day\n.\n..and so on", **fields}
    )


def test_every_try_of_a_message_carries_the_same_message_id(server: MailServer, now: datetime) -> None:
    stored, other = message(), message("hello:2")
    answers = iter(["451 not now", None, None])
    server.plan = lambda step: next(answers) if step == "text" else None
    assert not deliver(stored.pk, clock=at(now))
    first = OutboxMessage.objects.get(pk=stored.pk).message_id
    assert deliver(stored.pk, clock=at(now + FIRST_PAUSE))
    assert deliver(other.pk, clock=at(now))
    assert server.copies == {first: 1, OutboxMessage.objects.get(pk=other.pk).message_id: 1}
    assert first.endswith("@speakout.example.org>")
    assert "\r\n.\r\n" not in server.taken[0]
    assert "\r\n..\r\n...and so on" in server.taken[0], "lines that begin with a full stop come whole"


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("mail", "550 not from you"),
        ("rcpt", "550 5.1.1 nobody here has that name"),
        ("data", "554 no"),
        ("text", "552 too big"),
    ],
)
def test_a_refusal_for_good_stops_the_message(server: MailServer, now: datetime, step: Step, answer: str) -> None:
    stored = message()
    server.plan = lambda now_at: answer if now_at == step else None
    assert not deliver(stored.pk, clock=at(now))
    server.plan = lambda _: None
    assert deliver_due(clock=at(now + timedelta(days=30))) == (0, 0)
    stopped = OutboxMessage.objects.to_look_at().get()
    assert (stopped.stopped_at, stopped.next_try, stopped.attempts) == (now, None, 1)
    assert stopped.last_error.startswith("The mail server refused the ")
    assert stopped.last_error.endswith(f": {answer}")
    assert not server.taken


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("mail", "451 later"),
        ("rcpt", "450 grey"),
        ("data", "452 full"),
        ("text", "451 later"),
        ("mail", CUT),
        ("text", "421 bye"),
    ],
)
def test_a_refusal_for_now_is_tried_again(server: MailServer, now: datetime, step: Step, answer: str) -> None:
    stored = message()
    server.plan = lambda now_at: answer if now_at == step else None
    assert deliver_due(clock=at(now)) == (0, 1)
    server.plan = lambda _: None
    assert not deliver(stored.pk, clock=at(now + FIRST_PAUSE - timedelta(seconds=1)))
    assert deliver(stored.pk, clock=at(now + FIRST_PAUSE))
    assert list(server.copies.values()) == [1]


@pytest.mark.parametrize("answer", ["554 we take no mail", "421 busy", CUT])
@pytest.mark.exhaustive
def test_a_server_that_lets_nobody_in_is_asked_once_a_run_and_soon_again(server: MailServer, now: datetime, answer: str) -> None:
    for number in range(3):
        message(f"hello:{number}")
    connections = []

    def plan(step: Step) -> str | None:
        connections.append(step)
        return answer

    server.plan = plan
    for minutes in range(0, 600, 5):
        assert deliver_due(clock=at(now + timedelta(minutes=minutes))) == (0, 3)
    assert len(connections) == 120
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}, "nothing is wrong with the messages"
    server.plan = lambda _: None
    assert deliver_due(clock=at(now + timedelta(minutes=595) + NO_ENTRY_PAUSE)) == (3, 0)
    assert list(server.copies.values()) == [1, 1, 1]


def test_a_server_that_wants_a_sign_in_stops_no_message(server: MailServer, now: datetime) -> None:
    message()
    server.plan = lambda step: "530 5.7.57 sign in first" if step == "mail" else None
    assert deliver_due(clock=at(now)) == (0, 1)
    assert not OutboxMessage.objects.stopped().exists()


def test_a_cut_after_the_yes_is_a_yes(server: MailServer, now: datetime) -> None:
    stored = message()
    server.plan = lambda step: CUT if step == "yes" else None
    assert deliver(stored.pk, clock=at(now))
    assert deliver_due(clock=at(now + timedelta(days=1))) == (0, 0)
    assert list(server.copies.values()) == [1]


@pytest.mark.parametrize("answer", [TAKE_AND_CUT, CUT, "no number"])
def test_where_nobody_knows_whether_a_message_went_out_somebody_decides(server: MailServer, now: datetime, answer: str) -> None:
    stored = message()
    server.plan = lambda step: answer if step == "text" else None
    assert not deliver(stored.pk, clock=at(now))
    server.plan = lambda _: None
    assert deliver_due(clock=at(now + timedelta(days=1))) == (0, 0)
    stopped = OutboxMessage.objects.to_look_at().get()
    assert stopped.last_error.startswith("The mail server had the whole message")
    send_again(stopped.pk, now=now)
    assert deliver_due(clock=at(now)) == (1, 0)
    assert len(server.copies) == 1, "whoever got both can tell that they are one"


def test_a_slow_server_is_waited_for_longer_than_one_step_may_take(server: MailServer, now: datetime, settings: Settings) -> None:
    """The server has the text, and its answer takes longer than the limit of a step: to give up would make a double."""
    settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.2
    stored = message()
    server.plan = lambda step: sleep(0.6) if step == "text" else None
    assert deliver(stored.pk, clock=at(now))
    server.plan = lambda step: sleep(0.6) if step == "rcpt" else None
    assert not deliver(message("hello:2").pk, clock=at(now)), "before the text, the limit of a step holds"
    assert list(server.copies.values()) == [1]


def test_the_text_goes_out_only_while_the_message_is_still_ours(
    server: MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is so slow before the text that another sender has taken the message meanwhile."""
    stored = message()
    real = smtp._Careful.rcpt

    def slow(conversation: smtp._Careful, *given: str) -> object:
        OutboxMessage.objects.update(attempts=2, next_try=now + HELD + timedelta(seconds=30))
        return real(conversation, *given)

    monkeypatch.setattr(smtp._Careful, "rcpt", slow)
    assert not deliver(stored.pk, clock=at(now))
    assert not server.taken
    stored.refresh_from_db()
    assert (stored.attempts, stored.last_error, stored.sent_at) == (2, "", None), "what the other one does is not overwritten"


def test_while_the_server_has_the_text_nobody_else_takes_the_message(
    server: MailServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = message()
    second: list[bool] = []
    real = smtp._Careful.send

    def watched(self: smtp._Careful, text: object) -> None:
        if isinstance(text, bytes) and text.endswith(b"\r\n.\r\n"):
            second.append(deliver(stored.pk, clock=at(now + TEXT_HELD - timedelta(seconds=1))))
        real(self, text)  # type: ignore[arg-type]  # as smtplib calls it

    monkeypatch.setattr(smtp._Careful, "send", watched)
    assert deliver(stored.pk, clock=at(now))
    assert second == [False]
    assert list(server.copies.values()) == [1]


@pytest.mark.usefixtures("server")
def test_an_address_that_cannot_be_one_stops(now: datetime) -> None:
    stored = message(to="asha@@example.org")
    assert not deliver(stored.pk, clock=at(now))
    assert OutboxMessage.objects.stopped().exists()


def test_a_refusal_for_now_of_the_charitys_sender_changes_no_sender(server: MailServer, now: datetime) -> None:
    Charity.objects.update(name="Kind Words", sender="hello@kind.example.org")
    stored = message()
    server.plan = lambda step: "450 grey" if step == "rcpt" else None
    assert not deliver(stored.pk, clock=at(now))
    server.plan = lambda _: None
    assert deliver(stored.pk, clock=at(now + FIRST_PAUSE))
    assert "hello@kind.example.org" in server.taken[0]


@pytest.mark.usefixtures("server")
def test_a_stopped_message_is_sent_again_or_left_once(now: datetime) -> None:
    again = message(stopped_at=now, attempts=1)
    left = message("hello:2", stopped_at=now, attempts=1)
    send_again(again.pk, now=now)
    leave_unsent(left.pk, now=now)
    assert not OutboxMessage.objects.to_look_at().exists()
    for decide in (send_again, leave_unsent):
        for stored in (again, left):
            with pytest.raises(RuleBroken, match="decided about this mail already"):
                decide(stored.pk, now=now)
    assert deliver_due(clock=at(now + timedelta(days=1))) == (1, 0)


def test_a_link_that_has_ended_is_not_sent_again(now: datetime) -> None:
    stored = message(stopped_at=now, expires_at=now)
    with pytest.raises(RuleBroken, match="Invite them again"):
        send_again(stored.pk, now=now)


def test_codes_that_a_stranger_asked_for_do_not_fill_home(now: datetime) -> None:
    message("sign-in:1", stopped_at=now)
    message("welcome:1", stopped_at=now)
    assert [stored.key for stored in OutboxMessage.objects.to_look_at()] == ["welcome:1"]


def sends_to(port: int) -> None:
    """In a process of its own: let mail go to the server, and let no try wait for the next."""
    from django.conf import settings

    from schools.messages import actions

    options = {"host": "127.0.0.1", "port": port, "timeout": 30}
    settings.MAILERS = {"default": {"BACKEND": "schools.messages.smtp.CarefulBackend", "OPTIONS": options}}
    actions.FIRST_PAUSE = actions.NO_ENTRY_PAUSE = timedelta(0)


def send_all(port: int) -> int:
    """In a process of its own: send until nothing waits."""
    from django.utils import timezone

    from schools.messages.actions import deliver_due
    from schools.models import OutboxMessage

    sends_to(port)
    sent = 0
    while OutboxMessage.objects.filter(sent_at=None, stopped_at=None).exists():
        sent += deliver_due(clock=timezone.now)[0]
    return sent


def be_killed_after_the_yes(port: int) -> None:
    """In a process of its own: send what is due, and be killed before the first yes is written down."""
    from django.utils import timezone

    from schools.messages import actions

    sends_to(port)
    actions._write_sent = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    actions.deliver_due(clock=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_four_senders_and_a_server_in_every_mood_send_nothing_twice(server: MailServer) -> None:
    for number in range(40):
        message(f"hello:{number}", subject=f"Hello {number}")
    turns = itertools.count()
    moods: dict[Step, list[str | None]] = {
        "connect": [None, None, "421 busy", None, CUT],
        "rcpt": [None, "450 grey", None, CUT],
        "text": [None, "451 later", None, None, TAKE_AND_CUT, "550 spam"],
        "yes": [CUT, None],
    }

    def plan(step: Step) -> str | None:
        of_step = moods.get(step, [None])
        return of_step[next(turns) % len(of_step)]

    server.plan = plan
    sent = together(send_all, [(server.port,)] * 4)
    assert set(server.copies.values()) == {1}, "no message was taken twice"
    assert sum(sent) == OutboxMessage.objects.exclude(sent_at=None).count()
    unsure = OutboxMessage.objects.stopped().filter(last_error__startswith="The mail server had the whole").count()
    assert len(server.copies) == sum(sent) + unsure
    assert OutboxMessage.objects.stopped().count() + sum(sent) == 40


@pytest.mark.exhaustive
@pytest.mark.django_db(transaction=True)
def test_three_senders_send_five_thousand_messages_once_each(server: MailServer) -> None:
    rows = [OutboxMessage(key=f"hello:{number}", to="asha@example.org", subject="Hello", body="Hi") for number in range(5_000)]
    OutboxMessage.objects.bulk_create(rows)
    sent = together(send_all, [(server.port,)] * 3)
    assert sum(sent) == len(server.copies) == OutboxMessage.objects.exclude(sent_at=None).count() == 5_000
    assert set(server.copies.values()) == {1}
    assert min(sent) > 0, "each of the three took its share"


@pytest.mark.real_clock
@pytest.mark.django_db(transaction=True)
def test_only_a_sender_that_dies_after_the_yes_makes_a_second_copy_and_it_can_be_told(server: MailServer) -> None:
    for number in range(3):
        message(f"hello:{number}")
    killed = alone(be_killed_after_the_yes, server.port)
    assert killed == -signal.SIGKILL
    assert list(server.copies.values()) == [1]
    later = timezone.now() + TEXT_HELD + timedelta(seconds=1)
    assert deliver_due(clock=at(later)) == (3, 0), "no message is lost"
    assert sorted(server.copies.values()) == [1, 1, 2], "the second copy has the Message-ID of the first"
