"""Secrets that travel in a link: long, random, and kept only as a hash."""

import hashlib
import secrets


def new_secret() -> str:
    """A secret that nobody guesses, fit for an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of it. It is random and long, so a quick hash without salt keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
