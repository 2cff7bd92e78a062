"""What a try of a message keeps of itself: that the mail server gets its text, what that says, and that it brought nothing."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from schools.messages.models import OutboxMessage


class TakenByAnother(Exception):
    """The sender was so slow that somebody else has the message now, or it is gone, or its link lets nobody in any more."""


def hold_ours(message: OutboxMessage) -> None:
    """Let nobody else take the message until the end of the transaction. Raises TakenByAnother where somebody has it already.

    Whoever took it meanwhile may have sent it by now: what they keep of it is what its reader knows.
    """
    ours = OutboxMessage.objects.unsent().filter(pk=message.pk, next_try=message.next_try)
    if not list(ours.select_for_update(of=("self",), no_key=True).order_by().values_list("pk", flat=True)):
        raise TakenByAnother


@transaction.atomic
def note_handed_over(message: OutboxMessage, *, before: datetime | None, now: datetime) -> None:
    """Note that the mail server gets the text of this try, and what it says. Raises TakenByAnother.

    `before`: since when, as was known as this try began, an earlier one may have arrived; None: none may.
    """
    ours = OutboxMessage.objects.filter(pk=message.pk, next_try=message.next_try)
    if not ours.update(handed_over_at=now, handed_over_before=before):
        raise TakenByAnother  # or it was taken back at this very moment
    message.handed_over_at = now
    if message.keep_said is not None:
        message.put_back = message.keep_said()


def brought_nothing(message: OutboxMessage) -> None:
    """Note that this try has not reached the reader: of an earlier one that may have, what that said stands again."""
    put_back, message.put_back = message.put_back, None
    if put_back is not None:
        with suppress(TakenByAnother), transaction.atomic():
            hold_ours(message)
            put_back()
