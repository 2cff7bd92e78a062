"""Whether mail goes out, and says what somebody wanted it to say."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from schools.messages.models import EditedText, OutboxMessage
from schools.messages.pace import is_limited
from schools.messages.texts import text_of
from schools.messages.wording import fits
from schools.running.health import Check, Finding

LATE = timedelta(minutes=2)
"""Mail is sent at once, else within half a minute."""
STILL = timedelta(seconds=45)
"""Where nothing at all went out for so long although something was due, it is late by then: faults are seen within a minute."""
NOBODY_SENDS = "Nobody sends it, or the mail server takes very long to answer: see to speakout-mail."


def look_at_outbox(now: datetime) -> Finding:
    """Look for mail that is due and that nobody sends, and for a mail server that is not there.

    A message that the server refused for now waits for its next try, and is no fault. One that did not reach the server has no
    attempt, but an error (`schools.messages.actions`).
    """
    of_use = OutboxMessage.objects.unsent().filter(Q(expires_at=None) | Q(expires_at__gt=now), stopped_at=None)
    no_entry = Q(attempts=0) & ~Q(last_error="")
    nothing_went_out = ~Exists(OutboxMessage.objects.filter(sent_at__gt=now - STILL))
    nobody_sends = Q(due_since__lt=now - LATE) | Q(due_since__lt=now - STILL) & nothing_went_out
    if is_limited():
        # Mail waits for its turn; it is late where nothing goes at all.
        nobody_sends = Q(due_since__lt=now - LATE) & ~Exists(OutboxMessage.objects.filter(sent_at__gt=now - LATE))
    waiting = of_use.annotate(due_since=Coalesce("next_try", "created_at")).filter(no_entry | nobody_sends)
    late = waiting.aggregate(number=Count("pk"), since=Min("created_at"), error=Max("last_error", filter=no_entry))
    if not late["number"]:
        return Finding.well("No mail waits longer than it should.")
    since = timezone.localtime(late["since"])
    why = f"The mail server is not there ({late['error'][:200]})." if late["error"] else NOBODY_SENDS
    mails = "1 mail has" if late["number"] == 1 else f"{late['number']:,} mails have"
    return Finding.fault(f"{mails} waited, the oldest since {since:%d %b, %H:%M}. {why}")


def look_at_texts(now: datetime) -> Finding:
    """Look for edited texts that do not fit their message any more; the built-in ones are sent in their place."""
    rows = EditedText.objects.all()
    broken = [known.words for row in rows if (known := text_of(row.key)) and not fits(known, row.text)]
    if not broken:
        return Finding.well(_well(len(rows)))
    named = ", ".join(f"“{words}”" for words in broken[:3])
    number = "1 edited text does" if len(broken) == 1 else f"{len(broken)} edited texts do"
    return Finding.fault(
        f"{number} not fit the message, so the built-in one is sent: {named}. Write it anew under Texts of messages."
    )


def _well(number: int) -> str:
    if not number:
        return "Every text is as it is built in."
    return f"{number:,} edited text{'' if number == 1 else 's'}, and each fits its message."


CHECKS = (
    Check("outbox", "Mail that is due", look_at_outbox),
    Check("texts", "Texts of messages", look_at_texts),
)
