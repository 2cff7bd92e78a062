"""Tokens of programs that read reach as JSON: each is made once, shown once, and can be revoked for good."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.secrets import hash_of, new_secret
from schools.directory.models import Area
from schools.reach.models import ApiToken, ApiUse

LONGEST_QUESTION = 500
"""Characters of a question that are kept."""


@transaction.atomic
def make_token(name: str, *, areas: Collection[Area], everywhere: bool, by: User, now: datetime) -> tuple[ApiToken, str]:
    """Make a token that reads the figures of these areas, or of all; return it with its secret, which is not stored.

    Raises RuleBroken with every reason.
    """
    reasons = []
    if not by.is_manager:
        reasons.append("Only a manager lets a program read the figures. Ask one.")
    if not name.strip():
        reasons.append("Say which program reads with the token.")
    if not areas and not everywhere:
        reasons.append("Choose the areas whose figures it reads, or all of them.")
    if areas and everywhere:
        reasons.append("Choose either areas or all of them, not both.")
    if reasons:
        raise RuleBroken(reasons)
    secret = new_secret()
    token = ApiToken.objects.create(name=name.strip(), token_hash=hash_of(secret), everywhere=everywhere, made_at=now, made_by=by)
    token.areas.set(areas)
    return token, secret


@transaction.atomic
def revoke(token: ApiToken, *, by: User, now: datetime) -> None:
    """End the token at once; calling this a second time changes nothing. Raises RuleBroken unless a manager does it."""
    if not by.is_manager:
        raise RuleBroken(["Only a manager revokes a token. Ask one."])
    ApiToken.objects.valid().filter(pk=token.pk).update(revoked_at=now, revoked_by=by)


def note_use(token: ApiToken, *, question: str, status: int, now: datetime) -> None:
    """Store what the program asked and how it was answered."""
    ApiUse.objects.create(token=token, at=now, question=question[:LONGEST_QUESTION], status=status)
