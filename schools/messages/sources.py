"""Where an address is from that its owner did not give: the first mail says so, and how to object (UK GDPR, articles 14 and 21).

The slice that keeps such addresses registers itself here (schools/apps.py); this one asks it before each mail, and says what
became of the mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schools.messages.envelopes import Source
from schools.messages.models import OF_SIGNING_IN, OutboxMessage
from schools.messages.pace import NotThisYet

OTHER_FIRST = timedelta(seconds=20)
"""How long a mail waits where another mail to the same address is on its way with these words: that one may fail yet."""


class OtherFirst(NotThisYet):
    """Another mail to the same address is on its way with these words, and nobody knows yet whether it arrives."""


@dataclass(frozen=True)
class Keeper:
    """Who keeps from where addresses are."""

    claim: Callable[[OutboxMessage, datetime], Source | None]
    """Takes what the mail is the first to say; None: nothing is to be said. Raises OtherFirst."""
    told: Callable[[int, datetime], None]
    """The mail of this number went out with it, then."""
    not_told: Callable[[int], None]
    """The mail of this number did not arrive, as far as anybody knows: the next one says it."""


_keepers: list[Keeper] = []


def register(keeper: Keeper) -> None:
    """Name who keeps from where addresses are; called once, when the program starts."""
    _keepers[:] = [keeper]


def claim(message: OutboxMessage, *, now: datetime) -> Source | None:
    """Return what this message is the first to say to its address; None where it says nothing of the kind. Raises OtherFirst.

    An SMS goes beside a mail. Mail of signing in was asked for by whoever reads it.
    """
    if message.is_sms or message.key.startswith(OF_SIGNING_IN):
        return None
    return next((source for keeper in _keepers if (source := keeper.claim(message, now))), None)


def told(message: OutboxMessage, *, now: datetime) -> None:
    """Write down that the message went out with what it was the first to say."""
    for keeper in _keepers:
        keeper.told(message.pk, now)


def not_told(message: OutboxMessage) -> None:
    """Write down that the message did not arrive: the next one to its address is the first."""
    for keeper in _keepers:
        keeper.not_told(message.pk)
