"""One try to send a message: the mail as it goes out today, and what a failure means for the next try."""

import logging
from collections.abc import Callable
from email.utils import make_msgid, parseaddr
from enum import Enum
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from urllib.parse import urlsplit

from django.conf import settings

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.charity.queries import CharityFacts, current
from schools.messages.calendar_parts import attach_calendar
from schools.messages.envelopes import Letter
from schools.messages.kinds import Kind, kind_of
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.messages.opting_out import address_of, headers_of
from schools.messages.refusals import AddressRefused, Refused, Suppressed, TooMany, answers_of, is_too_many
from schools.messages.sms_ports import hand_over
from schools.messages.smtp import CarefulMessage, NoEntry, Unanswered

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = {530, 534, 535, 538}
"""Answers that ask the sender to sign in: they are about the installation, not about the message."""


class Fate(Enum):
    """What became of a try."""

    SENT = "sent"
    AGAIN = "again"
    """The message is tried again, each time later."""
    NO_ENTRY = "no entry"
    """The mail server was not reached or lets nobody in: the message is tried again soon, and others need not try now."""
    TOO_MANY = "too many"
    """The mail server asks everybody to wait, or as many went out in this minute as may: others need not try now."""
    STOPPED = "stopped"
    """The message was refused for good, or nobody knows whether it went out."""


def new_message_id() -> str:
    """Return a Message-ID that no other message has, with the host of this installation."""
    return make_msgid(domain=host())


def host() -> str:
    """Return the host of this installation, which makes names that no other one gives."""
    return urlsplit(settings.SPEAKOUT_ADDRESS).hostname or "speakout.invalid"


def fate_of(error: Exception) -> Fate:
    """Return what a failed try means for the message."""
    if isinstance(error, NoEntry):
        return Fate.NO_ENTRY
    # An address that cannot be one (ValueError) will not become one.
    if isinstance(error, Unanswered | ValueError | Refused):
        return Fate.STOPPED
    if is_too_many(error):
        return Fate.TOO_MANY
    codes = {code for code, _ in answers_of(error)}
    if codes & NOT_SIGNED_IN:
        return Fate.NO_ENTRY
    return Fate.STOPPED if codes and min(codes) >= 500 else Fate.AGAIN


def words_of(error: Exception) -> str:
    """Return why a try failed, as the office shows it: the mail server's own words where it gave any."""
    answers = "; ".join(f"{code} {words}" for code, words in answers_of(error))
    if isinstance(error, SMTPRecipientsRefused):
        return f"The mail server refused the address: {answers}"
    if isinstance(error, SMTPSenderRefused):
        return f"The mail server refused the sender {error.sender}: {answers}"
    if isinstance(error, SMTPDataError):
        return f"The mail server refused the message: {answers}"
    return str(error) if isinstance(error, Unanswered | Refused | TooMany) else f"{type(error).__name__}: {error}"


def without_words(error: Exception) -> str:
    """Return what failed as the log says it: the error's type and the mail server's codes, since its words name addresses."""
    return " ".join([type(error).__name__, *(str(code) for code, _ in answers_of(error))])


def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
    """Send the mail; return "", or the mail server's answer where it went out from the installation's own address.

    A sender that somebody typed wrong in the office must not lock everybody out: codes and links go by mail. `before_text` is
    called when the server is about to get the text. Raises whatever the mail backend raises; `fate_of` says what that means.
    An SMS goes by who takes our SMS, with the same errors.
    """
    if message.is_sms:
        hand_over(message, before_text=before_text)
        return ""
    mail = _mail(message)
    mail.before_text = before_text
    mail.metadata = {"message": message.message_id}
    try:
        mail.send()
    except (SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError, ValueError, Refused) as refusal:
        is_own = parseaddr(mail.from_email)[1] == parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        if is_own or fate_of(refusal) is not Fate.STOPPED or isinstance(refusal, AddressRefused | Suppressed):
            raise
        logger.warning("The mail server refused the sender %s: %s", mail.from_email, without_words(refusal))
        mail.from_email = settings.DEFAULT_FROM_EMAIL
        mail.send()
        return f"Sent, but not from the charity's sender, which the mail server refused: {words_of(refusal)}"
    return ""


def sender() -> str:
    """Return whose mails these are: the sender of each, and the organizer of what it puts into a calendar."""
    return current().mail_from(settings.DEFAULT_FROM_EMAIL)


def _mail(message: OutboxMessage) -> CarefulMessage:
    """Return the mail as it goes out today, as text and as HTML: from the charity; answers go to whom it is from."""
    charity = current()
    letter = letter_of(message, kind_of(message), charity)
    answers = [each.email for each in letter.senders] or [charity.reply_to]
    with in_language_of(User.objects.filter(email=message.to).first()):
        mail = CarefulMessage(
            message.subject,
            letter.text,
            from_email=sender(),
            to=[message.to],
            reply_to=list(filter(None, answers)) or None,
            headers={"Message-ID": message.message_id},
        )
        mail.attach_alternative(letter.html, "text/html")
    if way_out := letter.opt_out or (letter.source.stop if letter.source else ""):
        mail.extra_headers |= headers_of(way_out, reply_to=charity.reply_to)
    if message.attached_name:
        # As bytes, so that the file is the same as the one from the page.
        mail.attach(message.attached_name, message.attached.encode(), "text/csv")
    attach_calendar(mail, message.calendar)
    return mail


def letter_of(message: OutboxMessage, kind: Kind | None, charity: CharityFacts) -> Letter:
    """Return what the mail consists of today. A direct mail, of no kind, has its button in its words, which are stored."""
    opt_out, link = (address_of(kind, message), message.link) if kind else ("", Link.in_body(message.body))
    signature = charity.signature_lines(settings.SPEAKOUT_ADDRESS)
    return Letter(message.subject, message.body, signature, link, message.senders, opt_out, message.source)
