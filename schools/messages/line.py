"""Which message goes first: who signs in waits for it, an alarm is acted on within the hour, the others go oldest first."""

from django.db.models import Case, QuerySet, Value, When

from schools.messages.kinds import alarms
from schools.messages.models import OF_SIGNING_IN, OutboxMessage

SIGNING_IN, SOON, IN_LINE = 20, 10, 0
"""Which task of the mail goes first: a code, for which somebody waits; alarms, SMS and what a verb wakes; other mails."""


def priority_of(message: OutboxMessage) -> int:
    """Return the priority of the task that sends the message, so that nothing urgent waits behind hundreds of other mails."""
    if message.key.startswith(OF_SIGNING_IN):
        return SIGNING_IN
    return SOON if message.is_sms or message.kind in alarms() else IN_LINE


def in_line(messages: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """Return the messages in the order in which they go: those of signing in, then alarms, then the oldest first."""
    waits = Case(When(key__startswith=OF_SIGNING_IN, then=Value(0)), When(kind__in=alarms(), then=Value(1)), default=Value(2))
    return messages.order_by(waits, "created_at", "pk")
