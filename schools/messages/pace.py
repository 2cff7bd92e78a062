"""How fast messages go, from all processes and machines together, and a pause where a server asks for one.

Of mail so many in any minute; of SMS, which cost money, so many a day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.messages.models import Channel, MailPace
from schools.messages.smtp import Unanswered

MINUTE = timedelta(minutes=1)
PAUSE = timedelta(minutes=1)
"""How long everybody waits after the mail server said that it got too many."""

ROWS = {Channel.MAIL: 1, Channel.SMS: 2}
"""The row of each channel."""


class NotYet(Exception):
    """No message of its channel may leave at this moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until}")
        self.until = until


class NotThisYet(NotYet):
    """One message may not leave at this moment; others of its channel may."""


def is_limited() -> bool:
    """Return whether the installation may only send so many mails a minute."""
    return bool(settings.SPEAKOUT_MAILS_PER_MINUTE)


def take_place(*, now: datetime) -> None:
    """Take one of the places of this minute for a mail that leaves now. Raises NotYet with the moment to ask again.

    The row of the pace is locked for that moment: of any number of processes, on either database, each place goes to one.
    """
    if not is_limited():
        _refuse_in_pause(MailPace.objects.filter(pk=1).first(), now=now)
        return
    with transaction.atomic():
        pace = _locked(Channel.MAIL)
        _refuse_in_pause(pace, now=now)
        recent = sorted(moment for moment in pace.recent if moment > (now - MINUTE).timestamp())
        free_from = len(recent) - settings.SPEAKOUT_MAILS_PER_MINUTE
        if free_from >= 0:
            raise NotYet(datetime.fromtimestamp(recent[free_from], UTC) + MINUTE)
        MailPace.objects.filter(pk=1).update(recent=[*recent, now.timestamp()])


def _refuse_in_pause(pace: MailPace | None, *, now: datetime) -> None:
    if pace and pace.paused_until and pace.paused_until > now:
        raise NotYet(pace.paused_until)


@contextmanager
def in_its_place(channel: str, *, now: datetime) -> Iterator[None]:
    """Take a place for a message of the channel that leaves inside. Raises NotYet where there is none.

    An SMS that was not handed over gives its place of the day back: else a provider who is away would use the day up. Where
    nobody knows whether it was, it keeps it.
    """
    if channel != Channel.SMS:
        take_place(now=now)
        yield
        return
    _take_place_of_day(now=now)
    try:
        yield
    except Unanswered:
        raise
    except Exception:
        _give_place_of_day_back(now)
        raise


def _take_place_of_day(*, now: datetime) -> None:
    """Take one of this day’s places for an SMS that leaves now. Raises NotYet: the day’s are used up, or there is a pause."""
    with transaction.atomic():
        pace = _locked(Channel.SMS)
        _refuse_in_pause(pace, now=now)
        today = _of_today(pace, now=now)
        if len(today) >= settings.SPEAKOUT_SMS_PER_DAY:
            raise NotYet(_midnight(now) + timedelta(days=1))
        MailPace.objects.filter(pk=pace.pk).update(recent=[*today, now.timestamp()])


def _give_place_of_day_back(taken: datetime) -> None:
    with transaction.atomic():
        pace = _locked(Channel.SMS)
        if (moment := taken.timestamp()) in pace.recent:
            pace.recent.remove(moment)
            MailPace.objects.filter(pk=pace.pk).update(recent=pace.recent)


def sms_of_today(*, now: datetime) -> int:
    """Return how many SMS were handed over today, or were about to be."""
    pace = MailPace.objects.filter(pk=ROWS[Channel.SMS]).first()
    return len(_of_today(pace, now=now)) if pace else 0


def _of_today(pace: MailPace, *, now: datetime) -> list[float]:
    return [moment for moment in pace.recent if moment >= _midnight(now).timestamp()]


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _locked(channel: Channel) -> MailPace:
    MailPace.objects.get_or_create(pk=ROWS[channel])
    return MailPace.objects.select_for_update().get(pk=ROWS[channel])


def pause(channel: Channel = Channel.MAIL, *, now: datetime) -> None:
    """Let no message of the channel leave for a moment, from any process."""
    row = ROWS[Channel(channel)]
    MailPace.objects.get_or_create(pk=row)
    shorter = Q(paused_until=None) | Q(paused_until__lt=now + PAUSE)
    MailPace.objects.filter(shorter, pk=row).update(paused_until=now + PAUSE)
