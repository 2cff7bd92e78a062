"""Signed links in the mails about somebody who is locked out: what the button behind one does, of which request, and by whom.

The same facts give the same link; nothing of it is stored. A link is bound to the address to which it went, and the one that
lets somebody in also to the password that was taken away: whoever signs in otherwise and sets one ends it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse

from schools.recovery.models import Recovery, Trustee

SALT = "schools.recovery.links"
SEPARATOR = "."
TOKEN = re.compile(r"(?P<purpose>stop|agree|new|enter|trustee)\.(?P<row>[0-9]{1,18})\.(?P<person>[0-9]{1,18})\.[\w-]+", re.ASCII)


class Purpose(StrEnum):
    """What pressing the button behind a link does."""

    STOP = "stop"
    """The person stops it."""
    AGREE = "agree"
    """A trustee says yes, or stops it."""
    NEW = "new"
    """The new address says that it is the person’s."""
    ENTER = "enter"
    """The person comes in, once."""
    TRUSTEE = "trustee"
    """Somebody says yes to being a trustee."""


@dataclass(frozen=True)
class Pointer:
    """What a link points to."""

    purpose: Purpose
    recovery: Recovery | None
    """None: the link is about a trustee alone."""
    trustee: Trustee | None = None


def link_to(pointer: Pointer) -> str:
    """Return the whole link, as a mail shows it."""
    row = pointer.recovery.pk if pointer.recovery else 0
    person = pointer.trustee.pk if pointer.trustee else 0
    token = _signer(pointer).sign(SEPARATOR.join((pointer.purpose.value, str(row), str(person))))
    return f"{settings.SPEAKOUT_ADDRESS}{reverse('way-back', args=[token])}"


def pointer_in(token: str) -> Pointer | None:
    """Return what the link says; None where we never signed it, or it is bound to what is so no more."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    recovery = Recovery.objects.select_related("user", "asked_by").filter(pk=match["row"]).first()
    trustee = Trustee.objects.filter(pk=match["person"]).first()
    pointer = Pointer(Purpose(match["purpose"]), recovery, trustee)
    needs_trustee = pointer.purpose in {Purpose.AGREE, Purpose.TRUSTEE}
    if needs_trustee != (trustee is not None) or (pointer.purpose is Purpose.TRUSTEE) != (recovery is None):
        return None
    try:
        _signer(pointer).unsign(token)
    except signing.BadSignature:
        return None
    return pointer


def _signer(pointer: Pointer) -> signing.Signer:
    bound = [SALT]
    if pointer.trustee is not None:
        bound.append(pointer.trustee.email)
    if pointer.recovery is not None:
        bound.append(pointer.recovery.new_email if pointer.purpose is Purpose.NEW else pointer.recovery.old_email)
        if pointer.purpose is Purpose.ENTER:
            bound += [pointer.recovery.user.email, pointer.recovery.user.password]
    return signing.Signer(salt=":".join(bound), sep=SEPARATOR)
