"""Telling people what they do not know yet, as the clock of an installation does it after a verb."""

from datetime import datetime

from schools.messages.actions import deliver_due
from schools.messages.asking import write_due


def tell(now: datetime) -> int:
    """Write what is due at that moment into the outbox; return how many messages are new."""
    return write_due(clock=lambda: now)


def tell_and_send(now: datetime) -> int:
    """Write what is due at that moment, and send it; return how many messages were sent."""
    tell(now)
    return deliver_due(clock=lambda: now)[0]
