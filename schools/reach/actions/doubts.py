"""Confirming that what looks wrong is right, and taking that back."""

from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.reach.models import Confirmed
from schools.reach.queries.doubts import Doubt

LONGEST = 500


@transaction.atomic
def confirm(doubt: Doubt, *, reason: str, by: User, now: datetime) -> Confirmed:
    """Keep that the doubt's rows are right as they are, and why; an earlier word on other rows is replaced.

    Raises RuleBroken with every reason.
    """
    reasons = []
    if not reason.strip():
        reasons.append("Say why it is right. Others read it later.")
    if len(reason) > LONGEST:
        reasons.append(f"Say why in at most {LONGEST} letters.")
    if reasons:
        raise RuleBroken(reasons)
    said = {
        "digest": doubt.digest,
        "area_id": doubt.area,
        "words": f"{doubt.school}. {doubt.words}"[:LONGEST],
        "reason": reason.strip(),
        "at": now,
        "by": by,
    }
    return Confirmed.objects.update_or_create(kind=doubt.kind, subject=doubt.subject, defaults=said)[0]


@transaction.atomic
def doubt_again(confirmed: Confirmed) -> None:
    """Take the word back: it is asked about again."""
    confirmed.delete()
