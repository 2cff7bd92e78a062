"""So many mails in any minute and no more, from all senders together: signing in, then alarms and SMS, then the oldest first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.tasks import task_backends
from django.tasks.backends.dummy import DummyBackend
from django.test import override_settings
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from schools.core.clocks import Clock
from schools.messages import actions, kinds
from schools.messages.actions import (
    FIRST_PAUSE,
    MAIL_QUEUE,
    deliver_due,
    deliver_soon,
    put,
    put_sms,
    send_again,
    try_address_again,
)
from schools.messages.asking import ask_soon, write_due
from schools.messages.health import look_at_outbox
from schools.messages.line import SOON, in_line, priority_of
from schools.messages.models import NO_LONGER_TRUE, MailPace, OutboxMessage, SuppressedAddress
from schools.messages.pace import MINUTE, PAUSE, NotYet, pause, take_place
from schools.messages.sms import Sms
from schools.messages.smtp import NoEntry
from schools.messages.suppression import mark
from schools.running.health import Level
from schools.visits.alarm_kinds import SCHOOL_ALARM
from tests.factories import manager
from tests.mail_server import MailServer, Step, mail_server
from tests.messages.suppressed import FACT
from tests.messages.texted import Texted
from tests.processes import together
from tests.profiles import examples

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def at(moment: datetime) -> Clock:
    return lambda: moment


def message(key: str, **fields: object) -> OutboxMessage:
    return OutboxMessage.objects.create(**{"key": key, "to": "asha@example.org", "subject": key, "body": "Good day", **fields})


def subjects() -> list[str]:
    return [str(sent.subject) for sent in mail.outbox]


@pytest.fixture
def two_a_minute(settings: Settings) -> None:
    settings.SPEAKOUT_MAILS_PER_MINUTE = 2


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Texted:
    """Somebody who is told one fact, as an alarm, by mail and by SMS."""
    settings.SPEAKOUT_SMS = "stub"
    known = Texted()
    kind = replace(known.kinds()[FACT], is_alarm=True)
    monkeypatch.setattr(kinds, "_kinds", {FACT: kind})
    return known


@pytest.mark.usefixtures("two_a_minute")
def test_what_is_more_waits_for_the_next_minute_in_line(now: datetime) -> None:
    for number in range(5):
        message(f"hello:{number}", created_at=now - timedelta(hours=5 - number))
    assert deliver_due(clock=at(now)) == (2, 3)
    assert subjects() == ["hello:0", "hello:1"]
    assert deliver_due(clock=at(now + MINUTE - SECOND)) == (0, 3)
    assert set(OutboxMessage.objects.unsent().values_list("attempts", flat=True)) == {0}, "nobody asked the mail server"
    assert deliver_due(clock=at(now + MINUTE)) == (2, 1)
    assert deliver_due(clock=at(now + 2 * MINUTE)) == (1, 0)
    assert subjects() == [f"hello:{number}" for number in range(5)]


@pytest.mark.usefixtures("two_a_minute")
def test_who_is_signing_in_goes_before_what_is_older(now: datetime) -> None:
    for number in range(3):
        message(f"hello:{number}", created_at=now - timedelta(hours=5 - number))
    message("sign-in:1", created_at=now)
    deliver_due(clock=at(now))
    assert subjects() == ["sign-in:1", "hello:0"]


@pytest.mark.usefixtures("two_a_minute")
def test_an_alarm_or_an_sms_goes_before_what_is_older_but_not_before_who_is_signing_in(now: datetime) -> None:
    for number in range(3):
        message(f"hello:{number}", created_at=now - timedelta(hours=5 - number))
    alarm = message("alarm:1", created_at=now, kind=SCHOOL_ALARM)
    hello = OutboxMessage.objects.get(key="hello:2")
    sms = message("sms:hello:2", created_at=now + SECOND, channel="sms", beside=hello, next_try=now)
    message("sign-in:1", created_at=now)
    assert list(in_line(OutboxMessage.objects.due(now=now)).values_list("key", flat=True)) == [
        "sign-in:1",
        "alarm:1",
        "sms:hello:2",
        *(f"hello:{number}" for number in range(3)),
    ]
    assert [priority_of(each) for each in (OutboxMessage(key="sign-in:2"), alarm, sms, hello)] == [20, 10, 10, 0]


@pytest.mark.usefixtures("two_a_minute")
def test_a_new_message_does_not_overtake_what_waits(now: datetime) -> None:
    message("hello:0", created_at=now - timedelta(hours=1))
    new = message("hello:1", created_at=now)
    with time_machine.travel(now, tick=False):
        deliver_soon.call(new.pk)
        assert subjects() == ["hello:0"]
        deliver_soon.call(new.pk)
    assert subjects() == ["hello:0", "hello:1"]


def test_the_worker_of_the_mail_takes_codes_first_then_sms_and_what_a_verb_wakes(
    now: datetime, settings: Settings, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend", "QUEUES": [MAIL_QUEUE]}}
    with django_capture_on_commit_callbacks(execute=True):
        mails = [
            put(key, to="asha@example.org", subject="Hello", body="Good day", not_before=waits)
            for key, waits in (("hello:1", None), ("hello:2", now + MINUTE), ("sign-in:1", None))
        ]
        put_sms(mails[0], Sms("+447400123456", "Hello"))
    ask_soon.enqueue([1])
    backend = task_backends["default"]
    assert isinstance(backend, DummyBackend)
    tasks = sorted(backend.results, key=lambda result: -result.task.priority)
    sms = OutboxMessage.objects.get(channel="sms")
    assert [result.args for result in tasks] == [[mails[2].pk], [sms.pk], [[1]], [mails[0].pk], [mails[1].pk]]
    assert [result.task.run_after for result in tasks] == [None, None, None, None, now + MINUTE]


def sent_in_order(monkeypatch: pytest.MonkeyPatch, now: datetime, *, fail_first: str = "") -> list[str]:
    """Run through what is due while each message takes 40 seconds; return their keys in the order in which they were tried.

    The first try of one of them meets a provider that is not there.
    """
    times, tried = [now], list[str]()

    def slow(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        tried.append(message.key)
        if tried.count(fail_first) == 1 and message.key == fail_first:
            raise NoEntry
        before_text()
        times.append(times[-1] + 40 * SECOND)
        return ""

    monkeypatch.setattr(actions, "send", slow)
    for number in range(4):
        message(f"hello:{number}", created_at=now - timedelta(hours=5 - number))
    deliver_due(clock=lambda: times[-1])
    assert not OutboxMessage.objects.unsent().exists()
    return tried


@pytest.mark.usefixtures("people")
def test_a_second_try_of_an_alarm_and_its_sms_goes_before_the_rest_of_a_run_that_began_before(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_due(clock=at(now))
    OutboxMessage.objects.update(attempts=1, next_try=now + FIRST_PAUSE)
    assert sent_in_order(monkeypatch, now) == ["hello:0", "hello:1", "fact:0:1", "sms:fact:0:1", "hello:2", "hello:3"]


@pytest.mark.usefixtures("people")
def test_an_sms_whose_provider_was_away_for_a_moment_waits_for_one_mail_and_not_for_all(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_due(clock=at(now))
    assert sent_in_order(monkeypatch, now, fail_first="sms:fact:0:1") == [
        "fact:0:1", "sms:fact:0:1", "hello:0", "sms:fact:0:1", "hello:1", "hello:2", "hello:3",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["send again", "address again", "goes elsewhere", "goes after all"])
def test_an_alarm_that_was_stopped_and_goes_after_all_waits_behind_no_other_mail(
    people: Texted, now: datetime, settings: Settings, django_capture_on_commit_callbacks: Callable[..., Any], way: str
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend", "QUEUES": [MAIL_QUEUE]}}
    alarm = message("fact:0:1", kind=FACT, stopped_at=now)
    stopped = OutboxMessage.objects.filter(pk=alarm.pk)
    address = mark(alarm.to, SuppressedAddress.Reason.BOUNCE, "550", at=now)
    assert address
    if way in {"address again", "goes elsewhere"}:
        stopped.update(stopped_by=address)
    with django_capture_on_commit_callbacks(execute=True):
        if way == "send again":
            send_again(alarm.pk, now=now)
        elif way == "address again":
            assert try_address_again(address.pk, why="It was full", by=manager(), now=now) == 1
        elif way == "goes elsewhere":
            people.addresses[:] = ["asha.new@example.org"]
            assert write_due(clock=at(now)) == 1
        else:
            stopped.update(last_error=NO_LONGER_TRUE, left_at=now)
            assert write_due(clock=at(now)) == 1
    backend = task_backends["default"]
    assert isinstance(backend, DummyBackend)
    assert [result.task.priority for result in backend.results if result.args == [alarm.pk]] == [SOON]


def test_without_a_limit_everything_goes_at_once(now: datetime) -> None:
    for number in range(20):
        message(f"hello:{number}")
    assert deliver_due(clock=at(now)) == (20, 0)
    assert not MailPace.objects.exists()


@pytest.mark.usefixtures("two_a_minute")
def test_waiting_for_ones_turn_is_no_fault_and_standing_still_is(now: datetime) -> None:
    for number in range(9):
        message(f"hello:{number}", created_at=now - timedelta(minutes=10))
    deliver_due(clock=at(now))
    assert look_at_outbox(now + SECOND).level is Level.WELL
    assert look_at_outbox(now + timedelta(minutes=5)).level is Level.FAULT


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.MAILERS = running.mailers
        yield running


@pytest.mark.parametrize("answer", ["421 too many messages", "451 4.7.1 you send too fast"])
def test_a_server_that_asks_to_wait_is_left_alone_by_everybody(server: MailServer, now: datetime, answer: str) -> None:
    for number in range(3):
        message(f"hello:{number}", created_at=now - timedelta(hours=3 - number))
    steps: list[Step] = []

    def plan(step: Step) -> str | None:
        steps.append(step)
        return answer if step == "rcpt" else None

    server.plan = plan
    assert deliver_due(clock=at(now)) == (0, 3)
    assert deliver_due(clock=at(now + PAUSE - SECOND)) == (0, 3)
    assert steps.count("rcpt") == 1
    server.plan = lambda _: None
    assert deliver_due(clock=at(now + max(PAUSE, FIRST_PAUSE))) == (3, 0)


def test_a_message_that_is_always_put_off_does_not_hold_up_the_others(server: MailServer, now: datetime) -> None:
    message("hello:0", created_at=now - timedelta(hours=2))
    message("hello:1", created_at=now - timedelta(hours=1))
    server.plan = lambda step: "451 4.7.1 not this" if step == "text" else None
    for minutes in (0, 1):
        assert deliver_due(clock=at(now + minutes * PAUSE)) == (0, 2)
    server.plan = lambda _: None
    assert deliver_due(clock=at(now + 2 * PAUSE)) == (1, 1)
    assert "Subject: hello:1" in server.taken[0]


def test_a_longer_pause_is_not_cut_short(now: datetime) -> None:
    pause(now=now)
    pause(now=now - timedelta(seconds=30))
    with pytest.raises(NotYet) as wait:
        take_place(now=now)
    assert wait.value.until == now + PAUSE


def waits_until(moment: datetime) -> datetime | None:
    """Take a place, or return when to ask again."""
    try:
        take_place(now=moment)
    except NotYet as wait:
        return wait.until
    return None


@example_settings(max_examples=examples(30))
@given(gaps=st.lists(st.integers(0, 50), max_size=40), limit=st.integers(1, 5))
def test_no_minute_ever_has_more(gaps: list[int], limit: int) -> None:
    MailPace.objects.all().delete()
    moment, left = datetime.fromisoformat("2026-11-24T09:00:00+00:00"), list[datetime]()
    with override_settings(SPEAKOUT_MAILS_PER_MINUTE=limit):
        for gap in gaps:
            moment += timedelta(seconds=gap)
            until = waits_until(moment)
            if until is None:
                left.append(moment)
                continue
            assert moment < until <= moment + MINUTE
            assert sum(earlier > moment - MINUTE for earlier in left) == limit, "nobody waits without need"
    for last in left:
        assert sum(last - MINUTE < earlier <= last for earlier in left) <= limit


def take_places(tries: int) -> int:
    """In a process of its own: take as many places of this minute as there are."""
    from django.conf import settings

    settings.SPEAKOUT_MAILS_PER_MINUTE = 7
    moment, taken = datetime.fromisoformat("2026-11-24T09:00:00+00:00"), 0
    for _ in range(tries):
        try:
            take_place(now=moment)
        except NotYet:
            continue
        taken += 1
    return taken


@pytest.mark.exhaustive
@pytest.mark.django_db(transaction=True)
def test_processes_that_send_at_once_share_the_places() -> None:
    assert sum(together(take_places, [(5,)] * 4)) == 7
