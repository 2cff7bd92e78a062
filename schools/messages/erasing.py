"""Taking address and words out of mails about something that is about to go, or was replaced."""

from collections.abc import Collection

from django.db.models import F

from schools.messages.actions import OLD_TEXT, erase_texts
from schools.messages.models import OutboxMessage


def mails_of(beginning: str, numbers: Collection[int]) -> list[int]:
    """Return the ids of the mails whose key begins so, with one of these numbers of a row after it.

    An address in them is in no other table once the row is gone, so no search would find it.
    """
    if not numbers:
        return []
    written = {str(number) for number in numbers}
    after = beginning.count(":") + 1
    mails = OutboxMessage.objects.filter(key__startswith=f"{beginning}:").exclude(to="").values_list("pk", "key")
    return [pk for pk, key in mails if key.split(":")[after] in written]


def hold_mails(ids: Collection[int]) -> None:
    """Let nobody send these mails until the end of the transaction.

    They are locked before what they are about, as whoever sends them does.
    """
    mails = OutboxMessage.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    list(mails.values_list("pk", flat=True))


def erase_mails(ids: Collection[int]) -> None:
    """Take address and words out of these mails; what waits goes, since whatever it is about goes too."""
    hold_mails(ids)
    mails = OutboxMessage.objects.filter(pk__in=ids)
    waiting = mails.filter(sent_at=None, stopped_at=None)
    waiting.filter(handed_over_at=None).delete()
    waiting.update(stopped_at=F("handed_over_at"), left_at=F("handed_over_at"), next_try=None)
    erase_texts(mails, instead=OLD_TEXT)
