"""The actions on clearances: recording a decision, and logging that somebody looked at one."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.volunteers.models import Clearance, ClearanceLook


@transaction.atomic
def record_clearance(clearance: Clearance, *, decided: bool, by: User) -> Clearance:
    """Store a clearance that a form has checked; where it was `decided` now, `by` becomes the one who decided.

    A clearance that was only applied for has nobody who decided.
    """
    if clearance.decision == Clearance.Decision.PENDING:
        clearance.decided_by = None
    elif decided:
        clearance.decided_by = by
    clearance.save()
    return clearance


def look_at_scheme(people: Iterable[int], scheme: str, *, by: User, now: datetime) -> None:
    """Log that somebody saw whether these volunteers are clear: a look at each of their clearances under the scheme."""
    look_at_each(Clearance.objects.filter(volunteer__in=list(people), scheme=scheme).order_by("pk"), by=by, now=now)


def look_at_each(clearances: Iterable[Clearance], *, by: User, now: datetime) -> None:
    """Log that somebody looked at all of these clearances at once."""
    ClearanceLook.objects.bulk_create([ClearanceLook(clearance=clearance, by=by, at=now) for clearance in clearances])


def look_at(clearance: Clearance, *, by: User, now: datetime) -> ClearanceLook:
    """Log that somebody looked at the clearance (rule 13)."""
    return ClearanceLook.objects.create(clearance=clearance, by=by, at=now)
