"""Asking the kinds of messages what should have gone out by now, and putting that into the outbox."""

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from itertools import batched

from django.db import IntegrityError, transaction
from django.tasks import task
from django.utils import timezone

from schools.charity.queries import kept_for_one_request
from schools.core.clocks import Clock
from schools.messages.actions import MAIL_QUEUE, nudge, put, put_sms
from schools.messages.kinds import Draft, Kind, all_kinds
from schools.messages.line import SOON
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.messages.suppression import AGAIN

logger = logging.getLogger(__name__)

TOGETHER = 500
"""So many drafts are looked for in the outbox by one query."""


class KindsBroke(Exception):
    """Kinds of message that could not be asked, so that nobody is written to about what they know; the log says why."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(f"These kinds of message broke, and wrote nothing more: {', '.join(names)}. The log says why.")


@task(queue_name=MAIL_QUEUE, priority=SOON)
def ask_soon(about: list[int]) -> int:
    """Ask the kinds now about what a verb has changed; the task queue calls this, so it reads the clock."""
    return write_due(clock=timezone.now, about=about)


def write_due(*, clock: Clock, about: Collection[int] | None = None) -> int:
    """Put every message that is due into the outbox and return how many are new; any number of processes may do so at once.

    `about`: the ids by which a verb woke the kinds; None: ask about everything. A kind that breaks does not take others with it;
    when all were asked, KindsBroke is raised, so that the job and the office's home say it.
    """
    written, broken = 0, list[str]()
    # Every text names the charity, and may be edited: both are read once for all kinds.
    with kept_for_one_request():
        for kind in all_kinds():
            if about is not None and not kind.is_woken:
                continue
            try:
                for drafts in batched(kind.due(clock(), about), TOGETHER):
                    written += _write_new(kind, drafts)
            except Exception:
                logger.exception("The kind of message %s broke", kind.name)
                broken.append(kind.name)
    if broken:
        raise KindsBroke(broken)
    return written


def drafts_about(about: Collection[int], *, now: datetime) -> list[tuple[Kind, Draft]]:
    """Return what the kinds that a verb wakes would write about these now, and write nothing; a kind that breaks is left out.

    What stands in the outbox already is left out too.
    """
    return _unwritten(_asked_safely(lambda kind: kind.due(now, about)))


def drafts_at_opening(about: Collection[int], *, now: datetime) -> list[tuple[Kind, Draft, datetime]]:
    """Return what they would write when the quiet hours end in which it is now, each with that moment; nothing in other hours."""

    def later(kind: Kind) -> Iterable[Draft]:
        moment = kind.opens(now=now)
        return kind.due(moment, about) if moment > now else ()

    return [(kind, draft, kind.opens(now=now)) for kind, draft in _unwritten(_asked_safely(later))]


def drafts_by_phone(about: Collection[int], *, now: datetime) -> list[tuple[Kind, Draft]]:
    """Return what they have to say about these to people who have no address."""
    return _asked_safely(lambda kind: kind.by_phone(now, about))


def _unwritten(drafts: list[tuple[Kind, Draft]]) -> list[tuple[Kind, Draft]]:
    keys = {draft.key for _, draft in drafts}
    errors = dict(OutboxMessage.objects.filter(key__in=keys).values_list("key", "last_error")) if keys else {}
    return [(kind, each) for kind, each in drafts if each.key not in errors or _holds_again(kind, errors[each.key])]


def _asked_safely(question: Callable[[Kind], Iterable[Draft]]) -> list[tuple[Kind, Draft]]:
    drafts: list[tuple[Kind, Draft]] = []
    for kind in all_kinds():
        if kind.is_woken:
            try:
                # In a savepoint: where a question breaks, the caller's transaction goes on.
                with transaction.atomic(), kept_for_one_request():
                    due = [(kind, draft) for draft in question(kind)]
                    # Their words too: an act that is only looked at is rolled back after this.
                    drafts += [(kind, draft) for kind, draft in due if draft.mail]
            except Exception:
                logger.exception("The kind of message %s broke", kind.name)
    return drafts


def _write_new(kind: Kind, drafts: Collection[Draft]) -> int:
    """Put those of the drafts into the outbox that are new, and return how many; most stand there since an earlier run.

    What an address stopped is looked at as well: its reader may have another one now.
    """
    there = OutboxMessage.objects.filter(key__in=[draft.key for draft in drafts], stopped_by=None)
    errors = dict(there.values_list("key", "last_error"))
    new = (draft for draft in drafts if draft.key not in errors or _holds_again(kind, errors[draft.key]))
    return sum(write_draft(kind, draft) for draft in new)


def _holds_again(kind: Kind, error: str) -> bool:
    """Whether a message that is due, and in the outbox with this error, was taken back, so that it may have told nobody.

    Kinds that correct what they said know who may have got it, and say what holds again in other words.
    """
    return error == NO_LONGER_TRUE and not kind.is_corrected


def write_draft(kind: Kind, draft: Draft, *, not_before: datetime | None = None) -> bool:
    """Put the draft into the outbox with what it is about; False where it is written already. It goes `not_before` then."""
    if OutboxMessage.objects.filter(key=draft.key).exists():
        return _goes_elsewhere(draft) or _goes_after_all(kind, draft)
    try:
        with transaction.atomic():
            message = put(draft.key, to=draft.to, subject=draft.subject, body=draft.body, kind=kind.name, not_before=not_before)
            kind.written(message, draft)
            if draft.sms and kind.by_sms:
                put_sms(message, draft.sms)
    except IntegrityError:  # somebody else has just written it, or another message with the same facts
        return False
    return True


def _goes_elsewhere(draft: Draft) -> bool:
    """Let a message that its address stopped go to the address that its reader has now; False where there is no such message.

    Nobody has a copy of it, so it gets another Message-ID, and a late report of the old one is not about it.
    """
    stopped = OutboxMessage.objects.undecided().filter(key=draft.key, stopped_by__isnull=False, handed_over_at=None)
    message = stopped.exclude(to__iexact=draft.to).first()
    # One statement decides: of two processes that ask at once, one lets it go.
    if message is None or not stopped.exclude(to__iexact=draft.to).filter(pk=message.pk).update(
        to=draft.to, message_id="", **AGAIN
    ):
        return False
    transaction.on_commit(partial(nudge, message), robust=True)
    return True


def _goes_after_all(kind: Kind, draft: Draft) -> bool:
    """Let a message go that was taken back and holds again; False where there is no such message.

    Whoever got it then gets it a second time by the same Message-ID, as after any try that had no answer.
    """
    message = OutboxMessage.objects.taken_back().filter(key=draft.key).first()
    if message is None or not _holds_again(kind, message.last_error):
        return False
    try:
        with transaction.atomic():
            # One statement decides: of two processes that ask at once, one lets it go.
            if not OutboxMessage.objects.taken_back().filter(pk=message.pk).update(to=draft.to, **AGAIN):
                return False
            kind.unwritten(message)
            kind.written(message, draft)
            if draft.sms and kind.by_sms and not OutboxMessage.objects.filter(beside=message).exists():
                put_sms(message, draft.sms)
            transaction.on_commit(partial(nudge, message), robust=True)
    except IntegrityError:  # another message says the same already
        return False
    return True
