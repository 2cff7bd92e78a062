"""Storing that somebody was told what a child said: whom, by role, and when; never what it was (rule 12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.delivery import rules
from schools.delivery.actions.recording import lock_session
from schools.visits.models import SafeguardingNotice, Session
from schools.visits.queries.merged_people import is_sign_in_of


@dataclass(frozen=True)
class EarlierNotice:
    """What somebody said before they corrected it: in which session (id), whom they told, when."""

    session: int
    role_told: str
    told_at: datetime


@transaction.atomic
def tell(
    session: Session,
    *,
    role_told: str,
    told_at: datetime,
    by: User,
    now: datetime,
    instead_of: Iterable[EarlierNotice] = (),
) -> SafeguardingNotice:
    """Store that somebody, named by role, was told what a child said, and when; never what it was (rule 12).

    There can be several notices for a session, but the same notice of one person is stored once, also where they had another
    sign-in when it arrived first. Where this person's own notice of `instead_of` has arrived, it becomes this one; but one about
    which the office has called back stays, and this one stands beside it. Raises RuleBroken with every reason.
    """
    session = lock_session(session)
    if reasons := rules.reasons_not_to_tell(session, role_told=role_told, told_at=told_at, by=by, now=now):
        raise RuleBroken(reasons)
    same = {"session": session, "role_told": role_told.strip(), "told_at": told_at}
    if notice := _of_this_person(SafeguardingNotice.objects.filter(**same), by=by):
        return notice
    if notice := _arrived(instead_of, by=by):
        notice.session, notice.role_told, notice.told_at = session, role_told.strip(), told_at
        notice.save()
        return notice
    return SafeguardingNotice.objects.create(**same, by=by)


def _arrived(earlier: Iterable[EarlierNotice], *, by: User) -> SafeguardingNotice | None:
    """Return this person's notice that says one of these and that the office has not called about, locked; None: none does."""
    open_ones = SafeguardingNotice.objects.select_for_update().filter(charity_told_at=None)
    for notice in earlier:
        of_it = open_ones.filter(session=notice.session, role_told=notice.role_told.strip(), told_at=notice.told_at)
        if arrived := _of_this_person(of_it, by=by):
            return arrived
    return None


def _of_this_person(notices: QuerySet[SafeguardingNotice], *, by: User) -> SafeguardingNotice | None:
    """Return the first of these notices that this person stored, with whichever sign-in they had then; None: none is theirs."""
    stored = notices.order_by("pk")
    return next((notice for notice in stored if is_sign_in_of(notice.by_id, by)), None)
