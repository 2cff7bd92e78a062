"""Three senders take five thousand messages while senders are killed: none is lost, and none goes twice but where one died."""

import os
import random
import signal
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock
from time import sleep

import pytest

from schools.messages.actions import TEXT_HELD
from schools.messages.models import OutboxMessage
from tests.mail_server import Step, mail_server
from tests.processes import started

MESSAGES, SENDERS = 5_000, 3
KIND = "fact"
"""Half of the messages are of a kind, which is asked anew before each of them goes; the others are direct."""
STEPS: tuple[Step, ...] = ("connect", "rcpt", "text", "yes", "yes")
"""At which steps of a conversation a sender is killed. At the last two the message is gone, and nobody has written that down."""
BETWEEN = (100, 250)
"""So many messages go between one death and the next."""


def send_all(port: int, later: int) -> None:
    """In a process of its own: send what is due so many seconds from now, until nothing is."""
    from django.conf import settings
    from django.utils import timezone

    from schools.messages import actions, kinds
    from schools.models import OutboxMessage

    def keep(*_: object) -> None:
        """Nothing is kept about a message."""

    def again(message: OutboxMessage, _: object) -> kinds.Draft:
        return kinds.Draft(message.key, message.to, kinds.as_written(message.subject, message.body))

    kinds.register([kinds.Kind(KIND, "A fact", lambda *_: (), again, keep, keep)])
    options = {"host": "127.0.0.1", "port": port, "timeout": 60}
    settings.MAILERS = {"default": {"BACKEND": "schools.messages.smtp.CarefulBackend", "OPTIONS": options}}

    def clock() -> datetime:
        return timezone.now() + timedelta(seconds=later)

    while OutboxMessage.objects.due(now=clock()).exists():
        actions.deliver_due(clock=clock)


class Deaths:
    """Kills one of the senders every now and then, at some step of somebody’s conversation with the mail server."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.senders: list[int] = []
        self.killed = 0
        self.lock = Lock()
        self.next_one()

    def next_one(self) -> None:
        """Choose when and at which step the next sender dies."""
        self.left, self.at = self.chance.randint(*BETWEEN), self.chance.choice(STEPS)

    def __call__(self, step: Step) -> None:
        """Take part in a conversation as the plan of a mail server; called in the thread of each."""
        with self.lock:
            self.left -= step == "connect"
            if self.left > 0 or step != self.at or not self.senders:
                return
            with suppress(ProcessLookupError):
                os.kill(self.senders.pop(self.chance.randrange(len(self.senders))), signal.SIGKILL)
            self.killed += 1
            self.next_one()


@pytest.mark.exhaustive
@pytest.mark.real_clock
@pytest.mark.django_db(transaction=True)
def test_five_thousand_messages_by_three_senders_arrive_once_each_though_senders_are_killed() -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"{KIND}:{number}", to=f"reader{number}@example.org", subject=f"Fact {number}", body="Good day",
            kind=KIND if number % 2 else "",
        )
        for number in range(MESSAGES)
    )  # fmt: skip
    seed = random.SystemRandom().randrange(1_000_000)
    deaths = Deaths(random.Random(seed))  # noqa: S311  # no secret: the same seed chooses the same moments
    with mail_server() as server:
        server.plan = deaths
        senders = [started(send_all, server.port, 0) for _ in range(SENDERS)]
        while senders:
            deaths.senders = [sender.pid for sender in senders if sender.pid and sender.is_alive()]
            sleep(0.05)
            dead = [sender for sender in senders if sender.exitcode == -signal.SIGKILL]
            assert all(sender.exitcode in {None, 0, -signal.SIGKILL} for sender in senders)
            senders = [sender for sender in senders if sender.exitcode is None]
            senders += [started(send_all, server.port, 0) for _ in dead]
        held = OutboxMessage.objects.filter(sent_at=None)
        assert held.count() <= deaths.killed, "only what somebody held who died is left for later"
        deaths.senders = []
        server.plan = lambda _: None
        last = [started(send_all, server.port, int(TEXT_HELD.total_seconds()) + 1) for _ in range(SENDERS)]
        for sender in last:
            sender.join(300)
        assert [sender.exitcode for sender in last] == [0] * SENDERS
        copies = server.copies
    attempts = dict(OutboxMessage.objects.exclude(sent_at=None).values_list("message_id", "attempts"))
    twice = {message_id for message_id, number in copies.items() if number > 1}
    begun_anew = {message_id for message_id, number in attempts.items() if number > 1}
    sys.stdout.write(f"seed {seed}: {deaths.killed} senders killed, {len(begun_anew)} messages begun anew, {len(twice)} twice\n")
    assert len(attempts) == MESSAGES, "each was sent in the end"
    assert copies.keys() == attempts.keys(), "none is lost, and nothing else went out"
    assert twice <= begun_anew, "a second copy only of what somebody held who died"
    assert len(begun_anew) <= deaths.killed
    assert max(copies.values()) <= 2
    assert deaths.killed >= 10
