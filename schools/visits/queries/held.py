"""What became of the messages of an act that can be undone, for the bar that offers the undo."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from schools.messages.kinds import kind_of
from schools.messages.masking import subject_to_show
from schools.messages.models import OutboxMessage
from schools.visits.models import Batch

MOST_NAMED = 5
"""People named in the sentence about an undo."""


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


def _not_corrected(batch: Batch) -> list[tuple[str, str]]:
    """Return to whom and about what those messages of an undone batch had gone that no news follows, in one query."""
    has_gone = Q(sent_at__isnull=False) | Q(handed_over_at__isnull=False)
    written = OutboxMessage.objects.filter(has_gone, pk__in=batch.messages or ()).order_by("pk")
    kinds = [(message, kind_of(message)) for message in written]
    return [(message.to, subject_to_show(message)) for message, kind in kinds if kind and not kind.is_corrected]


def heard_of_it(batch: Batch, *, now: datetime) -> str:
    """Return who had heard of the batch that was undone, as a sentence or two; "" where it told nobody anything."""
    if not batch.messages:
        return ""
    held = held_messages(batch, now=now)
    number = held.number if held else 0
    if not number:
        return " Nobody had been told of it, and nobody is."
    left = _not_corrected(batch)
    words = f" {'1 message' if number == 1 else f'{number} messages'} had gone or could not be stopped"
    if len(left) < number:
        words += ": they are told what holds now." if not left else f": {number - len(left)} of them are told what holds now."
    else:
        words += "."
    if left:
        people = "; ".join(f"{to} (“{subject}”)" for to, subject in left[:MOST_NAMED])
        more = f"; and {len(left) - MOST_NAMED} more, who stand in Messages" if len(left) > MOST_NAMED else ""
        words += f" No mail corrects this, so speak with them: {people}{more}."
    return words
