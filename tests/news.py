"""Telling people what they do not know yet, as the clock of an installation does it after a verb."""

from collections.abc import Callable, Collection
from datetime import datetime
from unittest.mock import patch

from schools.charity.queries import kept_for_one_request
from schools.messages import asking
from schools.messages.actions import deliver_due
from schools.messages.kinds import Draft, all_kinds
from schools.messages.smtp import Unanswered
from schools.models import OutboxMessage

NEWS = ("mornings", "visits", "given-back")
"""The kinds that tell of changes; the others remind, ask and thank by the calendar."""


def tell(now: datetime, *, kinds: Collection[str] = NEWS) -> int:
    """Write what is due at that moment into the outbox; return how many messages are new."""
    chosen = [kind for kind in all_kinds() if kind.name in kinds]
    with patch.object(asking, "all_kinds", return_value=chosen):
        return asking.write_due(clock=lambda: now)


def tell_and_send(now: datetime, *, kinds: Collection[str] = NEWS) -> int:
    """Write what is due at that moment, and send it; return how many messages were sent."""
    tell(now, kinds=kinds)
    return deliver_due(clock=lambda: now)[0]


def drafts(kind: str, now: datetime, about: Collection[int] | None = None) -> list[Draft]:
    """Return what a kind would write at that moment, with its words; a kind that breaks fails the test."""
    with kept_for_one_request():
        due = list(next(known for known in all_kinds() if known.name == kind).due(now, about))
        assert all(draft.subject and draft.body for draft in due)
        return due


def unanswered(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
    """Stand in for a mail server that takes the whole text and never answers."""
    before_text()
    raise Unanswered
