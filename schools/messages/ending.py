"""Ending a message that holds no longer, before it is sent, or sent again."""

from datetime import datetime
from typing import Any

from django.db import transaction

from schools.messages.kinds import Kind
from schools.messages.models import CAME_BACK, NO_LONGER_TRUE, OutboxMessage
from schools.messages.sms import handed_over_beside


@transaction.atomic
def end_untrue(message: OutboxMessage, kind: Kind, *, now: datetime) -> None:
    """Delete a message that holds no longer and that nobody can have got; end another, as what its reader may know."""
    ended: dict[str, Any] = {"stopped_at": now, "left_at": now, "next_try": None}
    # Who has the SMS beside it believes it too, so a correction has to follow.
    if handed_over := message.handed_over_at or handed_over_beside(message):
        ended |= {"last_error": NO_LONGER_TRUE, "handed_over_at": handed_over}
        OutboxMessage.objects.unsent().filter(pk=message.pk).update(**ended)
    elif message.last_error.startswith(CAME_BACK):
        # What was written before it came back took it for known and does not say it: so that it never arrived stays written.
        OutboxMessage.objects.unsent().filter(pk=message.pk).update(**ended)
    else:
        kind.unwritten(message)
        OutboxMessage.objects.unsent().filter(pk=message.pk).delete()
