"""What became of the messages of an act that can be undone, for the bar that offers the undo."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from schools.messages.models import OutboxMessage
from schools.visits.models import Batch


@dataclass(frozen=True)
class HeldMessages:
    """How many messages of an act wait, went and were stopped, and until when an undo is heard of by nobody."""

    waiting: int
    went: int
    stopped: int
    until: datetime
    seconds: int
    """From now until then; 0: it is over."""

    @property
    def number(self) -> int:
        """All of them."""
        return self.waiting + self.went + self.stopped


def held_messages(batch: Batch, *, now: datetime) -> HeldMessages | None:
    """Return what became of the messages that the batch wrote, in one query; None where it wrote none."""
    until = batch.undo_until
    if until is None or not batch.messages:
        return None
    written = OutboxMessage.objects.filter(pk__in=batch.messages)
    went, stopped = Q(sent_at__isnull=False), Q(sent_at=None, stopped_at__isnull=False)
    waiting = Q(sent_at=None, stopped_at=None)
    numbers = written.aggregate(
        waiting=Count("pk", filter=waiting), went=Count("pk", filter=went), stopped=Count("pk", filter=stopped)
    )
    return HeldMessages(**numbers, until=until, seconds=max(0, int((until - now).total_seconds())))
