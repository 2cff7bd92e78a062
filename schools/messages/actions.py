"""Writing a message into the outbox, and delivering it once: after the commit, or later where that fails."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from schools.charity.queries import current
from schools.messages.models import OutboxMessage

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(minutes=5)
"""The time between the first and the second try.

It must be longer than a try can take (MAILERS sets a time limit), because it keeps two workers from sending the same message.
"""
LONGEST_PAUSE = timedelta(hours=12)
LONGEST_SUBJECT = 200


GONE = "(The text let somebody in and is no longer kept.)"
"""Replaces a text that has expired or was sent."""


@dataclass(frozen=True)
class Attachment:
    """A CSV file that is attached to a message."""

    name: str
    text: str


def put(
    key: str, *, to: str, subject: str, body: str, expires_at: datetime | None = None, attached: Attachment | None = None
) -> OutboxMessage:
    """Write a message for `to` in the caller's transaction, and deliver it once that is committed.

    `key` says what the message is about (such as `cover-agreed:17:3`). A second message with the same key is not written; the
    first is returned as it is. Line breaks in the subject become spaces, since no header can hold them. A text that lets somebody
    in (a code, a link) gives `expires_at`: it is not sent after that, and not kept once it was sent or has expired.
    """
    subject = " ".join(subject.split())
    if len(subject) > LONGEST_SUBJECT:
        subject = f"{subject[: LONGEST_SUBJECT - 1]}…"
    texts = {"to": to, "subject": subject, "body": body, "expires_at": expires_at}
    if attached:
        texts |= {"attached_name": attached.name, "attached": attached.text}
    message, is_new = OutboxMessage.objects.get_or_create(key=key, defaults=texts)
    if is_new:
        # Robust: the change is stored by then, and a broken queue must not make it look as if it were not.
        transaction.on_commit(partial(deliver_soon.enqueue, message.pk), robust=True)
    return message


def is_written(key: str) -> bool:
    """Return whether a message with the key is in the outbox, sent or not."""
    return OutboxMessage.objects.filter(key=key).exists()


@task
def deliver_soon(message_id: int) -> bool:
    """Deliver the message now; the task queue calls this, so it reads the clock."""
    return deliver(message_id, now=timezone.now())


def deliver(message_id: int, now: datetime) -> bool:
    """Try to send the message; False when that failed, or when it is sent already, not due, or taken by another worker.

    A failure is stored (`attempts`, `last_error`) and the message is due again after 5 minutes, 10, 20 … up to 12 hours. No lock
    is held while talking to the mail server: whoever moves `next_try` ahead has the message until then. A worker that is killed
    between sending and storing this therefore sends twice, and no message is lost.
    """
    message = OutboxMessage.objects.due(now=now).filter(pk=message_id).first()
    if message is None or not _taken(message, now=now):
        return False
    try:
        problem = _send(_mail(message))
    except Exception as error:  # noqa: BLE001  # whatever a mail backend raises, the message must stay for the next try
        logger.warning("Message %s was not sent: %s", message.pk, error)
        OutboxMessage.objects.filter(pk=message.pk).update(last_error=f"{type(error).__name__}: {error}")
        return False
    kept = {} if message.expires_at is None else {"body": GONE}
    OutboxMessage.objects.filter(pk=message.pk).update(sent_at=now, next_try=None, last_error=problem, **kept)
    return True


def _mail(message: OutboxMessage) -> EmailMessage:
    """Return the mail as it goes out today: from the charity, with its name, address and site under the text."""
    charity = current()
    mail = EmailMessage(
        message.subject,
        message.body.rstrip("\n") + charity.signature(settings.SPEAKOUT_ADDRESS) if charity.name else message.body,
        from_email=charity.mail_from(settings.DEFAULT_FROM_EMAIL),
        to=[message.to],
        reply_to=[charity.reply_to] if charity.reply_to else None,
    )
    if message.attached_name:
        # As bytes, so that the file is the same as the one from the page.
        mail.attach(message.attached_name, message.attached.encode(), "text/csv")
    return mail


def _send(mail: EmailMessage) -> str:
    """Send the mail; return "", or the mail server's answer where it went out from the installation's own address.

    A sender that somebody typed wrong in the office must not lock everybody out: codes and links go by mail.
    """
    try:
        mail.send()
    except (SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError) as refusal:
        if parseaddr(mail.from_email)[1] == parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
            raise
        logger.warning("The mail server refused the sender %s: %s", mail.from_email, refusal)
        mail.from_email = settings.DEFAULT_FROM_EMAIL
        mail.send()
        return f"Sent, but not from the charity's sender, which the mail server refused: {refusal}"
    return ""


def _taken(message: OutboxMessage, *, now: datetime) -> bool:
    """Take the message until its next try; False when another worker was quicker (one statement decides)."""
    pause = min(FIRST_PAUSE * 2 ** min(message.attempts, 20), LONGEST_PAUSE)
    mine = OutboxMessage.objects.unsent().filter(pk=message.pk, attempts=message.attempts)
    return mine.update(attempts=message.attempts + 1, next_try=now + pause) == 1


def deliver_due(now: datetime) -> tuple[int, int]:
    """Try every message that is due, oldest first; return how many were sent and how many are unsent, due or not.

    The texts of expired messages are removed.
    """
    OutboxMessage.objects.expired(now=now).exclude(body=GONE).update(body=GONE)
    due = list(OutboxMessage.objects.due(now=now).order_by("created_at", "pk").values_list("pk", flat=True))
    sent = sum(deliver(message_id, now=now) for message_id in due)
    return sent, OutboxMessage.objects.unsent().count()
