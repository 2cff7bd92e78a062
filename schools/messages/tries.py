"""How far a try of a message came: the mail server gets its text, which says something, or it brought nothing, or came back."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from schools.messages import sources
from schools.messages.kinds import kind_of
from schools.messages.models import CAME_BACK, NO_LONGER_TRUE, OutboxMessage, SuppressedAddress
from schools.messages.refusals import without_others
from schools.messages.suppression import release


class TakenByAnother(Exception):
    """The sender was so slow that somebody else has the message now, or it is gone, or its link lets nobody in any more."""


def hold_ours(message: OutboxMessage) -> None:
    """Let nobody else take the message until the end of the transaction. Raises TakenByAnother where somebody has it already.

    Whoever took it meanwhile may have sent it by now: what they keep of it is what its reader knows.
    """
    ours = OutboxMessage.objects.unsent().filter(pk=message.pk, next_try=message.next_try)
    if not list(ours.select_for_update(of=("self",), no_key=True).order_by().values_list("pk", flat=True)):
        raise TakenByAnother


def note_handed_over(message: OutboxMessage, *, before: datetime | None, now: datetime) -> None:
    """Note that the mail server gets the text of this try, and what it says. Raises TakenByAnother.

    `before`: since when, as was known as this try began, an earlier one may have arrived; None: none may.
    """
    with transaction.atomic():
        ours = OutboxMessage.objects.filter(pk=message.pk, next_try=message.next_try)
        if not ours.update(handed_over_at=now, handed_over_before=before):
            raise TakenByAnother  # or it was taken back at this very moment
        if message.keep_said is not None:
            message.keep_said()
    # Not before it is stored: else a failure on the way would put back what an earlier try may have brought.
    message.handed_over_at, message.is_handed_over = now, True


def brought_nothing(message: OutboxMessage, *, before: datetime | None) -> None:
    """Keep again what may have arrived `before`, if the mail server got the text of this try; None: nothing may.

    It belongs into the transaction that writes down that this try has brought nothing.
    """
    if message.is_handed_over:
        _put_back(message, before)


def _put_back(message: OutboxMessage, before: datetime | None) -> None:
    kind = kind_of(message)
    if before is not None and kind is not None:
        kind.put_back(message)


def bring_back(message: OutboxMessage, words: str, *, row: SuppressedAddress | None, is_lifted: bool, now: datetime) -> None:
    """Write down that the message came back: whoever should have read it counts as not told.

    It follows what becomes of the address, `row`. Where somebody has lifted that since (`is_lifted`), a message of a kind is
    tried again at once; where the address is not at fault, a manager looks at it. One copy came back: that of an earlier try may
    have arrived all the same. One that had no answer, so that nobody knew whether it arrived, came back too.
    """
    sources.not_told(message)
    unsure = Q(sent_at=None, handed_over_at__isnull=False, left_at=None)
    unsure &= ~Q(last_error__startswith=CAME_BACK) & ~Q(last_error=NO_LONGER_TRUE)
    theirs = OutboxMessage.objects.filter(Q(stopped_at=None) | unsure, pk=message.pk, message_id=message.message_id)
    words = f"{CAME_BACK}{without_others(words, message.to)}"
    undone: dict[str, object] = {"sent_at": None, "handed_over_at": F("handed_over_before"), "next_try": None}
    goes_again = is_lifted and bool(message.kind)
    with transaction.atomic():
        if goes_again:
            # One that is being sent goes on by itself.
            theirs = theirs.filter(Q(sent_at__isnull=False) | Q(stopped_at__isnull=False))
        if theirs.update(**undone, stopped_at=now, stopped_by=row, last_error=words):
            before = OutboxMessage.objects.values_list("handed_over_at", flat=True).get(pk=message.pk)
            _put_back(message, before)
            if goes_again:
                release(OutboxMessage.objects.filter(pk=message.pk))
