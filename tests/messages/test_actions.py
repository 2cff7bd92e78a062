"""A message is written with the change it tells of and sent once, again later where sending failed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import transaction

from schools.core.clocks import Clock
from schools.messages.actions import FIRST_PAUSE, HELD, LONGEST_PAUSE, deliver, deliver_due, put
from schools.messages.models import OutboxMessage
from tests.processes import together

type Captured = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


def at(moment: datetime) -> Clock:
    return lambda: moment


class MailServerDown(ConnectionError):
    """What the broken mail server of these tests raises."""


@pytest.fixture
def broken_mail(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def refuse(_: EmailMessage) -> int:
        raise MailServerDown("no answer")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    return monkeypatch


def message(key: str = "hello:1", **fields: object) -> OutboxMessage:
    """A message that nothing delivers by itself."""
    return OutboxMessage.objects.create(
        **{"key": key, "to": "asha@example.org", "subject": "Hello", "body": "Good day", **fields}
    )


@pytest.mark.django_db
def test_a_message_is_sent_after_the_commit_and_not_before(django_capture_on_commit_callbacks: Captured) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        put("hello:1", to="asha@example.org", subject="Hello", body="Good day")
        assert mail.outbox == []
    assert [(sent.to, sent.subject, sent.body) for sent in mail.outbox] == [(["asha@example.org"], "Hello", "Good day")]
    stored = OutboxMessage.objects.get()
    assert stored.sent_at is not None
    assert (stored.attempts, stored.next_try, stored.last_error) == (1, None, "")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_sent() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012  # the error must come after the message
        put("hello:1", to="asha@example.org", subject="Hello", body="Good day")
        1 / 0  # noqa: B018  # anything that breaks the transaction
    assert not OutboxMessage.objects.exists()
    assert mail.outbox == []


@pytest.mark.django_db
def test_the_same_key_is_written_and_sent_once(django_capture_on_commit_callbacks: Captured) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = put("hello:1", to="asha@example.org", subject="Hello", body="Good day")
        second = put("hello:1", to="asha@example.org", subject="Hello again", body="Good day")
    assert second == first
    assert [sent.subject for sent in mail.outbox] == ["Hello"]


@pytest.mark.django_db
def test_a_subject_loses_its_line_breaks_and_is_shortened() -> None:
    stored = put("hello:1", to="asha@example.org", subject="St Mary's\r\nBcc: x@example.org " + "y" * 300, body="")
    assert stored.subject.startswith("St Mary's Bcc: x@example.org yyy")
    assert stored.subject.endswith("y…")
    assert len(stored.subject) == 200


@pytest.mark.django_db
def test_a_failure_is_written_down_and_the_next_try_waits(now: datetime, broken_mail: pytest.MonkeyPatch) -> None:
    stored = message()
    assert deliver(stored.pk, clock=at(now)) is False
    failed = OutboxMessage.objects.unsent().get()
    assert (failed.attempts, failed.next_try, failed.last_error) == (1, now + FIRST_PAUSE, "MailServerDown: no answer")

    broken_mail.undo()
    assert deliver(stored.pk, clock=at(now + FIRST_PAUSE - timedelta(seconds=1))) is False, "it is not due yet"
    assert deliver(stored.pk, clock=at(now + FIRST_PAUSE)) is True
    stored.refresh_from_db()
    assert (stored.attempts, stored.sent_at, stored.last_error) == (2, now + FIRST_PAUSE, "")
    assert len(mail.outbox) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("broken_mail")
@pytest.mark.parametrize(
    ("attempts", "pause"),
    [(0, FIRST_PAUSE), (1, FIRST_PAUSE * 2), (2, FIRST_PAUSE * 4), (10, LONGEST_PAUSE), (5_000, LONGEST_PAUSE)],
)
def test_pauses_double_up_to_half_a_day(now: datetime, attempts: int, pause: timedelta) -> None:
    stored = message(attempts=attempts)
    deliver(stored.pk, clock=at(now))
    stored.refresh_from_db()
    assert stored.next_try == now + pause


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broken_mail")
def test_a_mail_server_that_is_down_breaks_nothing_for_the_person_who_caused_the_message() -> None:
    with transaction.atomic():
        stored = put("hello:1", to="asha@example.org", subject="Hello", body="Good day")
    stored.refresh_from_db()
    assert (stored.attempts, stored.last_error) == (1, "MailServerDown: no answer")


@pytest.mark.django_db
def test_a_sent_message_is_not_sent_again(now: datetime) -> None:
    stored = message()
    assert [
        deliver(stored.pk, clock=at(now)),
        deliver(stored.pk, clock=at(now)),
        deliver(stored.pk, clock=at(now + timedelta(days=2))),
    ] == [True, False, False]
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_a_second_worker_leaves_a_message_that_is_being_sent(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = message()
    second_worker: list[bool] = []

    def slow(_: EmailMessage) -> int:
        second_worker.append(deliver(stored.pk, clock=at(now + timedelta(seconds=20))))
        return 1

    monkeypatch.setattr(EmailMessage, "send", slow)
    assert deliver(stored.pk, clock=at(now)) is True
    assert second_worker == [False]


@pytest.mark.django_db
def test_the_worker_that_saw_the_message_first_does_not_win_by_that(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    # Both saw it as due; the other one took, tried and failed in between.
    stored = message()
    seen = OutboxMessage.objects.get()
    OutboxMessage.objects.update(attempts=1, next_try=now + FIRST_PAUSE)
    monkeypatch.setattr("schools.messages.models.OutboxMessageQuerySet.first", lambda _: seen)
    assert deliver(stored.pk, clock=at(now)) is False
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_run_of_many_minutes_asks_the_time_for_each_message(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message takes nearly two minutes; a second sender that comes meanwhile leaves it to the first, the last one too."""
    times, second = [now], list[bool]()
    stored = [message(f"hello:{number}", created_at=now + timedelta(seconds=number)) for number in range(6)]

    def slow(_: EmailMessage) -> int:
        times.append(times[-1] + HELD - timedelta(seconds=1))
        second.append(deliver(stored[len(second)].pk, clock=at(times[-1])))
        return 1

    monkeypatch.setattr(EmailMessage, "send", slow)
    assert deliver_due(clock=lambda: times[-1]) == (6, 0)
    assert second == [False] * 6
    assert list(OutboxMessage.objects.order_by("pk").values_list("sent_at", flat=True)) == times[1:]


@pytest.mark.django_db
def test_send_messages_tries_what_is_due_oldest_first_and_says_what_waits(now: datetime) -> None:
    message("new:1", subject="never tried", created_at=now - timedelta(hours=1))
    message("old:1", subject="due again", attempts=1, next_try=now, created_at=now - timedelta(hours=2))
    message("wait:1", subject="not due", attempts=1, next_try=now + timedelta(minutes=1))
    message("sent:1", subject="sent", sent_at=now)
    told = StringIO()
    with time_machine.travel(now, tick=False):
        call_command("send_messages", stdout=told)
    assert [sent.subject for sent in mail.outbox] == ["due again", "never tried"]
    assert told.getvalue() == "2 sent, 1 waiting.\n"
    assert deliver_due(clock=at(now)) == (0, 1)


def deliver_into(folder: str) -> int:
    """In a process of its own: send what is due into files of the folder, and return how many were sent."""
    from django.conf import settings
    from django.utils import timezone

    from schools.messages.actions import deliver_due

    backend = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": folder}}}
    return deliver_due(clock=timezone.now)[0]


@pytest.mark.django_db(transaction=True)
def test_processes_that_deliver_at_once_send_every_message_once(tmp_path: Path) -> None:
    for number in range(30):
        message(f"hello:{number}", subject=f"Hello {number}")
    sent = together(deliver_into, [(str(tmp_path),)] * 4)
    assert sum(sent) == 30
    subjects = [line for file in tmp_path.glob("*.log") for line in file.read_text().splitlines() if line.startswith("Subject:")]
    assert sorted(subjects) == sorted(f"Subject: Hello {number}" for number in range(30))
    assert not OutboxMessage.objects.unsent().exists()
