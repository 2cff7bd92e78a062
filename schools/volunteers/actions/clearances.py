"""The actions on clearances: recording a decision, and logging that somebody looked at one."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from schools.accounts.models import User
from schools.core.nations import Scheme
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


def look_at_imported(shown: Mapping[str, Collection[str]], *, by: User, now: datetime) -> None:
    """Log that somebody saw stored clearances beside those of a file.

    `shown` are the facts that the page names for each person, who is known by reference or e-mail address in small letters.
    """
    labels = [f"{scheme} " for scheme in Scheme.labels]
    people = {key for key, facts in shown.items() if any(fact.startswith(label) for fact in facts for label in labels)}
    if not people:
        return
    known_by = {"reference": Lower("volunteer__reference"), "address": Lower("volunteer__email")}
    known_by["sign_in"] = Lower("volunteer__user__email")
    named = Q(reference_key__in=people) | Q(address_key__in=people) | Q(sign_in_key__in=people)
    rows = Clearance.objects.annotate(**{f"{name}_key": words for name, words in known_by.items()}).filter(named)
    seen = [
        clearance
        for clearance in rows.order_by("pk")
        if any(
            fact_of_clearance(clearance.scheme, clearance.issued) in shown.get(str(getattr(clearance, f"{name}_key") or ""), ())
            for name in known_by
        )
    ]
    look_at_each(seen, by=by, now=now)


def fact_of_clearance(scheme: str, issued: date | None) -> str:
    """Return what pages of imports call a clearance, such as “DBS issued 1 August 2024”."""
    return f"{Scheme(scheme).label} {f'issued {issued.day} {issued:%B %Y}' if issued else 'applied for'}"


def look_at(clearance: Clearance, *, by: User, now: datetime) -> ClearanceLook:
    """Log that somebody looked at the clearance (rule 13)."""
    return ClearanceLook.objects.create(clearance=clearance, by=by, at=now)
