"""Confirms that what looks wrong is right, and takes such a confirmation back."""

from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.reach.models import Confirmed
from schools.reach.queries.doubt_lines import Doubt

LONGEST = 500
"""Characters of a reason, and of the words that are kept with it."""


@transaction.atomic
def confirm(doubt: Doubt, *, reason: str, by: User, now: datetime) -> Confirmed:
    """Store that the doubt's rows are right as they are, and why; this replaces an earlier confirmation of the same doubt.

    Raises RuleBroken with every reason.
    """
    reasons = []
    if not reason.strip():
        reasons.append("Say why it is right. Others read it later.")
    if len(reason) > LONGEST:
        reasons.append(f"Say why in at most {LONGEST} letters.")
    if reasons:
        raise RuleBroken(reasons)
    values = {
        "digest": doubt.digest,
        "area_id": doubt.area,
        "words": f"{doubt.school}. {doubt.words}"[:LONGEST],
        "reason": reason.strip(),
        "at": now,
        "by": by,
    }
    return Confirmed.objects.update_or_create(kind=doubt.kind, subject=doubt.subject, defaults=values)[0]


@transaction.atomic
def withdraw_confirmation(confirmed: Confirmed) -> bool:
    """Delete the confirmation, so that the doubt is shown again; return False where somebody has confirmed it anew meanwhile."""
    as_read = Confirmed.objects.filter(pk=confirmed.pk, by=confirmed.by_id, at=confirmed.at)
    deleted, _ = as_read.delete()
    return bool(deleted)
