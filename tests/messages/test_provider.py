"""By a provider's programming interface a message leaves once too; whatever it answers has the meaning that it has over SMTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from schools.charity.models import Charity
from schools.messages import kinds
from schools.messages.actions import FIRST_PAUSE, NO_ENTRY_PAUSE, deliver, deliver_due
from schools.messages.calendar_parts import CANCEL, REQUEST, CalendarPart
from schools.messages.envelopes import Sender
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.pace import PAUSE
from schools.messages.sending import send
from schools.messages.tries import bring_back
from tests.mail_provider import CUT, TAKEN, TAKEN_BY, Answer, MailProvider, files_of, mail_provider, mailers_at
from tests.messages.suppressed import People, write_and_send

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[MailProvider]:
    with mail_provider() as running:
        settings.MAILERS = running.mailers
        yield running


def message(key: str = "hello:1", **fields: Any) -> OutboxMessage:
    return OutboxMessage.objects.create(
        **{"key": key, "to": "asha@example.org", "subject": "Hello", "body": "Good day", **fields}
    )


def test_a_message_goes_with_its_message_id_to_be_reported(provider: MailProvider, now: datetime) -> None:
    stored = message(attached_name="figures.csv", attached="a,b\r\n1,2\r\n")
    assert deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    (taken,) = provider.taken
    assert (taken["To"], taken["Subject"], taken["TextBody"]) == ("asha@example.org", "Hello", "Good day")
    assert taken["Metadata"] == {"message": stored.message_id}
    assert [file["Name"] for file in taken["Attachments"]] == ["figures.csv"]
    assert (stored.sent_at, stored.last_error) == (now, "")


@pytest.mark.parametrize(
    "answer",
    [
        (422, {"ErrorCode": 406, "Message": "You tried to send to a recipient that has been marked as inactive.\n Found inactive "
               "addresses: asha@example.org.\n Inactive recipients are ones that have generated a hard bounce."}),
        (422, {"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email address 'asha@example.org'."}),
    ],
)  # fmt: skip
def test_an_address_that_the_provider_refuses_is_marked(provider: MailProvider, now: datetime, answer: Answer) -> None:
    provider.plan = lambda: answer
    stored = message()
    assert not deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert stored.stopped_by == SuppressedAddress.objects.get(address="asha@example.org")
    assert stored.last_error.startswith("The provider refused the address: ")


def test_a_message_that_the_provider_refuses_stops_and_marks_nobody(provider: MailProvider, now: datetime) -> None:
    provider.plan = lambda: (400, {"ErrorCode": 1, "Message": "no"})
    stored = message()
    assert not deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert (stored.stopped_at, stored.stopped_by) == (now, None)
    assert stored.last_error.startswith("The provider refused the message: 400 ")
    assert not SuppressedAddress.objects.exists()


def test_an_answer_that_anymail_cannot_read_is_not_taken_for_a_yes(provider: MailProvider, now: datetime) -> None:
    provider.plan = lambda: (422, {"ErrorCode": 406, "Message": "In other words: inactive."})
    stored = message()
    assert not deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert (stored.sent_at, stored.stopped_at) == (None, now)
    assert stored.last_error.startswith("The provider did not say that it took the message: ")


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_provider_that_lets_us_not_in_keeps_all_mail_waiting(provider: MailProvider, now: datetime, status: int) -> None:
    message("hello:1")
    message("hello:2")
    provider.plan = lambda: (status, {"ErrorCode": 10, "Message": "no"})
    assert deliver_due(clock=lambda: now) == (0, 2)
    assert len(provider.taken) == 1
    provider.plan = lambda: TAKEN
    assert deliver_due(clock=lambda: now + NO_ENTRY_PAUSE) == (2, 0)


def test_a_provider_that_is_not_there_keeps_all_mail_waiting(settings: Settings, now: datetime) -> None:
    settings.MAILERS = mailers_at("http://127.0.0.1:9/")
    message()
    assert deliver_due(clock=lambda: now) == (0, 1)
    assert OutboxMessage.objects.get().last_error.startswith("NoEntry: The provider was not reached")
    assert OutboxMessage.objects.get().attempts == 0


def test_a_provider_that_gets_too_many_is_left_alone_for_a_moment(provider: MailProvider, now: datetime) -> None:
    message("hello:1")
    message("hello:2")
    provider.plan = lambda: (429, {"ErrorCode": 429, "Message": "Rate Limit Exceeded"})
    assert deliver_due(clock=lambda: now) == (0, 2)
    assert deliver_due(clock=lambda: now + PAUSE - timedelta(seconds=1)) == (0, 2)
    assert len(provider.taken) == 1
    provider.plan = lambda: TAKEN
    assert deliver_due(clock=lambda: now + max(PAUSE, FIRST_PAUSE)) == (2, 0)


@pytest.mark.parametrize("answer", [CUT, (200, "<html>")])
def test_where_no_answer_can_be_read_nobody_knows_and_nothing_is_sent_again(
    provider: MailProvider, now: datetime, answer: Answer
) -> None:
    provider.plan = lambda: answer
    stored = message()
    assert deliver_due(clock=lambda: now) == (0, 0)
    assert deliver_due(clock=lambda: now + timedelta(days=1)) == (0, 0)
    assert len(provider.taken) == 1
    stored.refresh_from_db()
    assert (stored.stopped_at, stored.stopped_by) == (now, None)


@pytest.fixture
def own_sender(provider: MailProvider, settings: Settings) -> None:
    """A charity whose sender the provider does not know; it takes what comes from our own."""
    Charity.objects.update(name="Kind Words", sender="hello@kind.example.org")
    settings.DEFAULT_FROM_EMAIL = "server@example.org"

    def plan() -> Answer:
        is_own = "server@example.org" in provider.taken[-1]["From"]
        return TAKEN if is_own else (422, {"ErrorCode": 400, "Message": "The 'From' address is no sender signature."})

    provider.plan = plan


@pytest.mark.usefixtures("own_sender")
def test_where_the_provider_knows_the_charitys_sender_not_mail_goes_from_our_own(now: datetime) -> None:
    stored = message()
    assert deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert stored.last_error.startswith("Sent, but not from the charity's sender")
    assert (stored.handed_over_at, stored.handed_over_before) == (now, None)


@pytest.mark.usefixtures("own_sender")
def test_what_went_from_our_own_sender_and_comes_back_counts_as_not_told(now: datetime) -> None:
    stored = message()
    assert deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    bring_back(stored, "550 no such person", row=None, is_lifted=False, now=now + timedelta(minutes=2))
    stored.refresh_from_db()
    assert (stored.sent_at, stored.handed_over_at) == (None, None)


@pytest.mark.usefixtures("own_sender")
def test_what_an_earlier_try_may_have_brought_stays_known_where_our_own_sender_comes_back(now: datetime) -> None:
    earlier = now - timedelta(minutes=5)
    stored = message(handed_over_at=earlier, attempts=1)
    assert deliver(stored.pk, clock=lambda: now)
    stored.refresh_from_db()
    assert (stored.handed_over_at, stored.handed_over_before) == (now, earlier)


@pytest.mark.usefixtures("own_sender")
def test_what_is_true_no_longer_after_the_charitys_sender_was_refused_leaves_nothing_known(
    provider: MailProvider, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People()
    monkeypatch.setattr(kinds, "_kinds", people.kinds())
    refused = provider.plan

    def plan() -> Answer:
        people.facts = [0]
        return refused()

    provider.plan = plan
    assert write_and_send(now) == 0
    assert len(provider.taken) == 1
    assert not OutboxMessage.objects.exists()


def test_whoever_sends_is_asked_once_more_before_the_text_is_handed_over(provider: MailProvider) -> None:
    class TakenByAnother(Exception):
        """Somebody else has the message now."""

    def refuse() -> None:
        raise TakenByAnother

    with pytest.raises(TakenByAnother):
        send(message(message_id="<1@example.org>"), before_text=refuse)
    assert provider.taken == []


def with_entries() -> OutboxMessage:
    """A message whose try takes two entries along for its reader’s calendar."""
    made = message(message_id="<1@example.org>", attached_name="figures.csv", attached="a,b\r\n")
    made.calendar = (CalendarPart(REQUEST, "BEGIN:VCALENDAR\r\n1\r\n"), CalendarPart(CANCEL, "BEGIN:VCALENDAR\r\n2\r\n"))
    return made


ENTRIES = [("morning.ics", "BEGIN:VCALENDAR\r\n1\r\n"), ("morning-2.ics", "BEGIN:VCALENDAR\r\n2\r\n")]
"""The same as files; Brevo knows by the names that a calendar reads them."""


@pytest.mark.parametrize("name", TAKEN_BY)
def test_entries_for_a_calendar_go_as_files_since_no_provider_takes_them_as_a_form_of_the_text(
    provider: MailProvider, settings: Settings, name: str
) -> None:
    settings.MAILERS = provider.mailers_of(name)
    provider.plan = lambda: TAKEN_BY[name]
    assert send(with_entries(), before_text=lambda: None) == ""
    (taken,) = provider.taken
    assert sorted(files_of(taken)) == sorted([*ENTRIES, ("figures.csv", "a,b\r\n")])
    assert [each for each in files_of(taken) if each in ENTRIES] == ENTRIES


@pytest.mark.usefixtures("own_sender")
def test_entries_for_a_calendar_go_once_each_where_a_mail_goes_again_from_our_own_sender(provider: MailProvider) -> None:
    assert send(with_entries(), before_text=lambda: None).startswith("Sent, but not from the charity's sender")
    assert [len(files_of(taken)) for taken in provider.taken] == [3, 3]


@pytest.mark.parametrize(
    ("name", "answers_go_to"),
    [
        ("postmark", "kate@example.org, liz@example.org"),
        ("brevo", {"email": "kate@example.org"}),
        ("mailgun", "kate@example.org, liz@example.org"),
    ],
)
def test_answers_go_to_each_coordinator_or_to_the_first_where_the_provider_knows_but_one_address(
    provider: MailProvider, settings: Settings, name: str, answers_go_to: object
) -> None:
    settings.MAILERS = provider.mailers_of(name)
    provider.plan = lambda: TAKEN_BY[name]
    stored = with_entries()
    stored.senders = (Sender("Kate Rao", "kate@example.org"), Sender("Liz Webb", "liz@example.org"))
    assert send(stored, before_text=lambda: None) == ""
    (taken,) = provider.taken
    names = {"postmark": "ReplyTo", "brevo": "replyTo", "mailgun": "h:Reply-To"}
    texts = {"postmark": "TextBody", "brevo": "textContent", "mailgun": "text"}
    assert taken[names[name]] in (answers_go_to, [answers_go_to])
    assert "From Kate Rao" in str(taken[texts[name]])
    assert "Liz Webb" in str(taken[texts[name]])
