"""Addresses to which no mail goes: marking one, leaving its messages unsent, and lifting the mark."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Concat
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.messages.hashed import hash_of_address, hashes_of, is_hash, plain
from schools.messages.models import (
    CAME_BACK,
    OF_SIGNING_IN,
    OutboxMessage,
    SuppressedAddress,
    SuppressedAddressQuerySet,
)
from schools.messages.refusals import Suppressed, without_others

Reason = SuppressedAddress.Reason

WISHES = (Reason.COMPLAINT, Reason.STOP, Reason.OBJECTION)
"""Why no mail goes there because its reader wants none; who says so once need not say it again (UK GDPR, article 21 (3))."""


def mark(address: str, reason: Reason, words: str, *, at: datetime) -> SuppressedAddress | None:
    """Write down that mail to the address came back, or was complained of, at that moment; None where that is old news.

    None, too, where there is no address any more, as with whoever was erased meanwhile: it would be that of all who have none.

    The same report may come twice, late and out of order. One from before somebody lifted the mark changes nothing. A complaint
    or an objection takes the place of a bounce, and not the other way round: a later bounce is written into its words alone,
    whichever of the two was reported first. An objection takes that of a complaint, too. Of a phone number the same holds for
    STOP and what cannot arrive, which is written nowhere then.
    """
    address = plain(address)
    if not address:
        return None
    recognise([address])
    facts = {"reason": reason, "since": at, "words": without_others(words, address)}
    rows = SuppressedAddress.objects.of(address)
    row, is_new = rows.get_or_create(defaults={"address": address, **facts})
    if is_new:
        return row
    rows.filter(lifted_at__lte=at).update(**facts, lifted_at=None, lifted_by=None, lifted_why="")
    if reason in WISHES:
        came_back_since = rows.active().filter(reason=Reason.BOUNCE, since__gte=at)
        came_back_since.update(reason=reason, since=at, words=Concat(Value(CAME_BACK), "words"))
        rows.active().filter(reason__in=(Reason.BOUNCE, Reason.NUMBER)).update(**facts)
        if reason == Reason.OBJECTION:
            complaint = rows.active().filter(reason=Reason.COMPLAINT)
            complaint.filter(words__startswith=CAME_BACK).update(reason=reason, since=at)
            complaint.update(**facts)
    elif reason == Reason.BOUNCE:
        # Mail of signing in goes there all the same, so it may still turn out that nobody can read it.
        rows.active().filter(reason__in=WISHES, since__lte=at).update(words=f"{CAME_BACK}{facts['words']}")
    return rows.active().first()


def refuse_suppressed(message: OutboxMessage) -> None:
    """Let no message go to an address that is marked. Raises Suppressed, with the words why.

    Mail of signing in goes all the same: somebody has just asked for it, and a complaint, or a mailbox that was away for a day,
    must not lock them out for ever.
    """
    if message.key.startswith(OF_SIGNING_IN):
        return
    row = SuppressedAddress.objects.active().of(message.to).first()
    if row:
        if is_hash(row.address):
            recognise([message.to])
        since = long_day(timezone.localdate(row.since))
        why = f"{row.get_reason_display()}, {since}" + (f": {row.words}" if row.words else "")
        raise Suppressed(f"Not sent. {why}. Correct the address, or let it be tried again.")


AGAIN = {"stopped_at": None, "stopped_by": None, "left_at": None, "next_try": None, "attempts": 0}
"""What a message is like that is tried again after it was stopped."""


def release(messages: QuerySet[OutboxMessage]) -> None:
    """Let stopped messages be tried again.

    One of which every copy came back gets another Message-ID, so that a late report of the old one is not about the new one.
    """
    messages.filter(last_error__startswith=CAME_BACK, handed_over_at=None).update(message_id="")
    # That it came back stays written there until it has gone: what was written in between took it for known.
    came_back = Case(When(last_error__startswith=CAME_BACK, then=F("last_error")), default=Value(""), output_field=TextField())
    messages.update(**AGAIN, last_error=came_back)


def is_ours(address: str) -> bool:
    """Return whether anything was ever written to the address from here; of other addresses nothing is kept."""
    return OutboxMessage.objects.filter(to__iexact=address.strip()).exists()


@transaction.atomic
def lift(address_id: int, *, why: str, by: User, now: datetime) -> list[OutboxMessage]:
    """Let mail go to the address again, and return the messages that are to be tried again. Raises RuleBroken.

    These are the messages of kinds that were stopped by it: each is asked once more whether it is true. A direct one stands under
    the stopped mail, where a manager decides.
    """
    if not why.strip():
        raise RuleBroken(["Say why it should work now, such as “the school says that the mailbox was full”."])
    row = SuppressedAddress.objects.select_for_update().active().filter(pk=address_id).first()
    if row is None:
        raise RuleBroken(["Somebody has decided about this address already. Look at the list again."])
    SuppressedAddress.objects.filter(pk=row.pk).update(lifted_at=now, lifted_by=by, lifted_why=why.strip())
    theirs = OutboxMessage.objects.undecided().filter(stopped_by=row).exclude(kind="")
    messages = list(theirs.order_by("pk"))
    release(OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]))
    return messages


def forget(address: str) -> None:
    """Erase what is kept about the address; that its reader wants nothing more sent stays, under a hash and without words."""
    rows = SuppressedAddress.objects.of(address)
    wish = rows.active().filter(reason__in=WISHES).order_by("since", "pk").first()
    others = rows.exclude(pk=wish.pk) if wish else rows
    others.delete()
    if wish:
        SuppressedAddress.objects.filter(pk=wish.pk).update(address=hash_of_address(address), words="")


def recognise(addresses: Iterable[str]) -> None:
    """Write down the addresses again that have come in anew and are known by their hash.

    From then on the office finds them among those that cannot be reached, with the reason, before anybody writes there.
    """
    known = {hashed: plain(address) for address in addresses for hashed in hashes_of(address)}
    if not known:
        return
    rows = SuppressedAddress.objects.filter(address__in=list(known))
    for pk, hashed in rows.order_by("since", "pk").values_list("pk", "address"):
        # By the hash too: another process may have recognised it meanwhile, and a third erased the person once more.
        row = SuppressedAddress.objects.filter(pk=pk, address=hashed)
        if there := SuppressedAddress.objects.filter(address=known[hashed]).first():
            _merge(row, there)
        else:
            row.update(address=known[hashed])


@transaction.atomic
def _merge(rows: SuppressedAddressQuerySet, there: SuppressedAddress) -> None:
    """Make one of the row of a hash and that of the address, or of a hash by another secret, which is there already.

    That its reader wants nothing more sent holds, whatever the other row says; else what was reported or decided last. Mail that
    came back after a wish is written into its words, as `mark` does.
    """
    for row in rows:
        kept, other = (row, there) if _holds_over(row, there) else (there, row)
        facts = {name: getattr(kept, name) for name in ("reason", "since", "words", "lifted_at", "lifted_by_id", "lifted_why")}
        if _is_wish(kept) and other.lifted_at is None and other.reason == Reason.BOUNCE and other.since >= kept.since:
            facts["words"] = f"{CAME_BACK}{other.words}"
        SuppressedAddress.objects.filter(pk=there.pk).update(**facts)
    OutboxMessage.objects.filter(stopped_by__in=rows.values("pk")).update(stopped_by=there)
    rows.delete()


def _is_wish(row: SuppressedAddress) -> bool:
    return row.lifted_at is None and row.reason in WISHES


def _holds_over(row: SuppressedAddress, there: SuppressedAddress) -> bool:
    """Return whether what the row of a hash says holds, and not what is there already."""
    if _is_wish(row) or _is_wish(there):
        return not _is_wish(there)
    return (row.lifted_at or row.since) > (there.lifted_at or there.since)
