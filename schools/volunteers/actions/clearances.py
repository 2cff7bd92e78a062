"""The actions on clearances: recording a decision, and what pages of imports call one."""

from datetime import date

from django.db import transaction

from schools.accounts.models import User
from schools.core.nations import Scheme
from schools.volunteers.models import Clearance


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


def fact_of_clearance(scheme: str, issued: date | None) -> str:
    """Return what pages of imports call a clearance, such as “DBS issued 1 August 2024”."""
    return f"{Scheme(scheme).label} {f'issued {issued.day} {issued:%B %Y}' if issued else 'applied for'}"
