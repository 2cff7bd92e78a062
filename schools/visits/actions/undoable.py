"""Acts on many rows and the messages that follow from them: shown before, kept back for a minute after, gone with an undo.

A look does the act, asks the kinds of messages and takes everything back, so what is shown is what is sent: by the same verb, of
the same kinds, from the same rows.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from schools.core.errors import RuleBroken
from schools.messages.asking import write_draft
from schools.messages.kinds import Draft, Kind, kind_of
from schools.messages.models import OutboxMessage, OutboxMessageQuerySet
from schools.visits.models import Batch, BatchKind, Session
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.outcome_kinds import CHASE
from schools.visits.planned_messages import PlannedMessages, planned_messages
from schools.visits.queries.held import written_of

type Act = Callable[[], Batch]
"""A verb with everything that it needs: it changes many rows and keeps them as one batch."""


class MessagesChanged(RuleBroken):
    """A refusal, because other messages would go than those that were looked at; `planned` are those that would go now."""

    def __init__(self, planned: PlannedMessages) -> None:
        self.planned = planned
        super().__init__(
            ["Other people would be told now, or something else, than you have seen. Look at the messages once more."]
        )


class _TakenBack(Exception):
    """What was done only to see whom it tells; `planned` is the answer."""

    def __init__(self, planned: PlannedMessages) -> None:
        self.planned = planned


def messages_of(act: Act, *, now: datetime) -> PlannedMessages:
    """Return whom the act would tell what, and change nothing. Raises RuleBroken as the act does."""
    try:
        with transaction.atomic():
            raise _TakenBack(_planned(act(), now=now))  # noqa: TRY301  # a transaction is rolled back by what is raised in it
    except _TakenBack as done:
        return done.planned


def held(act: Act, *, now: datetime, seen: str | None = None) -> Batch:
    """Do the act and return its batch; everything that it tells people waits until an undo in time has had its minute.

    A batch that is not stored, because nothing changed, holds nothing.

    `seen` is the digest of the messages that somebody has looked at; None: there was no look. Raises MessagesChanged where others
    would go, and RuleBroken as the act does; nothing is done then.
    """
    with transaction.atomic():
        batch = act()
        if batch._state.adding:  # noqa: SLF001  # as Django asks whether a row is stored
            return batch
        planned = _planned(batch, now=now)
        if seen is not None and seen != planned.digest:
            raise MessagesChanged(planned)
        _hold(batch, planned, now=now)
    return batch


def _planned(batch: Batch, *, now: datetime) -> PlannedMessages:
    batch.visits = batch.visits or _visits_of(batch)
    return planned_messages(batch.visits, now=now, besides=batch.asks)


def _visits_of(batch: Batch) -> list[int]:
    """Return the ids of the visits whose rows the batch has changed."""
    ids: dict[str, set[int]] = {}
    for change in batch.changes:
        ids.setdefault(change["table"], set()).add(change["pk"])
    touched = Session.objects.filter(Q(pk__in=ids.get("session", ())) | Q(covers__in=ids.get("cover", ())))
    return sorted({*ids.get("visit", ()), *touched.order_by().values_list("visit", flat=True)})


def _hold(batch: Batch, planned: PlannedMessages, *, now: datetime) -> None:
    """Write the messages that are due, none of which leaves before the batch lets it; the caller's transaction has done the act.

    They are written here and not by the next task, so that the page can say how many they are, and an undo can take them away.
    Whatever another process writes about these visits meanwhile waits as long (schools.visits.keeping).
    """
    batch.held_until = now + HELD_FOR + CLOCKS_APART
    batch.save(update_fields=["held_until", "visits"])
    due: list[tuple[Kind, Draft]] = [
        (message.kind, message.draft)
        for message in planned.messages
        if message.draft.to and (message.opens is None or message.kind.waits_written)
    ]
    for kind, draft in due:
        write_draft(kind, draft, not_before=batch.held_until)
    keys = [draft.key for _, draft in due]
    untouched = OutboxMessage.objects.filter(key__in=keys).unbegun()
    untouched.update(next_try=batch.held_until)
    batch.messages = sorted(untouched.values_list("pk", flat=True))
    batch.save(update_fields=["messages"])


def kept_back_with(batch: Batch) -> OutboxMessageQuerySet:
    """Return what was kept back with the batch and an undo takes away, locked: nobody sends it before the undo is done.

    That is what nobody has begun to send. An invitation, about which nobody is asked before it goes, is taken away as long as
    nobody can have got it: whoever is about to send it, or to try again, is kept from it, as they write that down before the text
    leaves.
    """
    if batch.kind == BatchKind.INVITE:
        nobodys = written_of(batch).unsent().filter(handed_over_at=None)
        return nobodys.select_for_update(of=("self",)).order_by("pk")
    # What waited for the end of the quiet hours was written later, by whoever asked the kinds, and is held by nothing; a question
    # how it went waits for it in the outbox, and is of no other batch.
    its_own = Q(next_try=batch.held_until) | Q(kind=CHASE)
    unbegun = written_of(batch).unbegun().filter(its_own | ~Q(pk__in=batch.messages or ()))
    return unbegun.select_for_update(of=("self",)).order_by("pk")


def forget_held(batch: Batch, *, but: Collection[str] = ()) -> Iterable[str]:
    """Delete what was kept back with the batch, without the messages of these keys; the transaction of its undo calls it.

    Who is sending one at this moment asks its kind once more before the text leaves, and a message that went out is corrected by
    the next one. Only a question how it went stands as it is: its number is returned, in a sentence for who undoes it.
    """
    its_own, kept_back = batch.messages or (), kept_back_with(batch).exclude(key__in=but)
    # An SMS may have left before its mail: then both stay, and the mail's kind ends it and corrects what the phone has.
    beside = OutboxMessage.objects.filter(beside__in=list(kept_back)).select_for_update(of=("self",)).order_by("pk")
    left = {sms.beside_id for sms in beside if sms.handed_over_at}
    waiting = [message for message in kept_back if message.pk not in left]
    for message in waiting:
        if kind := kind_of(message):
            kind.unwritten(message)
    OutboxMessage.objects.filter(pk__in=[message.pk for message in waiting]).delete()
    gone = len(its_own) - len(waiting)
    if batch.kind != BatchKind.CHASE or not gone:
        return []
    return ["1 person was asked already." if gone == 1 else f"{gone} people were asked already."]
