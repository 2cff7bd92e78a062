"""The demo has no clock, and still sends what had to wait for the minute in which it could be undone."""

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from schools.management.commands import send_messages
from schools.messages.actions import put

SERVER = 4711
"""A made-up number of the process beside which it runs."""

STUB = """#!/bin/sh
echo "$$ $*" >>calls
"""
"""In place of the demo's Python: it writes down its own number and how it was called."""


class Machine:
    """A machine on which sleeping only moves the clock, and whose server ends after so many seconds."""

    def __init__(self, traveller: time_machine.Traveller, *, ends_after: int) -> None:
        self.traveller, self.left = traveller, ends_after

    def getppid(self) -> int:
        return SERVER if self.left > 0 else 1

    def sleep(self, seconds: float) -> None:
        self.left -= 1
        self.traveller.shift(seconds)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Machine]:
    with time_machine.travel(now, tick=False) as traveller:
        made = Machine(traveller, ends_after=100)
        monkeypatch.setattr(os, "getppid", made.getppid)
        monkeypatch.setattr(time, "sleep", made.sleep)
        yield made


@pytest.mark.django_db
def test_what_waits_its_minute_leaves_at_its_end_and_the_sender_ends_with_the_server(machine: Machine) -> None:
    put("held", to="asha@example.org", subject="It is off", body="It is off.", not_before=timezone.now() + timedelta(seconds=65))
    machine.left = 90
    call_command("send_messages", beside=SERVER)
    assert mail.outbox == [], "it was looked at after 0, 30 and 60 seconds"
    machine.left = 31
    call_command("send_messages", beside=SERVER)
    assert [message.to for message in mail.outbox] == [["asha@example.org"]]
    assert machine.left == 0


@pytest.mark.django_db
def test_a_busy_database_does_not_end_it(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []

    def busy(**_: object) -> None:
        looks.append(timezone.now())
        raise OperationalError("database is locked")

    monkeypatch.setattr(send_messages, "deliver_due", busy)
    call_command("send_messages", beside=SERVER)
    assert len(looks) == 4


def test_the_demo_starts_it_beside_its_server(tmp_path: Path) -> None:
    for path, text in (
        ("bin/demo", (settings.BASE_DIR / "bin/demo").read_text()),
        ("bin/bootstrap", "#!/bin/sh\n"),
        (".venv/bin/python", STUB),
    ):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    subprocess.run([tmp_path / "bin/demo"], check=True, capture_output=True, env={"PATH": os.environ["PATH"]})  # noqa: S603  # ours
    calls = tmp_path / "calls"
    deadline = 100
    while "send_messages" not in calls.read_text() and deadline:
        time.sleep(0.1)
        deadline -= 1
    by_command = {line.split()[2]: line.split() for line in calls.read_text().splitlines()}
    server, *_ = by_command["runserver"]
    assert by_command["send_messages"][1:] == ["manage.py", "send_messages", "--beside", server]
