"""What became of the messages of an act that can be undone, for the bar that offers the undo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from schools.messages.hours import is_quiet, opening
from schools.messages.kinds import kind_of
from schools.messages.masking import subject_to_show
from schools.messages.models import OutboxMessage, OutboxMessageQuerySet
from schools.visits.models import Batch, BatchKind, Cover, CoverState, KnownBy, MessageAbout
from schools.visits.queries.given_back import GIVEN_BACK, key_of_decision

MOST_NAMED = 5
"""People named in the sentence about an undo."""
KNOWN_BY_PHONE = " Who was told of it on the phone is mailed what holds now, or stands under Tell these people."
OF_SCHOOLS = frozenset({"visit", "session", "headcount"})
"""The tables whose rows a school hears of, as batches name them."""
WHEN = frozenset({"day", "starts"})
"""The columns of a session that a mail to coordinators names."""


@dataclass(frozen=True)
class HeldMessages:
    """How many messages of an act wait, went and were stopped, and until when an undo is heard of by nobody.

    One that was of no use any more before it could go, as its link has ended, is none of these.
    """

    waiting: int
    went: int
    stopped: int
    until: datetime
    seconds: int
    """From now until then; 0: it is over."""
    opens: datetime | None
    """When those that wait go, where they wait in the outbox for the end of the quiet hours; None: once that minute is over."""

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
    waiting = Q(sent_at=None, stopped_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    numbers = written.aggregate(
        waiting=Count("pk", filter=waiting), went=Count("pk", filter=went), stopped=Count("pk", filter=stopped)
    )
    seconds = max(0, int((until - now).total_seconds()))
    opens = opening(now) if batch.kind == BatchKind.CHASE and is_quiet(now) else None
    return HeldMessages(**numbers, until=until, seconds=seconds, opens=opens)


def written_of(batch: Batch) -> OutboxMessageQuerySet:
    """Return the mails that the batch wrote, and those that told of it later.

    That is once the quiet hours ended in which these waited, or in other words, where something changed before these had gone.
    """
    held = (batch.made_at, batch.held_until or batch.made_at)
    own = OutboxMessage.objects.mails().filter(pk__in=batch.messages or ())
    are_gone = bool(batch.messages) and not own.exists()
    later = _written_later(batch) if are_gone or any(is_quiet(moment, weekends=True) for moment in held) else set()
    return OutboxMessage.objects.mails().filter(pk__in={*(batch.messages or ()), *later})


def _written_later(batch: Batch) -> set[int]:
    """Return the ids of the first mail to each reader that followed, where none was written at once; four queries at most."""
    written = MessageAbout.objects.filter(visit__in=batch.visits or (), is_reminder=False, message__isnull=False)
    at_once = Q(message__in=batch.messages or ())
    columns = ("visit", "volunteer", "school", "message")
    since = written.filter(at_once | Q(message__created_at__gt=batch.made_at)).order_by("pk").values_list(*columns)
    first: dict[tuple[int, int | None, int | None], int] = {}
    for visit, volunteer, school, message in since:
        first.setdefault((visit, volunteer, school), message)
    people, is_of_schools = _changed_for(batch)
    # Where people alone were changed, schools were told something else since.
    theirs = {pk for (_, person, _), pk in first.items() if person in people or (person is None and is_of_schools)}
    return theirs | _of_given_back(batch, people)


def _of_given_back(batch: Batch, people: Iterable[int]) -> set[int]:
    """Return the ids of mails to coordinators that somebody can't come, which the act caused or whose day it changed.

    It caused those about who left; one about a session that it moved names the new day.
    """
    moved = [change["pk"] for change in batch.changes if change["table"] == "session" and change["after"].keys() & WHEN]
    gone = Cover.objects.filter(session__in=moved, state=CoverState.WITHDRAWN).values_list("volunteer", "answered_at")
    decisions = {(person, batch.made_at) for person in people} if batch.kind == BatchKind.LEAVE else set(gone)
    if not decisions:
        return set()
    begins = reduce(or_, (Q(key__startswith=key_of_decision(*decision)) for decision in decisions))
    since = OutboxMessage.objects.filter(begins, kind=GIVEN_BACK, created_at__gte=batch.made_at)
    return set(since.values_list("pk", flat=True))


def _changed_for(batch: Batch) -> tuple[set[int], bool]:
    """Return for which volunteers (by id) the batch changed anything, and whether it did for schools; one query."""
    covers = [change["pk"] for change in batch.changes if change["table"] == "cover"]
    people = set(Cover.objects.filter(pk__in=covers).values_list("volunteer", flat=True))
    return people, any(change["table"] in OF_SCHOOLS for change in batch.changes)


def _is_known_otherwise(batch: Batch) -> bool:
    """Return whether somebody for whom the batch changed anything was told on the phone since."""
    people, is_of_schools = _changed_for(batch)
    theirs = Q(volunteer__in=people) | Q(school__isnull=False) if is_of_schools else Q(volunteer__in=people)
    ticked = MessageAbout.objects.filter(theirs, visit__in=batch.visits or (), known_by=KnownBy.OTHERWISE)
    return ticked.filter(at__gte=batch.made_at).exists()


def _not_corrected(gone: Iterable[OutboxMessage]) -> list[tuple[str, str]]:
    """Return to whom and about what those of the messages that have gone went that no news follows."""
    kinds = [(message, kind_of(message)) for message in gone if message.sent_at or message.handed_over_at]
    return [(message.to, subject_to_show(message)) for message, kind in kinds if kind and not kind.is_corrected]


def heard_of_it(batch: Batch) -> str:
    """Return who had heard of the batch that was undone, as a sentence or two; "" where it told nobody anything.

    Of invitations it is not asked once one has stayed: each that does is named by the undo itself.

    What waited for the end of the quiet hours counts, though the batch did not write it itself. What nobody has begun to send
    does not: an undo has taken that away, so it was written since, and tells what holds now.
    """
    written_since = OutboxMessage.objects.unbegun().exclude(pk__in=batch.messages or ())
    written = list(written_of(batch).exclude(pk__in=written_since.values("pk")).order_by("pk"))
    by_phone = KNOWN_BY_PHONE if _is_known_otherwise(batch) else ""
    if not written:
        return by_phone or (" Nobody had been told of it, and nobody is." if batch.messages else "")
    return f"{_of_mails(written)}{by_phone}"


def _are(number: int) -> str:
    return "1 of them is" if number == 1 else f"{number} of them are"


def _of_mails(written: Sequence[OutboxMessage]) -> str:
    """Return how many of the mails had gone, and with whom to speak because no mail corrects theirs."""
    number, left = len(written), _not_corrected(written)
    words = f" {'1 message' if number == 1 else f'{number} messages'} had gone or could not be stopped"
    if len(left) < number:
        words += ": they are told what holds now." if not left else f": {_are(number - len(left))} told what holds now."
    else:
        words += "."
    if left:
        people = "; ".join(f"{to} (“{subject}”)" for to, subject in left[:MOST_NAMED])
        more = f"; and {len(left) - MOST_NAMED} more, who stand in Messages" if len(left) > MOST_NAMED else ""
        words += f" No mail corrects this, so speak with them: {people}{more}."
    return words
