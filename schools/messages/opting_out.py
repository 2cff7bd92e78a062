"""Ending the mails of a kind that are no service message, by a signed link that needs no sign-in (RFC 8058).

The link is of one kind and one person, and can do nothing but this. It never changes, so that the one in an old mail works too.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from schools.messages.kinds import Kind, OptOut, kind_named
from schools.messages.models import OutboxMessage

SALT = "schools.messages.opting_out"
"""What is signed for another purpose does not pass here, nor the other way round."""


_endings: dict[str, OptOut] = {}


def register(name: str, ending: OptOut) -> None:
    """Add a way out that belongs to no kind; one of the same name is replaced. The name stands in links, so it never changes."""
    _endings[name] = ending


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")


def token_of(kind: str, person: int) -> str:
    """Return the secret with which this person, by the number that the kind knows, ends the mails of the kind."""
    return _signer().sign(f"{kind}.{person}")


def read_token(token: str) -> tuple[OptOut, int] | None:
    """Return what the secret ends, and for whom; None where we did not sign it so, or the kind has no such end any more."""
    try:
        name, _, person = _signer().unsign(token).rpartition(".")
    except BadSignature:
        return None
    kind = kind_named(name)
    ending = _endings.get(name) or (kind.opt_out if kind else None)
    return (ending, int(person)) if ending else None


def address_of(kind: Kind, message: OutboxMessage) -> str:
    """Return the page that ends these mails for the reader; "" where the kind is part of the service."""
    if kind.opt_out is None:
        return ""
    return address_for(kind.opt_out.in_links or kind.name, kind.opt_out.number_of(message))


def address_for(name: str, person: int) -> str:
    """Return the page of the way out with this name, a kind's or another, for the person."""
    return f"{settings.SPEAKOUT_ADDRESS}{reverse('opt-out', args=[token_of(name, person)])}"


def headers_of(address: str, *, reply_to: str) -> dict[str, str]:
    """Return the headers by which mail programs offer to end these mails with one click, or with a mail."""
    ways = [f"<{address}>", *([f"<mailto:{reply_to}?subject=unsubscribe>"] if reply_to else [])]
    return {"List-Unsubscribe": ", ".join(ways), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
