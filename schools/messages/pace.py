"""How fast mail goes: so many in any minute from all processes and machines together, and a pause where a server asks for one."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from schools.messages.models import MailPace

MINUTE = timedelta(minutes=1)
PAUSE = timedelta(minutes=1)
"""How long everybody waits after the mail server said that it got too many."""


class NotYet(Exception):
    """No mail may leave at this moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until}")
        self.until = until


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
        pace = _locked()
        _refuse_in_pause(pace, now=now)
        recent = sorted(moment for moment in pace.recent if moment > (now - MINUTE).timestamp())
        free_from = len(recent) - settings.SPEAKOUT_MAILS_PER_MINUTE
        if free_from >= 0:
            raise NotYet(datetime.fromtimestamp(recent[free_from], UTC) + MINUTE)
        MailPace.objects.filter(pk=1).update(recent=[*recent, now.timestamp()])


def _refuse_in_pause(pace: MailPace | None, *, now: datetime) -> None:
    if pace and pace.paused_until and pace.paused_until > now:
        raise NotYet(pace.paused_until)


def _locked() -> MailPace:
    MailPace.objects.get_or_create(pk=1)
    return MailPace.objects.select_for_update().get(pk=1)


def pause(*, now: datetime) -> None:
    """Let no mail leave for a moment, from any process."""
    MailPace.objects.get_or_create(pk=1)
    shorter = Q(paused_until=None) | Q(paused_until__lt=now + PAUSE)
    MailPace.objects.filter(shorter, pk=1).update(paused_until=now + PAUSE)
