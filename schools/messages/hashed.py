"""Addresses and numbers as keyed hashes: of who was erased and wants nothing more sent, nothing else is kept.

Whoever has the hash cannot read the address out of it; whoever has the address, and the key of this installation, knows it again.
The key is made of the settings' secret. A hash of an earlier secret is known as long as that stands among the fallbacks.
"""

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "schools.messages.hashed"
"""What is hashed for another purpose with the same secret is another hash."""
MARK = "hmac-sha256:"
"""How a hash begins; no address and no number begins so, and no part of it is a word that somebody may be called."""


def plain(address: str) -> str:
    """Return the address, or number, as it is stored and compared."""
    return address.strip().lower()


def hash_of_address(address: str) -> str:
    """Return the hash under which the address is kept from now on."""
    return _hash(address, settings.SECRET_KEY)


def hashes_of(address: str) -> list[str]:
    """Return every hash under which the address may be kept, one for each secret that is believed."""
    return [_hash(address, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def is_hash(stored: str) -> bool:
    """Return whether a hash stands there, and no address."""
    return stored.startswith(MARK)


def _hash(address: str, secret: str | bytes) -> str:
    return MARK + salted_hmac(SALT, plain(address), secret=secret, algorithm="sha256").hexdigest()
