"""The reasons why two rows are not made one."""

from django.db.models import Q

from schools.directory.models import Contact
from schools.visits.models import Cover, CoverState
from schools.volunteers.models import Clearance, Decision, Volunteer
from schools.volunteers.rules import reasons_not_to_replace_sign_in

CLEARANCES_APART = "Their clearances cannot be put together. They stay apart; ask whoever decided about the clearances."
"""Whoever reads it knows that one of the two is not clear, or was withdrawn: that is a look at both (rule 13)."""


def reasons_not_to_merge(kept: Volunteer | Contact, gone: Volunteer | Contact, *, takes_sign_in: bool = False) -> list[str]:
    """Return the reasons why the two are not made one, each with what to do first.

    `takes_sign_in`: the kept one signs in afterwards as the one that goes did.
    """
    if kept.pk == gone.pk:
        return ["These are the same entry. Choose the other one."]
    if not isinstance(kept, Volunteer) or not isinstance(gone, Volunteer):
        return []
    reasons = []
    doubtful = Clearance.objects.filter(Q(decision=Decision.NOT_CLEAR) | Q(withdrawn_on__isnull=False))
    if doubtful.filter(volunteer__in=(kept, gone)).exists():
        # One clear certificate is enough to go to a school, so the other one's must not be lent by a mistake.
        reasons.append(CLEARANCES_APART)
    goes, stays = (kept.user, gone.user) if takes_sign_in else (gone.user, kept.user)
    reasons += reasons_not_to_replace_sign_in(goes, stays)
    both = Cover.objects.filter(volunteer=gone, state=CoverState.ATTENDED)
    both = both.filter(session__in=Cover.objects.filter(volunteer=kept, state=CoverState.ATTENDED).values("session"))
    if cover := both.select_related("session__visit__school", "session__type").order_by("session__day", "pk").first():
        reasons.append(
            f"Both were at {cover.session}, so they are two people. If one was put down twice, correct that session first."
        )
    return reasons
