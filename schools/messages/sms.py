"""SMS beside a mail: whether they go at all, who said yes, whether one is still true, and what becomes of a number.

An SMS replaces no mail: it stands beside the mail with the same news, its text follows from that mail's draft, and each mail has
one at most. So one person gets at most one SMS for one decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.phones import mobile
from schools.messages.models import CAME_BACK, Channel, OutboxMessage, SuppressedAddress
from schools.messages.smtp import Unanswered
from schools.messages.suppression import mark

NONE = "none"
KEY = "sms:"
"""How the key of an SMS begins; the key of its mail follows, so that each mail has one at most."""

JUST = timedelta(hours=12)
"""So long the same words to the same number are said once."""
LONGEST_WAIT = timedelta(days=7)
"""What has waited longer is not looked for: rows are found by their age, and an SMS is about what begins within days."""
ON_ITS_WAY = timedelta(seconds=20)
"""How long an SMS waits for another with the same words of which whoever takes SMS has not said yet whether they took it."""

WANTS_NO_MORE = "They answered STOP."

_tables_with_numbers: list[Any] = [User]


def register_numbers(table: Any) -> None:
    """Let STOP also take back what rows of this table said yes to, in `sms_number` and `sms_since`."""
    if table not in _tables_with_numbers:
        _tables_with_numbers.append(table)


@dataclass(frozen=True)
class Sms:
    """What a draft says by SMS too, and to which number."""

    to: str
    words: str


def is_on() -> bool:
    """Return whether SMS go at all; where they do not, no kind works out a text."""
    return bool(settings.SPEAKOUT_SMS != NONE)


def number_of(user: User | None) -> str:
    """Return the number to which SMS to the user go; "" where they did not say yes, or none go at all."""
    return as_stored(user.sms_number) if user and is_on() else ""


def sms_of(to: str, words: str) -> Sms | None:
    """Return what goes by SMS; None where there is no number, or nothing urgent to say."""
    return Sms(to, words) if to and words else None


def last_told(sms: OutboxMessage, *, now: datetime) -> OutboxMessage | None:
    """Return what last went to the number of the SMS in these hours, and may have arrived or is on its way; None: nothing."""
    theirs = OutboxMessage.objects.filter(
        channel=Channel.SMS, to=sms.to, created_at__gte=now - JUST - LONGEST_WAIT, handed_over_at__gte=now - JUST
    )
    return theirs.order_by("-handed_over_at", "-pk").first()


def refuse_second(message: OutboxMessage) -> None:
    """Let no SMS go out that was handed over before, by a sender that was ended then. Raises Unanswered."""
    if message.is_sms and message.handed_over_at:
        raise Unanswered("Its sender was ended once the SMS was handed over. It is not sent twice.")


def handed_over_beside(mail: OutboxMessage) -> datetime | None:
    """Return since when somebody may have got the SMS beside the mail, which is locked until the end of the transaction."""
    sms = OutboxMessage.objects.select_for_update().filter(beside=mail).first()
    return sms.handed_over_at if sms else None


def arrived(sms: OutboxMessage, *, at: datetime) -> None:
    """Write down that the phone has the SMS, whatever was thought before; a second report changes nothing."""
    theirs = OutboxMessage.objects.filter(pk=sms.pk, arrived_at=None)
    gone = {"sent_at": at, "handed_over_at": at, "next_try": None}
    theirs.filter(sent_at=None).update(**gone, stopped_at=None, stopped_by=None, left_at=None, last_error="")
    theirs.update(arrived_at=at)


def came_back(sms: OutboxMessage, words: str, *, is_of_number: bool, at: datetime, now: datetime) -> None:
    """Write down that the SMS did not arrive; where the number is at fault, no other goes there.

    Nobody is asked to decide about it, since the mail says the same. What arrived has arrived; a second report changes nothing.
    """
    theirs = OutboxMessage.objects.filter(pk=sms.pk, arrived_at=None).exclude(last_error__startswith=CAME_BACK)
    if not theirs.exists():
        return
    row = mark(sms.to, SuppressedAddress.Reason.NUMBER, words, at=max(at, sms.sent_at or at)) if is_of_number else None
    undone: dict[str, object] = {"sent_at": None, "handed_over_at": None, "next_try": None}
    theirs.update(**undone, stopped_at=now, left_at=now, stopped_by=row, last_error=f"{CAME_BACK}{words}")


@transaction.atomic
def say_yes(user: User, number: str, *, now: datetime) -> None:
    """Write down that the user wants SMS at the number, and since when. Raises RuleBroken where none can go there.

    Whoever has answered STOP, or had another phone, can say yes anew.
    """
    to = mobile(number)
    if not to:
        raise RuleBroken(["Give the whole number of a mobile phone, such as 07400 123456."])
    if as_stored(user.sms_number) != to:
        user.sms_number, user.sms_since = to, now
        user.save(update_fields=["sms_number", "sms_since"])
    lift_number(to, by=user, now=now)


def as_stored(number: Any) -> str:
    """Return the number of a row in E.164 format; "" where there is none."""
    return str(number.as_e164) if number else ""


def say_no(person: Any) -> None:
    """Take back the person’s yes: no SMS goes from now on, what waits included. They are a row of a table with numbers."""
    person.sms_number, person.sms_since = "", None
    person.save(update_fields=["sms_number", "sms_since"])


def is_marked(user: User) -> bool:
    """Return whether SMS to the user’s number do not arrive, or were stopped from there."""
    number = as_stored(user.sms_number)
    return bool(number) and SuppressedAddress.objects.active().of(number).exists()


def lift_number(number: str, *, by: User, now: datetime) -> None:
    """Let SMS go to the number again, because its owner said yes."""
    rows = SuppressedAddress.objects.active().of(number)
    rows.update(lifted_at=now, lifted_by=by, lifted_why="They said yes to SMS.")


@transaction.atomic
def stop(number: str, *, at: datetime) -> None:
    """Send no more SMS to the number, because somebody answered STOP at that moment; a yes that came later stays."""
    to = mobile(number)
    theirs = OutboxMessage.objects.filter(to=to, channel=Channel.SMS)
    # An empty number would be that of everybody who said nothing.
    said_yes = [row for table in _tables_with_numbers for row in table.objects.filter(sms_number=to)] if to else []
    if (not said_yes and not (to and theirs.exists())) or any(row.sms_since > at for row in said_yes):
        return
    mark(to, SuppressedAddress.Reason.STOP, WANTS_NO_MORE, at=at)
    for row in said_yes:
        say_no(row)
