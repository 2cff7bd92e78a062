"""Direct mails, which follow from no kind: whom they are from.

A verb writes them in its own transaction, most of them because they let somebody in. Their words are stored, and with them the
one link that is their button (`Link.text`); the rest of the envelope is worked out when they are sent, as that of a kind is.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from schools.messages.envelopes import Sender
from schools.messages.kinds import Senders, kind_of
from schools.messages.models import OutboxMessage

_senders: dict[str, Senders] = {}


def register(senders: Mapping[str, Senders]) -> None:
    """Say from whom direct mails are, by the first part of their keys; called when the program starts (schools/apps.py)."""
    _senders.update(senders)


def senders_on(message: OutboxMessage, on: date) -> Sequence[Sender]:
    """Return from which coordinators the mail is on the day on which it is sent; nobody: it is from the charity."""
    kind = kind_of(message)
    senders = kind.senders if kind else _senders.get(message.key.partition(":")[0])
    return senders(message, on) if senders else ()
