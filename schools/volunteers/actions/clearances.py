"""The actions on clearances: recording a decision, and what pages of imports call one."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from schools.accounts.models import User
from schools.core.nations import Scheme
from schools.volunteers.models import Clearance


@transaction.atomic
def record_clearance(clearance: Clearance, *, decided: bool, by: User, on: date, corrected: bool = False) -> Clearance:
    """Store a clearance that a form has checked; where it was `decided` now, on the day `on`, `by` becomes the one who decided.

    A clearance that was only applied for has nobody who decided. Whom it says not to be clear is clear by no earlier one, also
    where its day or scheme is `corrected`.
    """
    if clearance.decision == Clearance.Decision.PENDING:
        clearance.decided_by = None
    elif decided:
        clearance.decided_by = by
    clearance.save()
    if decided or corrected:
        withdraw_earlier(clearance, on=on)
    return clearance


def withdraw_earlier(clearance: Clearance, *, on: date) -> int:
    """Withdraw what made the volunteer clear before, under its scheme, where it says that they are not; return how many.

    They hold no more from the day of the decision, or from the day `on` where that is not noted or is to come. What was decided
    later stays.
    """
    if clearance.decision != Clearance.Decision.NOT_CLEAR:
        return 0
    day = min(clearance.decided_on or on, on)
    earlier = Clearance.objects.filter(volunteer=clearance.volunteer_id, scheme=clearance.scheme, decided_on__lte=day)
    rows = list(earlier.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=day), decision=Clearance.Decision.CLEAR))
    for row in rows:
        row.withdrawn_on = day
        row.save(update_fields=["withdrawn_on"])
    return len(rows)


def fact_of_clearance(scheme: str, issued: date | None) -> str:
    """Return what pages of imports call a clearance, such as “DBS issued 1 August 2024”."""
    return f"{Scheme(scheme).label} {f'issued {issued.day} {issued:%B %Y}' if issued else 'applied for'}"
