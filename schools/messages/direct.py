"""Direct mails, which follow from no kind: whom they are from, and whether they still hold when they are sent.

A verb writes them in its own transaction, most of them because they let somebody in. Their words are stored, and with them the
one link that is their button (`Link.text`); the rest of the envelope is worked out when they are sent, as that of a kind is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schools.messages.envelopes import Sender
from schools.messages.kinds import Senders, keep_nothing, kind_of
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


@dataclass(frozen=True)
class Direct:
    """What its slice says of a direct mail before it is sent."""

    holds: Callable[[OutboxMessage, datetime], bool]
    """Returns whether it can still be sent at that moment, such as a link that works."""
    unwritten: Callable[[OutboxMessage], None] = keep_nothing
    """Forgets what was kept of one that is deleted, because nobody can have got it."""


ALWAYS = Direct(lambda message, now: True)

_direct: dict[str, Direct] = {}


def register_holding(direct: Mapping[str, Direct]) -> None:
    """Say of direct mails, by the first part of their keys, whether they still hold; called when the program starts."""
    _direct.update(direct)


def direct_of(message: OutboxMessage) -> Direct:
    """Return what is said of such mails; of most, that they always hold."""
    return _direct.get(message.key.partition(":")[0], ALWAYS)
