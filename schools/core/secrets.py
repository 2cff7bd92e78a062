"""Secrets that are sent in a link: long, random, and stored only as a hash."""

import hashlib
import secrets


def new_secret() -> str:
    """Return a secret that nobody can guess, safe to use in a URL."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return the hash of the secret, for storing. The secret is long and random, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
