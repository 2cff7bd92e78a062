"""Which message goes first: codes, for which somebody waits; alarms and SMS, which are urgent; then the oldest of the others."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When

from schools.core.clocks import Clock
from schools.messages.kinds import alarms
from schools.messages.models import OF_SIGNING_IN, Channel, OutboxMessage

SIGNING_IN, SOON, IN_LINE = 20, 10, 0
"""Which task of the mail goes first: a code, for which somebody waits; alarms, SMS and what a verb wakes; other mails."""

LOOKS_AGAIN = timedelta(seconds=5)
"""After how long a run looks for what is urgent again: soon for who waits, seldom beside the mails of a fast server."""


def priority_of(message: OutboxMessage) -> int:
    """Return the priority of the task that sends the message, so that nothing urgent waits behind hundreds of other mails."""
    if message.key.startswith(OF_SIGNING_IN):
        return SIGNING_IN
    return SOON if message.is_sms or message.kind in alarms() else IN_LINE


def in_line(messages: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """Return the messages in the order in which they go, each with its `priority`: by that, and then the oldest first."""
    is_soon = Q(channel=Channel.SMS) | Q(kind__in=alarms())
    priority = Case(When(key__startswith=OF_SIGNING_IN, then=SIGNING_IN), When(is_soon, then=SOON), default=Value(IN_LINE))
    return messages.annotate(priority=priority).order_by("-priority", "created_at", "pk")


def in_turn(*, clock: Clock, closed: Mapping[str, datetime]) -> Iterator[tuple[int, str]]:
    """Yield id and channel of each message that is due, in the order in which they go, and none while its channel is closed.

    `closed` says until when each is, and may change meanwhile. A run through hundreds of mails takes many minutes: what is due
    since and does not wait in line, such as the second try of an alarm, goes before the next of them.
    """

    def is_open(channel: str) -> bool:
        return channel not in closed or closed[channel] <= clock()

    def due() -> Any:
        return in_line(OutboxMessage.objects.due(now=clock()))

    looked_at = clock()
    for message_id, channel, priority in list(due().values_list("pk", "channel", "priority")):
        if priority == IN_LINE and is_open(channel) and clock() >= looked_at + LOOKS_AGAIN:
            # Each once before the next that waits, so that one which fails again and again holds up nobody.
            looked_at, urgent = clock(), due().filter(priority__gt=IN_LINE).values_list("pk", "channel")
            yield from (each for each in list(urgent) if is_open(each[1]))
        if is_open(channel):
            yield message_id, channel
