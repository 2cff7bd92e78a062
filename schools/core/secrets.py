"""Secrets that are sent in a link: long, random, and stored only as a hash."""

import hashlib
import re
import secrets

LINK_TO_ANSWER = re.compile(r"(/(?:answer|way-back)/)[\w.-]+")
"""The addresses by which somebody answers from a mail (schools/portal/urls.py): the start, then the secret."""


def new_secret() -> str:
    """Return a secret that nobody can guess, safe to use in a URL."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return the hash of the secret, for storing. The secret is long and random, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def without_links(text: str) -> str:
    """Return the text of a mail with the links to answer cut short, for keeping; what the office shows is masked as well."""
    return LINK_TO_ANSWER.sub(r"\1…", text)
