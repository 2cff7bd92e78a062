"""A message of a kind is asked once more before it is handed over; what nobody can have got leaves no trace."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from schools.core.errors import RuleBroken
from schools.messages import actions, kinds
from schools.messages.actions import HELD, TEXT_HELD, deliver_due, send_again, try_address_again
from schools.messages.asking import KindsBroke, write_due
from schools.messages.kinds import Draft, Kind, as_written
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.smtp import Unanswered
from schools.messages.states import State, state_of
from schools.messages.tries import bring_back
from schools.office.running.jobs import JOBS, write_what_is_due
from schools.running.clockwork import Clockwork
from schools.running.models import PeriodicJob
from tests.factories import manager

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The sender is killed."""


@dataclass
class Fact:
    """A fact that one person has to know; blank: there is nothing to tell."""

    words: str = "it rains"
    forgotten: list[str] = field(default_factory=list)

    def drafts(self) -> Iterator[Draft]:
        if self.words:
            words = as_written("News", f"Dear Asha, {self.words}.")
            yield Draft(f"fact:{self.words}", "asha@example.org", words)

    def again(self) -> Draft | None:
        return next(self.drafts(), None)


@pytest.fixture
def fact(monkeypatch: pytest.MonkeyPatch) -> Fact:
    told = Fact()
    kind = Kind(
        "fact",
        "A fact",
        due=lambda now, about: told.drafts(),
        again=lambda message, now: told.again(),
        written=lambda message, draft: None,
        unwritten=lambda message: told.forgotten.append(message.key),
    )
    monkeypatch.setattr(kinds, "_kinds", {"fact": kind})
    return told


def write(now: datetime) -> int:
    return write_due(clock=lambda: now)


def send(now: datetime) -> int:
    return deliver_due(clock=lambda: now)[0]


def server(monkeypatch: pytest.MonkeyPatch, answer: BaseException | None) -> None:
    """Let the mail server take the text and answer so."""

    def sends(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()
        if answer:
            raise answer
        return ""

    monkeypatch.setattr(actions, "send", sends)


def test_the_same_fact_is_written_once_and_a_changed_one_once_more(fact: Fact, now: datetime) -> None:
    assert [write(now), write(now), send(now), write(now)] == [1, 0, 1, 0]
    fact.words = "it snows"
    assert [write(now), write(now), send(now)] == [1, 0, 1]
    assert [message.body for message in mail.outbox] == ["Dear Asha, it rains.", "Dear Asha, it snows."]


def test_a_fact_that_ceased_to_hold_is_not_sent_and_leaves_no_trace(fact: Fact, now: datetime) -> None:
    write(now)
    fact.words = ""
    assert send(now) == 0
    assert not OutboxMessage.objects.exists()
    assert fact.forgotten == ["fact:it rains"]
    fact.words = "it rains"
    assert [write(now), send(now)] == [1, 1]


def test_a_fact_that_changes_while_the_server_is_reached_is_not_handed_over(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reaches(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        fact.words = "it snows"
        before_text()
        raise AssertionError("the text was handed over")

    monkeypatch.setattr(actions, "send", reaches)
    write(now)
    assert send(now) == 0
    assert not OutboxMessage.objects.exists()


def test_what_may_have_arrived_stays_ended_where_it_is_true_no_longer(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(monkeypatch, Killed())
    write(now)
    with pytest.raises(Killed):
        send(now)
    fact.words = ""
    server(monkeypatch, None)
    assert send(now + HELD) == 0, "it is still the first sender’s"
    assert send(now + TEXT_HELD) == 0
    message = OutboxMessage.objects.get()
    assert (message.handed_over_at, message.sent_at, fact.forgotten) == (now, None, [])
    assert message.stopped_at == message.left_at == now + TEXT_HELD
    assert not OutboxMessage.objects.to_look_at().exists()


def test_what_may_have_arrived_and_is_true_is_sent_again_under_its_message_id(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(monkeypatch, Killed())
    write(now)
    with pytest.raises(Killed):
        send(now)
    first = OutboxMessage.objects.get().message_id
    server(monkeypatch, None)
    assert send(now + TEXT_HELD) == 1
    assert OutboxMessage.objects.get().message_id == first


def test_what_the_server_refused_can_have_reached_nobody(fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    server(monkeypatch, SMTPRecipientsRefused({"asha@example.org": (550, b"no such person")}))
    write(now)
    send(now)
    message = OutboxMessage.objects.get()
    assert (message.handed_over_at, message.stopped_at) == (None, now)
    assert write(now) == 0, "the same is not said to the same address once more"
    fact.words = ""
    with pytest.raises(RuleBroken, match="decided about this mail already"):
        send_again(message.pk, now=now)  # its address is at fault, and is decided about as such
    try_address_again(SuppressedAddress.objects.get().pk, why="It was full.", by=manager(), now=now)
    assert send(now) == 0
    assert not OutboxMessage.objects.exists()


def test_the_log_says_that_a_message_was_refused_and_not_to_whom(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server(monkeypatch, SMTPRecipientsRefused({"asha@example.org": (550, b"5.1.1 <asha@example.org> unknown")}))
    write(now)
    send(now)
    assert f"Message {OutboxMessage.objects.get().pk} was not sent: SMTPRecipientsRefused 550" in caplog.text
    assert "asha" not in caplog.text


def test_what_got_no_answer_may_have_arrived(fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    server(monkeypatch, Unanswered("no answer"))
    write(now)
    send(now)
    message = OutboxMessage.objects.get()
    assert (message.handed_over_at, message.stopped_at) == (now, now)
    server(monkeypatch, SMTPRecipientsRefused({"asha@example.org": (550, b"no such person")}))
    send_again(message.pk, now=now)
    send(now + timedelta(minutes=1))
    assert OutboxMessage.objects.get().handed_over_at == now, "the first try may have brought it all the same"


def twice_handed_over(monkeypatch: pytest.MonkeyPatch, now: datetime) -> OutboxMessage:
    """Return a message that was handed over by a sender that was killed then, and once more, and is sent."""
    server(monkeypatch, Killed())
    write(now)
    with pytest.raises(Killed):
        send(now)
    server(monkeypatch, None)
    assert send(now + TEXT_HELD) == 1
    return OutboxMessage.objects.get()


def test_where_one_of_two_copies_came_back_the_other_may_have_arrived(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = twice_handed_over(monkeypatch, now)
    later = now + timedelta(hours=1)
    bring_back(message, "the mailbox is full", row=None, is_lifted=False, now=later)
    message.refresh_from_db()
    assert (message.handed_over_at, message.sent_at, message.stopped_at) == (now, None, later)
    assert state_of(message, now=later) is State.UNSURE
    fact.words = ""
    send_again(message.pk, now=later)
    assert send(later) == 0
    assert OutboxMessage.objects.taken_back().get().message_id == message.message_id, "its reader may have to be told"
    assert fact.forgotten == []


def test_where_a_third_try_is_refused_what_was_known_before_it_stays_known(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, later = twice_handed_over(monkeypatch, now), now + timedelta(hours=1)
    bring_back(message, "the mailbox is full", row=None, is_lifted=False, now=later)
    server(monkeypatch, SMTPRecipientsRefused({"asha@example.org": (450, b"try later")}))
    send_again(message.pk, now=later)
    assert send(later) == 0
    message.refresh_from_db()
    assert (message.handed_over_at, message.handed_over_before) == (now, now)


def test_a_message_that_came_back_goes_at_once_where_somebody_has_lifted_the_mark_of_its_address(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(monkeypatch, None)
    write(now)
    send(now)
    message = OutboxMessage.objects.get()
    bring_back(message, "550 no such person", row=None, is_lifted=True, now=now)
    again = OutboxMessage.objects.due(now=now).get()
    assert (again.message_id, again.attempts, again.last_error, again.handed_over_at) == (
        "", 0, "It came back: 550 no such person", None,
    )  # fmt: skip


def test_a_direct_message_is_asked_nothing(fact: Fact, now: datetime) -> None:
    actions.put("code:1", to="asha@example.org", subject="Your code", body="123")
    fact.words = ""
    assert send(now) == 1


def test_a_kind_that_breaks_when_it_is_sent_holds_back_no_other_message(
    fact: Fact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(now)
    actions.put("code:1", to="asha@example.org", subject="Your code", body="123")

    def breaks() -> None:
        raise KeyError("gone")

    monkeypatch.setattr(fact, "again", breaks)
    assert send(now) == 1
    assert [message.subject for message in mail.outbox] == ["Your code"]
    waiting = OutboxMessage.objects.get(kind="fact")
    assert (waiting.sent_at, waiting.stopped_at, waiting.last_error) == (None, None, "KeyError: 'gone'")


@pytest.fixture
def broken_kind(fact: Fact, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that is asked before the other one, and breaks."""

    def breaks(now: datetime, about: object) -> list[Draft]:
        raise KeyError("gone")

    broken = Kind(
        "broken",
        "A broken one",
        due=breaks,
        again=lambda message, now: None,
        written=kinds.keep_nothing,
        unwritten=kinds.keep_nothing,
    )
    monkeypatch.setattr(kinds, "_kinds", {"broken": broken, **kinds._kinds})


BROKEN = "These kinds of message broke, and wrote nothing more: broken. The log says why."


@pytest.mark.usefixtures("broken_kind")
def test_a_kind_that_breaks_is_said_and_holds_back_no_other(now: datetime) -> None:
    with pytest.raises(KindsBroke, match=BROKEN):
        write(now)
    assert send(now) == 1


@pytest.mark.usefixtures("broken_kind")
def test_the_job_whose_kind_breaks_is_in_trouble_on_home_until_it_is_mended(now: datetime, fact: Fact) -> None:
    clockwork = Clockwork([job for job in JOBS if job.run is write_what_is_due], clock=lambda: now)
    for job in clockwork.take_due():
        clockwork.run_job(job)
    in_trouble = PeriodicJob.objects.in_trouble().get()
    assert in_trouble.outcome == f"KindsBroke: {BROKEN}"
    del kinds._kinds["broken"]
    for job in clockwork.take_due():
        clockwork.run_job(job)
    assert not PeriodicJob.objects.in_trouble().exists()


@pytest.mark.usefixtures("broken_kind")
def test_the_command_delivers_what_other_kinds_wrote_and_then_says_which_broke(now: datetime) -> None:
    words = StringIO()
    with pytest.raises(CommandError, match=BROKEN):
        call_command("send_messages", stdout=words)
    assert words.getvalue() == "1 sent, 0 waiting.\n"
