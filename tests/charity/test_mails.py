"""Each mail comes from the charity, names it and the site, and goes out even where the sender was typed wrong."""

from datetime import datetime
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.charity.models import Charity
from schools.messages.actions import deliver
from schools.messages.models import OutboxMessage
from schools.volunteers.actions import invite
from tests.factories import VolunteerFactory, manager

pytestmark = pytest.mark.django_db

SITE = "https://speakout.example.org"


@pytest.fixture(autouse=True)
def _an_installation(settings: Settings) -> None:
    settings.SPEAKOUT_ADDRESS = SITE
    settings.DEFAULT_FROM_EMAIL = "Installed <server@example.org>"


def named(**values: str) -> None:
    Charity.objects.update(**{"name": "Kind Words", **values})


def sent(now: datetime, body: str = "Good day\n") -> EmailMessage:
    message = OutboxMessage.objects.create(key=f"hello:{now}:{body}", to="asha@example.org", subject="Hello", body=body)
    assert deliver(message.pk, clock=lambda: now)
    return mail.outbox[-1]


def test_while_all_is_blank_a_mail_goes_out_as_it_was_written(now: datetime) -> None:
    message = sent(now)
    assert (message.from_email, message.reply_to, message.body) == ("Installed <server@example.org>", [], "Good day\n")


def test_a_mail_carries_name_sender_answers_address_and_site(now: datetime) -> None:
    named(address="1 High Street\r\n\r\nKendal ", sender="hello@kind.example.org", reply_to="office@kind.example.org")
    message = sent(now)
    assert parseaddr(message.from_email) == ("Kind Words", "hello@kind.example.org")
    assert message.reply_to == ["office@kind.example.org"]
    assert message.body == f"Good day\n\n-- \nKind Words\n1 High Street\nKendal\n{SITE}\n"


def test_the_name_alone_goes_before_the_installations_address(now: datetime) -> None:
    named()
    assert parseaddr(sent(now).from_email) == ("Kind Words", "server@example.org")


@pytest.mark.parametrize("name", ["Kind, Words", 'The "Kind" <Words>', "Geiriau Caredig Môn", "x@example.org"])
def test_no_name_changes_the_address_and_people_can_read_each(name: str, now: datetime) -> None:
    named(name=name)
    message = sent(now)
    header = message.message()["From"]
    assert str(header).count("server@example.org") == 1
    assert header.addresses[0].display_name == name
    assert parseaddr(message.from_email) == (name, "server@example.org")


@pytest.mark.parametrize(
    "refusal",
    [
        SMTPSenderRefused(553, b"not yours", "hello@kind.example.org"),
        SMTPRecipientsRefused({"asha@example.org": (553, b"Sender address rejected: not owned by user")}),
    ],
)
def test_where_the_server_refuses_the_sender_the_mail_goes_out_from_the_installations_own(
    refusal: Exception, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(sender="hello@kind.example.org")
    real = EmailMessage.send

    def picky(message: EmailMessage) -> int:
        if "kind.example.org" in message.from_email:
            raise refusal
        return real(message)

    monkeypatch.setattr(EmailMessage, "send", picky)
    sent(now)
    assert [message.from_email for message in mail.outbox] == ["Installed <server@example.org>"]
    stored = OutboxMessage.objects.get()
    assert stored.sent_at == now
    assert stored.last_error.startswith("Sent, but not from the charity's sender")


def test_where_the_server_refuses_the_installations_own_sender_the_mail_stops(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refuse(message: EmailMessage) -> int:
        tries.append(message.from_email)
        raise SMTPRecipientsRefused({"asha@example.org": (550, b"no such person")})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    named()
    message = OutboxMessage.objects.create(key="hello:1", to="asha@example.org", subject="Hello", body="Good day")
    assert not deliver(message.pk, clock=lambda: now)
    assert len(tries) == 1
    stopped = OutboxMessage.objects.stopped().get()
    assert (stopped.stopped_at, stopped.next_try) == (now, None)
    assert stopped.last_error == "The mail server refused the address: 550 no such person"


def test_an_invitation_names_the_charity_and_the_site_and_says_what_comes_next(now: datetime) -> None:
    named()
    invite(VolunteerFactory(name="Asha Rahman"), by=manager(), now=now, email="asha@example.org")
    message = OutboxMessage.objects.get()
    assert "Kind Words" in message.subject
    for words in ("Kind Words", f"{SITE}/invitation/", "press “Come in”", f"sign in at {SITE}", "once, until"):
        assert words in message.body
    assert "Speakout" not in message.subject + message.body


def test_a_code_names_the_charity_and_the_site_and_leads_to_where_it_is_entered(client: Client) -> None:
    named()
    add_user("asha@example.org", "Asha", role=Role.VOLUNTEER)
    client.post(reverse("account_login"), {"login": "asha@example.org"})
    message = OutboxMessage.objects.get()
    assert message.subject == "Your code for Kind Words"
    for words in (f"Kind Words at {SITE}", f"http://testserver{reverse('account_confirm_login_code')}", "and you are in"):
        assert words in message.body


def test_no_mail_of_signing_in_is_left_with_words_of_the_package(client: Client) -> None:
    named()
    User.objects.create_user("new@example.org", "a-long-password", name="New")
    client.post(reverse("account_login"), {"login": "new@example.org", "password": "a-long-password"})
    client.post(reverse("account_login"), {"login": "nobody@example.org"})
    client.post(reverse("account_reset_password"), {"email": "new@example.org"})
    messages = list(OutboxMessage.objects.all())
    assert len(messages) == 3
    for message in messages:
        assert "Kind Words" in message.subject
        assert "Kind Words" in message.body
        assert "Hello from" not in message.body
        assert "Thank you for using" not in message.body
        assert "Speakout" not in message.subject + message.body
