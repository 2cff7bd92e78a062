"""Ending a message that holds no longer, before it is sent, or sent again, and the SMS beside one."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When

from schools.core.secrets import without_links
from schools.messages.direct import direct_of
from schools.messages.kinds import Draft, Kind
from schools.messages.models import CAME_BACK, NO_LONGER_TRUE, OutboxMessage
from schools.messages.pace import NotThisYet
from schools.messages.sms import ON_ITS_WAY, handed_over_beside, last_told
from schools.messages.tries import hold_ours


def body_without_links(message: OutboxMessage) -> Case:
    """Return the text of a message as it is kept once it goes no more: without the links by which its reader answers."""
    # Who was erased meanwhile is in our copy of the text, and no longer in the one that is stored: that one stays.
    without = Value(without_links(message.body))
    return Case(When(body=message.body, then=without), default=F("body"), output_field=TextField())


@transaction.atomic
def end_untrue(message: OutboxMessage, kind: Kind | None, *, now: datetime) -> None:
    """Delete a message that holds no longer and that nobody can have got; end another, as what its reader may know.

    `kind` None: a direct one. Raises TakenByAnother.
    """
    hold_ours(message)
    ended: dict[str, Any] = {"stopped_at": now, "left_at": now, "next_try": None, "body": body_without_links(message)}
    # Who has the SMS beside it believes it too, so a correction has to follow.
    if handed_over := message.handed_over_at or handed_over_beside(message):
        ended |= {"last_error": NO_LONGER_TRUE, "handed_over_at": handed_over}
        OutboxMessage.objects.unsent().filter(pk=message.pk).update(**ended)
    elif kind is not None and kind.is_corrected and message.last_error.startswith(CAME_BACK):
        # News written before it came back took it for known and do not say it: so that it never arrived stays written.
        OutboxMessage.objects.unsent().filter(pk=message.pk).update(**ended)
    else:
        unwritten = direct_of(message).unwritten if kind is None else kind.unwritten
        unwritten(message)
        OutboxMessage.objects.unsent().filter(pk=message.pk).delete()


def is_true_beside(sms: OutboxMessage, kind: Kind, *, now: datetime) -> bool:
    """Ask whether the news of the mail beside which the SMS goes still hold and its reader wants SMS; delete it where not.

    It is deleted, too, where the phone has just been told the same, by the SMS of another mail: a mail that could not be sent may
    be followed by another with the same news. Nobody can have got it: one that was handed over is not tried again. Raises
    TakenByAnother, and NotThisYet where the other is on its way, and may still be refused.
    """
    mail = sms.beside
    draft = kind.again(mail, now) if mail else None
    with transaction.atomic():
        hold_ours(sms)
        if _has_words(sms, mail, draft):
            last = last_told(sms, now=now)
            if last is None or last.body != sms.body:
                return True
            if last.sent_at is None and last.stopped_at is None:
                raise NotThisYet(now + ON_ITS_WAY)
        OutboxMessage.objects.unsent().filter(pk=sms.pk).delete()
        return False


def _has_words(sms: OutboxMessage, mail: OutboxMessage | None, draft: Draft | None) -> bool:
    """Give the SMS the words and the number of the draft of its mail; return whether there are any."""
    if draft is None or mail is None or draft.key != mail.key or draft.sms is None:
        return False
    if (sms.to, sms.body) != (draft.sms.to, draft.sms.words):
        sms.to, sms.body, sms.subject = draft.sms.to, draft.sms.words, draft.sms.words.splitlines()[0]
        OutboxMessage.objects.filter(pk=sms.pk).update(to=sms.to, body=sms.body, subject=sms.subject)
    return True
