"""Whom the mails about a way back in are from: the charity, but for the question whether somebody will be a trustee.

Whoever asked for somebody may not be who they say, so an answer does not go to them.
"""

from datetime import date

from schools.directory.senders import sender_of
from schools.messages.envelopes import Sender
from schools.messages.kinds import Senders
from schools.messages.models import OutboxMessage
from schools.recovery.models import Trustee


def _sender_to_trustee(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who has named the trustee to whom the mail goes; nobody of the mail that tells managers of it."""
    number, _, manager = message.key.removeprefix("trustee:").partition(":")
    trustee = None if manager else Trustee.objects.filter(pk=int(number)).select_related("named_by").first()
    return sender_of(trustee.named_by if trustee else None, on=on)


OF_DIRECT: dict[str, Senders] = {"trustee": _sender_to_trustee}
"""Whom direct mails are from, by the first part of their keys."""
