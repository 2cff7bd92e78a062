"""Whether mail goes out, and SMS, and says what somebody wanted it to say."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from schools.messages.models import CAME_BACK, Channel, EditedText, OutboxMessage
from schools.messages.pace import is_limited, sms_of_today
from schools.messages.sms import is_on
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
    of_use = OutboxMessage.objects.mails().unsent().filter(Q(expires_at=None) | Q(expires_at__gt=now), stopped_at=None)
    # What came back and is tried again keeps that it did, for instance while it waits for the morning.
    no_entry = Q(attempts=0) & ~Q(last_error="") & ~Q(last_error__startswith=CAME_BACK)
    nothing_went_out = ~Exists(OutboxMessage.objects.mails().filter(sent_at__gt=now - STILL))
    nobody_sends = Q(due_since__lt=now - LATE) | Q(due_since__lt=now - STILL) & nothing_went_out
    if is_limited():
        # Mail waits for its turn; it is late where nothing goes at all.
        nobody_sends = Q(due_since__lt=now - LATE) & ~Exists(OutboxMessage.objects.mails().filter(sent_at__gt=now - LATE))
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


def look_at_sms(now: datetime) -> Finding:
    """Look for SMS that who takes them does not take, or that are more than may go in a day; else say how many went today."""
    if not is_on():
        return Finding.note("No SMS go (SPEAKOUT_SMS).")
    gone, most = sms_of_today(now=now), settings.SPEAKOUT_SMS_PER_DAY
    went = f"{gone:,} of at most {most:,} SMS went today."
    waiting = OutboxMessage.objects.filter(channel=Channel.SMS, sent_at=None, stopped_at=None)
    late = waiting.filter(created_at__lt=now - LATE)
    if error := late.exclude(last_error="").values_list("last_error", flat=True).first():
        return Finding.fault(f"SMS do not go out ({error[:200]}). See to the account and the settings of SMS.")
    if gone >= most and waiting.exists():
        return Finding.fault(
            f"{went} The others wait, and the mails beside them go. Raise SPEAKOUT_SMS_PER_DAY if that is too few."
        )
    if late.filter(Q(next_try=None) | Q(next_try__lt=now - LATE)).exists():
        return Finding.fault("SMS wait longer than they should. Nobody sends them: see to speakout-mail.")
    return Finding.well(went)


CHECKS = (
    Check("outbox", "Mail that is due", look_at_outbox),
    Check("sms", "SMS", look_at_sms),
    Check("texts", "Texts of messages", look_at_texts),
)
