"""What became of a message, in words and as a filter: sent, waiting, came back, or taken back."""

from datetime import datetime
from enum import Enum

from schools.messages.models import NO_LONGER_TRUE, OutboxMessage, OutboxMessageQuerySet


class State(Enum):
    """What became of a message; the value stands in addresses."""

    SENT = "sent"
    WAITS = "waits"
    CAME_BACK = "came-back"
    """It was refused for good."""
    UNSURE = "unsure"
    """The mail server had it and gave no answer."""
    TAKEN_BACK = "taken-back"
    """What it says was true no longer, after the mail server may have had it."""
    TOO_LATE = "too-late"
    """It was of no use any more before it could be sent."""

    @property
    def words(self) -> str:
        """The state as the office calls it."""
        return _WORDS[self]


_WORDS = {
    State.SENT: "Sent",
    State.WAITS: "Waits",
    State.CAME_BACK: "Came back",
    State.UNSURE: "Nobody knows whether it arrived",
    State.TAKEN_BACK: "Taken back",
    State.TOO_LATE: "Too late",
}


def state_of(message: OutboxMessage, *, now: datetime) -> State:
    """Return what became of the message by now."""
    if message.sent_at:
        return State.SENT
    if message.stopped_at:
        if message.last_error == NO_LONGER_TRUE:
            return State.TAKEN_BACK
        return State.UNSURE if message.handed_over_at else State.CAME_BACK
    return State.TOO_LATE if message.expires_at and message.expires_at <= now else State.WAITS


def in_state(messages: OutboxMessageQuerySet, state: State, *, now: datetime) -> OutboxMessageQuerySet:
    """Return those of the messages that are in the state by now."""
    if state is State.SENT:
        return messages.exclude(sent_at=None)
    if state is State.TOO_LATE:
        return messages.expired(now=now).filter(stopped_at=None)
    if state is State.WAITS:
        return messages.unsent().of_use(now=now).filter(stopped_at=None)
    if state is State.TAKEN_BACK:
        return messages.taken_back()
    is_unsure = state is State.UNSURE
    return messages.stopped().exclude(last_error=NO_LONGER_TRUE).filter(handed_over_at__isnull=not is_unsure)
